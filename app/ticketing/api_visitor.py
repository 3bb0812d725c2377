# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON API of accounts, holds, waiting lines, and of those who run the site."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, field_validator

from ticketing import refusals, stage
from ticketing.accounts import Account
from ticketing.api import EventId, LocalTime, SeatLabel, says
from ticketing.line import Standing
from ticketing.service import address, admin, member, service
from ticketing.sessions import LIFETIME

router = APIRouter(tags=["visitors"])
running = APIRouter(tags=["running the site"])

Label = Annotated[str, Path(min_length=1, max_length=12)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
WRITES = (refusals.GateClosed, refusals.Busy, refusals.Forged)


class Newcomer(BaseModel):
    """Somebody who signs up."""

    email: str = Field(max_length=254)
    name: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=10, max_length=200)


class Credentials(BaseModel):
    """Somebody who logs in."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=200)


class LogIn(BaseModel):
    """A log-in: send `token` as "Authorization: Bearer …", to whichever site answers."""

    token: str
    expires_in: int
    email: str
    name: str


class Me(BaseModel):
    """Who is logged in."""

    email: str
    name: str
    admin: bool


class Seat(BaseModel):
    """A seat to hold."""

    seat: SeatLabel


class Kept(BaseModel):
    """A seat that is kept, for `seconds_left` more."""

    event_id: int
    seat: str
    seconds_left: int


class Standings(BaseModel):
    """Where one stands: `ahead` are let in before; `wait_seconds` until let in; `seconds_left` until the place is over."""

    admitted: bool
    ahead: int
    wait_seconds: int
    seconds_left: int


class Change(BaseModel):
    """An event as it should be. `starts_at`: local time of the venue, without a zone."""

    name_ko: Line
    name_en: Line
    venue_ko: Line
    venue_en: Line
    starts_at: LocalTime
    price_krw: int = Field(ge=0, le=100_000_000)
    on_sale: bool = True
    admit_per_minute: int | None = Field(default=None, ge=1, le=100_000)
    line_limit: int = Field(default=100_000, ge=1, le=10_000_000)

    @field_validator("starts_at")
    @classmethod
    def _local(cls, said: datetime) -> datetime:
        if said.tzinfo is not None or not 2000 <= said.year <= 9000:
            raise ValueError("a local time without a zone, such as 2027-05-01T19:00")
        return said.replace(microsecond=0)

    @field_validator("name_ko", "name_en", "venue_ko", "venue_en")
    @classmethod
    def _printed(cls, said: str) -> str:
        if not (said := " ".join(said.split())) or not said.isprintable():
            raise ValueError("words that can be printed")
        return said

    def show(self) -> stage.Show:
        return stage.Show(**{name: getattr(self, name) for name in Change.model_fields})


class NewEvent(Change):
    """An event to put on, with a hall of `rows` rows of `width` seats."""

    rows: int = Field(ge=1, le=500)
    width: int = Field(ge=1, le=200)

    @field_validator("width")
    @classmethod
    def _not_too_many(cls, said: int, info: Any) -> int:
        if said * info.data.get("rows", 0) > 50_000:
            raise ValueError("more than 50,000 seats")
        return said


class Made(BaseModel):
    """The number of a new event."""

    id: int


def log_in_json(request: Request, account: Account) -> dict[str, Any]:
    return {"token": service(request).sessions.issue(account), "expires_in": LIFETIME, "email": account.email, "name": account.name}


def standing_json(standing: Standing) -> dict[str, Any]:
    return {"admitted": standing.admitted, "ahead": standing.ahead, "wait_seconds": standing.wait, "seconds_left": standing.left}


@router.post("/api/accounts", status_code=201, responses={201: {"model": LogIn}, **says(refusals.EmailTaken, refusals.TooFast, *WRITES)})
def sign_up(request: Request, new: Newcomer) -> Any:
    """A new account, logged in."""
    service(request).limits.count(("sign_up_address", address(request)))
    return JSONResponse(log_in_json(request, service(request).accounts.sign_up(new.email, new.name, new.password)), 201)


@router.post("/api/log-ins", status_code=201, responses={201: {"model": LogIn}, **says(refusals.WrongPassword, refusals.TooFast, *WRITES)})
def log_in(request: Request, who: Credentials) -> Any:
    """Log in. What comes back is good at every site."""
    service(request).limits.count(("log_in_account", who.email.strip().lower()), ("log_in_address", address(request)))
    return JSONResponse(log_in_json(request, service(request).accounts.log_in(who.email, who.password)), 201)


@router.get("/api/me", responses={200: {"model": Me}, **says(refusals.LogInFirst)})
def me(request: Request) -> Any:
    """Who is logged in."""
    account = member(request)
    return JSONResponse({"email": account.email, "name": account.name, "admin": account.is_admin})


@router.get("/api/holds", responses={200: {"model": list[Kept]}, **says(refusals.LogInFirst)})
def holds(request: Request) -> Any:
    """The seats kept for whoever is logged in."""
    rows = service(request).holds.mine(member(request).id)
    return JSONResponse([{"event_id": row.event_id, "seat": row.label, "seconds_left": int(row.left)} for row in rows])


@router.post("/api/events/{event_id}/holds", status_code=201, responses={201: {"model": Kept}, **says(
    refusals.LogInFirst, refusals.SeatTaken, refusals.SeatHeld, refusals.TooManyHolds, refusals.NoSuchSeat, refusals.NotOnSale,
    refusals.NotAdmitted, refusals.TooFast, *WRITES)})
def hold(request: Request, event_id: EventId, wish: Seat) -> Any:
    """Keep a seat for a few minutes. Doing it again does not make it longer."""
    account = member(request)
    service(request).limits.count(("order_account", account.uid))
    kept = service(request).holds.take(event_id, wish.seat, account.id)
    return JSONResponse({"event_id": kept.event_id, "seat": kept.seat, "seconds_left": kept.left}, 201)


@router.delete("/api/events/{event_id}/holds/{seat}", status_code=204, response_class=Response, responses=says(
    refusals.LogInFirst, refusals.NoSuchSeat, refusals.NoSuchHold, *WRITES))
def release(request: Request, event_id: EventId, seat: Label) -> Response:
    """Let a seat go."""
    service(request).holds.release(event_id, seat, member(request).id)
    return Response(status_code=204)


@router.post("/api/events/{event_id}/line", responses={200: {"model": Standings}, **says(
    refusals.LogInFirst, refusals.NoSuchSeat, refusals.NotOnSale, refusals.LineFull, refusals.TooFast, *WRITES)})
def join(request: Request, event_id: EventId) -> Any:
    """Take a place at the end of the waiting line, or hear of the place one has."""
    account = member(request)
    service(request).limits.count(("order_account", account.uid))
    return JSONResponse(standing_json(service(request).lines.join(event_id, account.id)))


@router.get("/api/events/{event_id}/line", responses={200: {"model": Standings}, **says(
    refusals.LogInFirst, refusals.NoSuchSeat, refusals.NotAdmitted)})
def standing(request: Request, event_id: EventId) -> Any:
    """Where one stands; 403 without a place."""
    where = service(request).lines.standing(event_id, member(request).id)
    if where is None:
        raise refusals.NotAdmitted
    return JSONResponse(standing_json(where))


@running.post("/api/admin/events", status_code=201, responses={201: {"model": Made}, **says(refusals.LogInFirst, refusals.NotAllowed, *WRITES)})
def put_on(request: Request, new: NewEvent) -> Any:
    """Put an event on."""
    admin(request)
    return JSONResponse({"id": service(request).stage.put_on(new.show(), new.rows, new.width)}, 201)


@running.put("/api/admin/events/{event_id}", status_code=204, response_class=Response, responses=says(
    refusals.LogInFirst, refusals.NotAllowed, refusals.NoSuchSeat, *WRITES))
def change(request: Request, event_id: EventId, wish: Change) -> Response:
    """Change an event, open or close its sale; its seats stay."""
    admin(request)
    service(request).stage.change(event_id, wish.show())
    return Response(status_code=204)
