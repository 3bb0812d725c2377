# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that one copy of the service consists of, and the few questions every answer begins with: whose request is this, and from where."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from ticketing.accounts import Account, Accounts
from ticketing.config import Settings
from ticketing.holds import Holds
from ticketing.limits import Limits
from ticketing.line import Lines
from ticketing.metrics import Metrics
from ticketing.refusals import GateClosed, LogInFirst, NotAllowed, Refused
from ticketing.sessions import COOKIE, Sessions
from ticketing.stage import Stage
from ticketing.store import Order, Receipt, Store


@dataclass(frozen=True)
class Service:
    """The parts of one copy."""

    settings: Settings
    store: Store
    accounts: Accounts
    sessions: Sessions
    holds: Holds
    lines: Lines
    limits: Limits
    stage: Stage
    metrics: Metrics

    def buy(self, order: Order) -> Receipt:
        """As Store.buy, and counted."""
        try:
            receipt = self.store.buy(order)
            # The last thing that is asked before the buyer hears of it: another site may have begun to sell while this copy stood still.
            if receipt.acknowledged_by is not None and not receipt.acknowledged_by.stands:
                raise GateClosed
        except Refused as refusal:
            self.metrics.purchases.labels(refusal.code).inc()
            raise
        self.metrics.purchases.labels("replayed" if receipt.replayed else "sold").inc()
        return receipt


def assemble(store: Store, settings: Settings) -> Service:
    """A copy over one store."""
    database = store.database
    accounts = Accounts(database)
    return Service(
        settings=settings, store=store, accounts=accounts, sessions=Sessions(settings.session_keys, accounts),
        holds=Holds(database, settings.hold_seconds, settings.holds), lines=Lines(database), limits=Limits(database, settings.rates),
        stage=Stage(database), metrics=Metrics(database.engine),
    )


def service(request: Request) -> Service:
    """The one copy in this process."""
    return request.app.state.service


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


def visitor(request: Request) -> Account | None:
    """Who is logged in, by a bearer's token or by the cookie; asked once a request."""
    if not hasattr(request.state, "account"):
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        token = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
        request.state.account = service(request).sessions.account(token) if token else None
    return request.state.account


def member(request: Request) -> Account:
    """Who is logged in. Raises LogInFirst."""
    account = visitor(request)
    if account is None:
        raise LogInFirst
    return account


def admin(request: Request) -> Account:
    """Who runs the site. Raises LogInFirst or NotAllowed."""
    account = member(request)
    if not account.is_admin:
        raise NotAllowed
    return account
