# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON API and the health endpoints. Pages live in ticketing.pages; the rules of selling in ticketing.store."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from ticketing.store import GateClosed, KeyReused, NoSuchSeat, Order, Receipt, SeatTaken, Store

router = APIRouter()

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    GateClosed: (503, "gate_closed"), SeatTaken: (409, "seat_taken"), NoSuchSeat: (404, "no_such_seat"), KeyReused: (422, "key_reused"),
}
RETRY_SECONDS = 1       # how soon a buyer may ask again while the gate is closed


class Wish(BaseModel):
    """A seat somebody wants."""

    event_id: int
    seat: str = Field(min_length=1, max_length=12)
    buyer: str = Field(min_length=1, max_length=100)


def store(request: Request) -> Store:
    """The one store of this process."""
    return request.app.state.store


def refusal(error: Exception) -> JSONResponse:
    """The answer to an order that was not acknowledged: {"error": code}; 503 says when to come back."""
    status, code = REFUSALS[type(error)]
    return JSONResponse({"error": code}, status, headers={"Retry-After": str(RETRY_SECONDS)} if status == 503 else None)


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the API shows it. `ack`: which promise was given; "local" means this site's database holds the purchase.

    `acknowledged_by`: {"site", "epoch"} of the reign that gives the promise; null where a purchase is only looked up.
    """
    by = receipt.acknowledged_by
    return {
        "ticket": receipt.ticket, "event_id": receipt.event_id, "seat": receipt.seat, "site": receipt.site, "epoch": receipt.epoch,
        "ack": "local", "replayed": receipt.replayed, "acknowledged_by": {"site": by.site, "epoch": by.epoch} if by else None,
    }


@router.get("/api/events")
def events(request: Request) -> list[dict[str, Any]]:
    """All events with how many seats there are and how many are sold."""
    return [dict(row._mapping) for row in store(request).events()]


@router.get("/api/events/{event_id}/seats")
def seats(request: Request, event_id: int) -> Any:
    """Every seat of one event: {"seat", "taken"}."""
    rows = store(request).seats(event_id)
    if not rows:
        return refusal(NoSuchSeat())
    return [{"seat": row.label, "taken": bool(row.taken)} for row in rows]


@router.post("/api/purchases", status_code=201)
def buy(request: Request, wish: Wish, idempotency_key: Annotated[uuid.UUID, Header()]) -> Any:
    """Buy a seat. 201 bought; 200 the same key had bought it before; 409 seat taken; 422 key used otherwise; 503 not selling now."""
    try:
        receipt = store(request).buy(Order(key=str(idempotency_key), event_id=wish.event_id, seat=wish.seat, buyer=wish.buyer))
    except tuple(REFUSALS) as error:
        return refusal(error)
    return JSONResponse(receipt_json(receipt), 200 if receipt.replayed else 201)


@router.get("/api/purchases/{key}")
def purchase(request: Request, key: uuid.UUID) -> Any:
    """What was bought under a key; 404 when nothing was."""
    receipt = store(request).purchase(str(key))
    return receipt_json(receipt) if receipt else JSONResponse({"error": "no_such_purchase"}, 404)


@router.get("/api/tickets")
def tickets(request: Request, buyer: str) -> list[dict[str, Any]]:
    """A buyer's tickets, newest first."""
    return [
        {"ticket": row.ticket, "event_id": row.event_id, "seat": row.label, "site": row.site, "epoch": row.epoch}
        for row in store(request).tickets(buyer)
    ]


@router.get("/healthz")
def alive() -> dict[str, str]:
    """This process answers. Nothing else is asked: a database that is away is no reason to restart the application."""
    return {"status": "alive"}


@router.get("/readyz")
def ready(request: Request, response: Response) -> dict[str, str]:
    """This copy can serve pages: its database answers a read. A standby is ready; whether it may sell is the gate's business."""
    try:
        store(request).answers()
    except SQLAlchemyError as error:
        response.status_code = 503
        return {"status": "database does not answer", "error": type(error).__name__}
    return {"status": "ready"}
