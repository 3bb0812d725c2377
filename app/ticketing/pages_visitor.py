# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages of one visitor: signing up, logging in, what is kept, what was bought."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ticketing.accounts import Account, tidy_name
from ticketing.config import BOTH_SITES, LOCAL
from ticketing.pages import Fields, inside, keep, number, page
from ticketing.refusals import EmailTaken, NoSuchTicket, Refused, WrongPassword
from ticketing.service import address, member, service, visitor
from ticketing.sessions import COOKIE, LIFETIME, VISITOR, new_visitor
from ticketing.store import Order

router = APIRouter(include_in_schema=False)


def entered(request: Request, account: Account, then: str) -> Response:
    """Logged in, and on to where the visitor wanted to go. The browser's secret is a new one: an older form is nobody's any more."""
    answer = RedirectResponse(inside(then), 303)
    keep(request, answer, COOKIE, service(request).sessions.issue(account), LIFETIME)
    keep(request, answer, VISITOR, new_visitor(), 31536000)
    return answer


@router.get("/sign-up")
def sign_up_page(request: Request, next: str = "/") -> HTMLResponse:
    """The form for a new account."""
    visitor(request)
    return page(request, "account.html", new=True, then=inside(next), fields={}, fault=None)


@router.post("/sign-up")
def sign_up(request: Request, fields: Fields) -> Response:
    """A new account, logged in; or the form again, with what was entered and what is wrong with it."""
    service(request).limits.count(("sign_up_address", address(request)))
    try:
        account = service(request).accounts.sign_up(fields.get("email", ""), fields.get("name", ""), fields.get("password", ""))
    except EmailTaken:
        return _again(request, True, fields, "email_taken", EmailTaken.status)
    except Refused as refusal:
        if type(refusal) is not Refused:
            raise
        return _again(request, True, fields, f"bad_{refusal.args[0]}", 422)
    return entered(request, account, fields.get("next", "/"))


@router.get("/log-in")
def log_in_page(request: Request, next: str = "/") -> HTMLResponse:
    """The form to log in."""
    visitor(request)
    return page(request, "account.html", new=False, then=inside(next), fields={}, fault=None)


@router.post("/log-in")
def log_in(request: Request, fields: Fields) -> Response:
    """Logged in, or the form again."""
    email = fields.get("email", "")
    service(request).limits.count(("log_in_account", email.strip().lower()), ("log_in_address", address(request)))
    try:
        account = service(request).accounts.log_in(email, fields.get("password", ""))
    except WrongPassword:
        return _again(request, False, fields, WrongPassword.code, WrongPassword.status)
    return entered(request, account, fields.get("next", "/"))


@router.post("/log-out")
def log_out(request: Request, _fields: Fields) -> Response:
    """This browser is nobody's again."""
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE)
    answer.delete_cookie(VISITOR)
    return answer


@router.get("/basket")
def basket(request: Request) -> HTMLResponse:
    """The seats that are kept, each with its own key: sending the form twice buys once, here or at another site."""
    account = member(request)
    kept = service(request).holds.mine(account.id)
    return page(request, "basket.html", kept=[(row, uuid.uuid4()) for row in kept])


@router.post("/basket/buy")
async def buy(request: Request, fields: Fields) -> Response:
    """Buy a seat; the visitor then stands before the tickets, and reads who holds the purchase."""

    def order() -> Order:
        account = member(request)
        service(request).limits.count(("order_account", account.uid))
        try:
            key = str(uuid.UUID(fields.get("key", "")))
        except ValueError:
            raise Refused from None
        return Order(key, number(fields.get("event", "")), fields.get("seat", ""), tidy_name(account.name), account.id)

    receipt = await service(request).buy(order)
    return RedirectResponse(f"/tickets?bought={receipt.ack}", 303)


@router.post("/basket/release")
def release(request: Request, fields: Fields) -> Response:
    """Let a seat go."""
    event_id = number(fields.get("event", ""))
    service(request).holds.release(event_id, fields.get("seat", ""), member(request).id)
    return RedirectResponse(f"/events/{event_id}", 303)


@router.get("/tickets")
def my_tickets(request: Request, bought: str = "", cancelled: str = "") -> HTMLResponse:
    """What the visitor has bought."""
    told = f"ack_{bought}" if bought in (LOCAL, BOTH_SITES) and service(request).crossing is not None else ""
    return page(request, "tickets.html", bought=bought, told=told, cancelled=cancelled, tickets=service(request).store.tickets(member(request).id))


@router.get("/tickets/{ticket}/cancel")
def cancel_page(request: Request, ticket: uuid.UUID) -> HTMLResponse:
    """Asked once more before a ticket is cancelled."""
    for row in service(request).store.tickets(member(request).id):
        if row.ticket == str(ticket):
            return page(request, "cancel.html", ticket=row)
    raise NoSuchTicket


@router.post("/tickets/{ticket}/cancel")
def cancel(request: Request, ticket: uuid.UUID, _fields: Fields) -> Response:
    """Cancel a ticket."""
    service(request).store.cancel(str(ticket), member(request).id)
    return RedirectResponse("/tickets?cancelled=1", 303)


def _again(request: Request, new: bool, fields: dict[str, str], fault: str, status: int) -> HTMLResponse:
    shown = {name: value for name, value in fields.items() if name in ("email", "name")}        # a password never goes back into a page
    return page(request, "account.html", status, new=new, then=inside(fields.get("next", "/")), fields=shown, fault=fault)
