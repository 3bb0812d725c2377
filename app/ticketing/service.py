# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that one copy of the service consists of, and the few questions every answer begins with: whose request is this, and from where."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from ticketing.accounts import Account, Accounts
from ticketing.config import LOCAL, REFUSE, Settings
from ticketing.crossing import Crossing
from ticketing.holds import Holds
from ticketing.limits import Limits
from ticketing.line import Lines
from ticketing.metrics import Metrics
from ticketing.refusals import GateClosed, LogInFirst, NotAllowed, Refused, StandbyAway
from ticketing.sessions import COOKIE, Sessions
from ticketing.stage import Stage
from ticketing.store import Order, Receipt, Sale, Store


@dataclass(frozen=True)
class Service:
    """The parts of one copy. `crossing`: where purchases wait for the standby, None where none does."""

    settings: Settings
    store: Store
    accounts: Accounts
    sessions: Sessions
    holds: Holds
    lines: Lines
    limits: Limits
    stage: Stage
    metrics: Metrics
    crossing: Crossing | None = None

    async def buy(self, order: Callable[[], Order]) -> Receipt:
        """As Store.buy, acknowledged as the settings say, and counted. `order` is asked on a thread that may wait, as the database is."""
        if self.crossing is None or not self.crossing.together:
            receipt, why = await run_in_threadpool(self._bought, order), "policy" if self.crossing is None else "apart"
        else:
            receipt, why = await self._across(await run_in_threadpool(self._sold, order), self.crossing)
        with self._counting():
            # The last thing that is asked before the buyer hears of it: another site may have begun to sell while this copy stood still.
            if receipt.acknowledged_by is None or not receipt.acknowledged_by.stands:
                raise GateClosed
        self.metrics.purchases.labels("replayed" if receipt.replayed else "sold").inc()
        self.metrics.acknowledgements.labels(receipt.ack, why).inc()
        return receipt

    def _bought(self, order: Callable[[], Order]) -> Receipt:
        wish = order()
        with self._counting():
            if self.crossing is not None and self.settings.ack_without_standby == REFUSE:
                raise StandbyAway               # before anything is written: the seat stays free
            return self.store.buy(wish)

    def _sold(self, order: Callable[[], Order]) -> Sale:
        wish = order()
        with self._counting():
            return self.store.sell(wish)

    async def _across(self, sale: Sale, crossing: Crossing) -> tuple[Receipt, str]:
        """The receipt once the standby holds it, or after as long as it may take; no thread waits meanwhile. And why it promises what it does."""
        began, passage = time.perf_counter(), crossing.enter(sale)
        with self._counting():
            try:
                receipt = await asyncio.wait_for(asyncio.wrap_future(passage.answer), crossing.limit)
            except TimeoutError:
                crossing.late(passage)
                receipt = None
            finally:
                crossing.leave(passage)         # also where this task is cancelled: what nobody waits for is not asked for
            self.metrics.waited.labels(LOCAL if receipt is None else receipt.ack).observe(time.perf_counter() - began)
            if receipt is not None:
                return receipt, "across"
            if self.settings.ack_without_standby == REFUSE:
                raise StandbyAway
            return await run_in_threadpool(self.store.promise, sale), "late"

    @contextmanager
    def _counting(self) -> Iterator[None]:
        try:
            yield
        except Refused as refusal:
            self.metrics.purchases.labels(refusal.code).inc()
            raise

    def degraded(self) -> bool | None:
        """Are purchases acknowledged without the standby that were to wait for it? None where that is not asked, or not sold."""
        return None if self.crossing is None or not self.crossing.writer_here else not self.crossing.together


def assemble(store: Store, settings: Settings, crossing: Crossing | None = None) -> Service:
    """A copy over one store."""
    database = store.database
    accounts = Accounts(database)
    made = Service(
        settings=settings, store=store, accounts=accounts, sessions=Sessions(settings.session_keys, accounts),
        holds=Holds(database, settings.hold_seconds, settings.holds), lines=Lines(database), limits=Limits(database, settings.rates),
        stage=Stage(database), metrics=Metrics(database.engine), crossing=crossing,
    )
    made.metrics.degraded(made.degraded)
    return made


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
