# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages a visitor sees, rendered on the server, in Korean and English, without scripts."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates

from ticketing.api import REFUSALS, RETRY_SECONDS, store
from ticketing.store import Order
from ticketing.words import LANGUAGES, WORDS, language

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))
ROWS_A_SECTION = 10     # a hall of thousands of seats is shown in parts


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One page in the visitor's language; the choice is kept in a cookie."""
    lang = language(request.query_params.get("lang"), request.cookies.get("lang"), request.headers.get("accept-language"))
    other = next(code for code in LANGUAGES if code != lang)
    answer = templates.TemplateResponse(
        request, name, {"w": WORDS[lang], "lang": lang, "other": other, "site": request.app.state.site, **values}, status_code=status
    )
    answer.set_cookie("lang", lang, max_age=31536000, samesite="lax", httponly=True)
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def problem(request: Request, status: int, word: str) -> HTMLResponse:
    """A page that says what is wrong and leads on."""
    return page(request, "problem.html", status, word=word)


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """All events."""
    return page(request, "events.html", events=store(request).events())


@router.get("/events/{event_id}")
def event(request: Request, event_id: int, section: int = 1) -> HTMLResponse:
    """One event's hall, a section at a time, with a form to buy a seat."""
    found = [row for row in store(request).events() if row.id == event_id]
    seats = store(request).seats(event_id)
    if not found or not seats:
        return problem(request, 404, "no_such_seat")
    rows: dict[str, list[Any]] = {}
    for seat in seats:
        rows.setdefault(seat.seat_row, []).append(seat)
    names = list(rows)
    sections = [names[i:i + ROWS_A_SECTION] for i in range(0, len(names), ROWS_A_SECTION)]
    at = min(max(section, 1), len(sections))
    return page(
        request, "event.html", event=found[0], rows={name: rows[name] for name in sections[at - 1]}, sections=sections, at=at,
        key=uuid.uuid4(),
    )


@router.post("/events/{event_id}")
def buy(
    request: Request, event_id: int, seat: Annotated[str, Form(max_length=12)], buyer: Annotated[str, Form(max_length=100)],
    key: Annotated[uuid.UUID, Form()],
) -> Any:
    """Buy from the form; afterwards the visitor stands on the list of their tickets."""
    if not buyer.strip():
        return problem(request, 422, "invalid")
    try:
        store(request).buy(Order(key=str(key), event_id=event_id, seat=seat, buyer=buyer.strip()))
    except tuple(REFUSALS) as error:
        return problem(request, *REFUSALS[type(error)])
    return RedirectResponse(request.url_for("my_tickets").include_query_params(buyer=buyer.strip(), bought=1), 303)


@router.get("/tickets")
def my_tickets(request: Request, buyer: str = "", bought: int = 0) -> HTMLResponse:
    """What one buyer holds."""
    return page(request, "tickets.html", buyer=buyer, bought=bought, tickets=store(request).tickets(buyer) if buyer else [])
