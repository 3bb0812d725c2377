# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON API of events and purchases, and the health endpoints. Accounts, holds and lines: ticketing.api_visitor; the rules: ticketing.store."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, WithJsonSchema
from sqlalchemy.exc import SQLAlchemyError

from ticketing import refusals
from ticketing.refusals import NoSuchSeat, Refused
from ticketing.service import address, member, service, visitor
from ticketing.store import Order, Receipt

router = APIRouter(tags=["tickets"])
health = APIRouter(tags=["health"])

RETRY_SECONDS = 1       # how soon a buyer may ask again while the gate is closed
EventId = Annotated[int, Path(ge=1, le=2**63 - 1)]
# OpenAPI's "date-time" wants a zone, and a venue's time has none.
LocalTime = Annotated[datetime, WithJsonSchema({
    "type": "string", "examples": ["2027-05-01T19:00:00"],
    "pattern": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"})]
SeatLabel = Annotated[str, Field(min_length=1, max_length=12)]


class Fault(BaseModel):
    """One thing wrong with what was sent, and where."""

    path: str
    message: str


class Trouble(BaseModel):
    """Why not."""

    error: str
    faults: list[Fault] | None = None


class Wish(BaseModel):
    """A seat somebody wants."""

    event_id: int = Field(ge=1, le=2**63 - 1)
    seat: SeatLabel
    buyer: str = Field(min_length=1, max_length=100)


class Show(BaseModel):
    """An event. `starts_at`: local time of the venue; `admit_per_minute`: null where there is no waiting line."""

    id: int
    name_ko: str
    name_en: str
    venue_ko: str
    venue_en: str
    starts_at: LocalTime
    price_krw: int
    on_sale: bool
    admit_per_minute: int | None
    line_limit: int
    seats: int
    sold: int


class SeatState(BaseModel):
    """One seat; `held`: somebody is about to buy it."""

    seat: str
    taken: bool
    held: bool


class Reigning(BaseModel):
    """Who gives a promise."""

    site: str
    epoch: int


class Bought(BaseModel):
    """A purchase. `ack`: which promise was given: `local`, one site's database holds it, or `both_sites`, the standby's does as well;
    `acknowledged_by`: null where a purchase is only looked up, and then `ack` is the lesser."""

    ticket: str
    event_id: int
    seat: str
    site: str
    epoch: int
    ack: Literal["local", "both_sites"]
    replayed: bool
    acknowledged_by: Reigning | None


class Ticket(BaseModel):
    """A ticket of an account."""

    ticket: str
    event_id: int
    seat: str
    buyer: str
    site: str
    epoch: int


def says(*kinds: type[Refused]) -> dict[int | str, dict[str, Any]]:
    """The refusals of an endpoint, for OpenAPI; bad input and a database that is away are everybody's."""
    codes: dict[int, list[str]] = {400: ["invalid"], 413: ["too_long"], 422: ["invalid_input"], 503: ["database_unavailable"]}
    for kind in kinds:
        codes.setdefault(kind.status, []).append(kind.code)
    return {status: {"model": Trouble, "description": ", ".join(sorted(set(names)))} for status, names in sorted(codes.items())}


def refusal(error: Refused) -> JSONResponse:
    """The answer to what was not done: {"error": code}; where asking again may help it says when."""
    return JSONResponse({"error": error.code}, error.status, headers={"Retry-After": str(error.retry)} if error.retry else None)


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the API shows it. `ack`: which promise was given; "local" means this site's database holds the purchase, "both_sites" that
    the standby's does as well.

    `acknowledged_by`: {"site", "epoch"} of the reign that gives the promise; null where a purchase is only looked up.
    """
    by = receipt.acknowledged_by
    return {
        "ticket": receipt.ticket, "event_id": receipt.event_id, "seat": receipt.seat, "site": receipt.site, "epoch": receipt.epoch,
        "ack": receipt.ack, "replayed": receipt.replayed, "acknowledged_by": {"site": by.site, "epoch": by.epoch} if by else None,
    }


def event_json(row: Any) -> dict[str, Any]:
    return {**row._mapping, "starts_at": row.starts_at.isoformat()}


@router.get("/api/events", responses={200: {"model": list[Show]}, **says()})
def events(request: Request) -> Any:
    """All events with how many seats there are and how many are sold."""
    return JSONResponse([event_json(row) for row in service(request).store.events()])


@router.get("/api/events/{event_id}", responses={200: {"model": Show}, **says(NoSuchSeat)})
def event(request: Request, event_id: EventId) -> Any:
    """One event."""
    row = service(request).store.event(event_id)
    return JSONResponse(event_json(row)) if row else refusal(NoSuchSeat())


@router.get("/api/events/{event_id}/seats", responses={200: {"model": list[SeatState]}, **says(NoSuchSeat)})
def seats(request: Request, event_id: EventId) -> Any:
    """Every seat of one event."""
    rows = service(request).store.seats(event_id)
    if not rows:
        return refusal(NoSuchSeat())
    return JSONResponse([{"seat": row.label, "taken": bool(row.taken), "held": bool(row.held)} for row in rows])


@router.post("/api/purchases", status_code=201, responses={
    201: {"model": Bought}, 200: {"model": Bought, "description": "the same key had bought it before"},
    **says(refusals.SeatTaken, refusals.SeatHeld, NoSuchSeat, refusals.KeyReused, refusals.Cancelled, refusals.NotOnSale, refusals.NotAdmitted,
           refusals.TooFast, refusals.GateClosed, refusals.StandbyAway, refusals.Busy, refusals.Forged)})
async def buy(request: Request, wish: Wish, idempotency_key: Annotated[uuid.UUID, Header()]) -> Any:
    """Buy a seat, logged in or not. Repeat an unanswered wish with the same key, here or at whichever site sells by then."""

    def order() -> Order:
        account = visitor(request)
        service(request).limits.count(("order_account", account.uid) if account else ("order_address", address(request)))
        return Order(key=str(idempotency_key), event_id=wish.event_id, seat=wish.seat, buyer=wish.buyer, user_id=account.id if account else None)

    receipt = await service(request).buy(order)
    return JSONResponse(receipt_json(receipt), 200 if receipt.replayed else 201)


@router.get("/api/purchases/{key}", responses={200: {"model": Bought}, 404: {"model": Trouble}, **says()})
def purchase(request: Request, key: uuid.UUID) -> Any:
    """What was bought under a key; 404 when nothing was, or it was cancelled."""
    receipt = service(request).store.purchase(str(key))
    return JSONResponse(receipt_json(receipt)) if receipt else JSONResponse({"error": "no_such_purchase"}, 404)


@router.get("/api/tickets", responses={200: {"model": list[Ticket]}, **says(refusals.LogInFirst)})
def tickets(request: Request) -> Any:
    """The tickets of whoever is logged in, newest first."""
    return JSONResponse([
        {"ticket": row.ticket, "event_id": row.event_id, "seat": row.label, "buyer": row.buyer, "site": row.site, "epoch": row.epoch}
        for row in service(request).store.tickets(member(request).id)
    ])


@router.delete("/api/tickets/{ticket}", status_code=204, response_class=Response, responses=says(
    refusals.LogInFirst, refusals.NoSuchTicket, refusals.TooLate, refusals.GateClosed, refusals.Busy, refusals.Forged))
def cancel(request: Request, ticket: uuid.UUID) -> Response:
    """Cancel a ticket; its seat is free again. Repeating it is fine."""
    service(request).store.cancel(str(ticket), member(request).id)
    return Response(status_code=204)


@health.get("/healthz")
def alive() -> dict[str, str]:
    """This process answers. Nothing else is asked: a database that is away is no reason to restart the application."""
    return {"status": "alive"}


@health.get("/readyz", responses={503: {"description": "the database does not answer"}})
def ready(request: Request, response: Response) -> dict[str, str]:
    """This copy can serve pages: its database answers a read. A standby is ready; whether it may sell is the gate's business."""
    try:
        service(request).store.answers()
    except SQLAlchemyError as error:
        response.status_code = 503
        return {"status": "database does not answer", "error": type(error).__name__}
    return {"status": "ready"}


@health.get("/release", include_in_schema=False)
def release(request: Request) -> Any:
    """What runs here, for the agents, which want to know that both sites run the same. They may come through a cloud's load balancer, as visitors do:
    it is the edge that leads no visitor here.
    """
    settings = service(request).settings
    return {"release": settings.release or request.app.version, "keys": settings.marks}


@health.get("/metrics", response_class=Response, include_in_schema=False)
def metrics(request: Request) -> Response:
    """For Prometheus, which asks each copy directly; what comes through a proxy is a visitor's, and there is nothing here for them."""
    if "x-forwarded-for" in request.headers:
        return JSONResponse({"error": "not_found"}, 404)
    return Response(service(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
