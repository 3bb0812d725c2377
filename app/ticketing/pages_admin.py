# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages of those who run the site: which events are on, and how they are sold."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from ticketing.api import EventId
from ticketing.api_visitor import Change, NewEvent
from ticketing.pages import Fields, page
from ticketing.refusals import NoSuchSeat
from ticketing.service import admin, service

router = APIRouter(include_in_schema=False)

TEXTS = ("name_ko", "name_en", "venue_ko", "venue_en")
EMPTY = {"on_sale": "1", "line_limit": "100000"}


def _wish(fields: dict[str, str]) -> dict[str, object]:
    """What a form says as the model takes it: nothing entered is nothing said, a box that is not ticked is False."""
    return {**{name: value for name, value in fields.items() if value != ""}, "on_sale": bool(fields.get("on_sale"))}


def _form(request: Request, event_id: int | None, fields: dict[str, object], faults: tuple[str, ...] = ()) -> HTMLResponse:
    return page(request, "admin_event.html", 422 if faults else 200, event_id=event_id, fields=fields, faults=faults, texts=TEXTS)


def _faults(error: ValidationError) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(fault["loc"][0]) for fault in error.errors()))


@router.get("/admin")
def events(request: Request, saved: str = "") -> HTMLResponse:
    """Every event with what has been sold."""
    admin(request)
    return page(request, "admin.html", events=service(request).store.events(), saved=saved)


@router.get("/admin/events/new")
def new_page(request: Request) -> HTMLResponse:
    """The form for a new event."""
    admin(request)
    return _form(request, None, dict(EMPTY))


@router.post("/admin/events/new")
def new(request: Request, fields: Fields) -> Response:
    """Put an event on, or show the form again with what is wrong."""
    admin(request)
    try:
        wish = NewEvent.model_validate(_wish(fields))
    except ValidationError as error:
        return _form(request, None, dict(fields), _faults(error))
    service(request).stage.put_on(wish.show(), wish.rows, wish.width)
    return RedirectResponse("/admin?saved=1", 303)


@router.get("/admin/events/{event_id}")
def change_page(request: Request, event_id: EventId) -> HTMLResponse:
    """The form of an event that is on."""
    admin(request)
    row = service(request).store.event(event_id)
    if row is None:
        raise NoSuchSeat
    return _form(request, event_id, {**row._mapping, "starts_at": row.starts_at.strftime("%Y-%m-%dT%H:%M")})


@router.post("/admin/events/{event_id}")
def change(request: Request, event_id: EventId, fields: Fields) -> Response:
    """Change an event, or show the form again with what is wrong."""
    admin(request)
    try:
        wish = Change.model_validate(_wish(fields))
    except ValidationError as error:
        return _form(request, event_id, dict(fields), _faults(error))
    service(request).stage.change(event_id, wish.show())
    return RedirectResponse("/admin?saved=1", 303)
