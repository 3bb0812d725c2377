# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages everybody sees, rendered on the server, in Korean and English. Scripts only keep clocks running; all works without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape

from ticketing.api import EventId
from ticketing.refusals import Forged, NoSuchSeat
from ticketing.service import member, service, visitor
from ticketing.sessions import VISITOR, form_token, is_form_token, new_visitor
from ticketing.words import LANGUAGES, WORDS, language

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=str(Path(__file__).parent / "templates"))
templates.env.trim_blocks = templates.env.lstrip_blocks = True
ROWS_A_SECTION = 10     # a hall of thousands of seats is shown in parts
INSIDE = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9/_?=&%-]*|/", re.ASCII)       # a path of ours, never //somewhere.else
YEAR = 31536000


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One page in the visitor's language; the choice, and the browser's secret for its forms, are kept in cookies."""
    lang = language_of(request)
    other = next(code for code in LANGUAGES if code != lang)
    browser = request.cookies.get(VISITOR) or new_visitor()
    rest = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    answer = templates.TemplateResponse(request, name, {
        "w": WORDS[lang], "lang": lang, "other": other, "other_link": "?" + urlencode([*rest, ("lang", other)]), "site": request.app.state.site,
        # Not asked for again here: this also renders the page that says the database is away.
        "account": getattr(request.state, "account", None), "token": form_token(browser), **values,
    }, status_code=status)
    for cookie, value in (("lang", lang), (VISITOR, browser)):
        if request.cookies.get(cookie) != value:
            keep(request, answer, cookie, value, YEAR)
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


def language_of(request: Request) -> str:
    """The visitor's language."""
    return language(request.query_params.get("lang"), request.cookies.get("lang"), request.headers.get("accept-language"))


def places(seats: Iterable[Any], words: Mapping[str, str]) -> dict[str, Markup]:
    """The seats of each row as the form shows them. Not in the template: a thousand turns of its loop took most of the page's time."""
    text = {state: str(escape(words[state])) for state in ("free", "held", "taken")}
    rows: dict[str, list[str]] = {}
    for name, row, number, taken, held in seats:
        state = "taken" if taken else "held" if held else "free"
        label, off = escape(name), "" if state == "free" else " disabled"
        rows.setdefault(row, []).append(
            f'<label class="{state}"><input type="radio" name="seat" value="{label}" required{off} aria-label="{label} {text[state]}">'
            f'<i aria-hidden="true">{number:d}</i></label>')
    return {row: Markup("".join(each)) for row, each in rows.items()}    # all of it escaped above


def keep(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads and that other sites' forms do not send; over TLS it never travels in clear."""
    answer.set_cookie(name, value, max_age=seconds, samesite="lax", httponly=True, secure=request.url.scheme == "https")


def problem(request: Request, status: int, word: str, retry: int | None = None) -> HTMLResponse:
    """A page that says what is wrong and leads on. A form that was not taken because of the moment can be sent again, as it was."""
    fields = getattr(request.state, "fields", None)
    again = fields if status == 503 and fields is not None and "password" not in fields else None       # a password never goes into a page
    answer = page(request, "problem.html", status, word=word, again=again)
    if retry:
        answer.headers["Retry-After"] = str(retry)
    return answer


async def form(request: Request) -> dict[str, str]:
    """The fields of a form of ours. Raises Forged where it does not carry this browser's token."""
    sent = await request.form()
    fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    if not is_form_token(request.cookies.get(VISITOR, ""), fields.pop("token", "")):
        raise Forged
    request.state.fields = fields
    return fields


Fields = Annotated[dict[str, str], Depends(form)]


def number(said: str) -> int:
    """The number of an event in a form. Raises NoSuchSeat where it is none."""
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise NoSuchSeat
    return int(said)


def log_in_path(request: Request) -> str:
    """Where to log in, and where to go on afterwards: this page, or the one whose form was sent."""
    url = urlsplit(request.headers.get("referer", "")) if request.method != "GET" else None
    path = f"{url.path}?{url.query}" if url and url.query else url.path if url else request.url.path
    return "/log-in?" + urlencode({"next": inside(path)})


def inside(path: str) -> str:
    """A path to go on to, `/` where it would lead out of here."""
    return path if INSIDE.fullmatch(path) else "/"


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """All events."""
    visitor(request)
    return page(request, "events.html", events=service(request).store.events())


@router.get("/events/{event_id}")
def event(request: Request, event_id: EventId, section: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    """One event's hall, a section at a time, with a form to choose a seat; or its waiting line."""
    account = visitor(request)
    found = service(request).store.event(event_id)
    names = service(request).store.rows(event_id)
    if found is None or not names:
        raise NoSuchSeat
    if found.admit_per_minute and found.on_sale:
        standing = service(request).lines.standing(event_id, account.id) if account else None
        if standing is None or not standing.admitted:
            return page(request, "line.html", event=found, standing=standing)
    sections = [names[i:i + ROWS_A_SECTION] for i in range(0, len(names), ROWS_A_SECTION)]
    at = min(section, len(sections))
    seats = service(request).store.seats(event_id, sections[at - 1], account.id if account else None)
    return page(request, "event.html", event=found, rows=places(seats, WORDS[language_of(request)]), sections=sections, at=at)


@router.post("/events/{event_id}/line")
def join(request: Request, event_id: EventId, _fields: Fields) -> Response:
    """Take a place in the line."""
    account = member(request)
    service(request).limits.count(("order_account", account.uid))
    service(request).lines.join(event_id, account.id)
    return RedirectResponse(f"/events/{event_id}", 303)


@router.post("/events/{event_id}/hold")
def hold(request: Request, event_id: EventId, fields: Fields) -> Response:
    """Keep the chosen seat; the visitor then stands before what is kept."""
    account = member(request)
    service(request).limits.count(("order_account", account.uid))
    service(request).holds.take(event_id, fields.get("seat", ""), account.id)
    return RedirectResponse("/basket", 303)
