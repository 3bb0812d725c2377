# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A visitor of the copy, and of nobody else: looks for a free seat, buys it, and looks whether anybody at the live site has heard of it."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..faults import Fault
from ..waiting import PENDING, READY, Clock, wait

PATIENCE = 5.0          # seconds for one answer
START_SECONDS = 120.0   # for the application to be ready
ASKED = 16              # times that the live door is asked who answers: there may be several applications behind it
SEATS = 5               # that are tried, where they go one after the other


@dataclass(frozen=True)
class Answer:
    """status 0: nobody answered, and `body` says why."""

    status: int
    body: Any


@dataclass(frozen=True)
class Sold:
    """key: of the purchase; seconds: from the gate's opening to the acknowledgement."""

    key: str
    ticket: str
    seat: str
    event: int
    epoch: int
    seconds: float


def ask(url: str, path: str, *, method: str = "GET", body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """One question over a new connection, with no proxy in between."""
    where = urlsplit(url)
    talk = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=PATIENCE)
    try:
        talk.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
        answer = talk.getresponse()
        text = answer.read(8 << 20)
        try:
            return Answer(answer.status, json.loads(text))
        except ValueError:
            return Answer(answer.status, text[:200].decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"{type(error).__name__}: {error}")
    finally:
        talk.close()


def wait_ready(url: str, clock: Clock) -> None:
    """Until the application can serve pages. Raises TimedOut with what it last said."""
    wait(lambda: ask(url, "/readyz"), lambda seen: READY if seen.status == 200 else PENDING, START_SECONDS, 0.5, clock,
         doing="see the application on the copy ready", to=url, show=lambda seen: (seen.status, seen.body))


def free_seats(url: str) -> Iterator[tuple[int, str]]:
    """(event, seat) that could be bought now without a place in a line."""
    events = ask(url, "/api/events")
    for event in events.body if events.status == 200 and isinstance(events.body, list) else ():
        if event.get("on_sale") and event.get("admit_per_minute") is None and event.get("sold", 0) < event.get("seats", 0):
            seats = ask(url, f"/api/events/{event['id']}/seats")
            for seat in seats.body if seats.status == 200 and isinstance(seats.body, list) else ():
                if not seat["taken"] and not seat["held"]:
                    yield int(event["id"]), str(seat["seat"])


def choose(url: str) -> list[tuple[int, str]]:
    """Some of them. Raises Fault where there is none."""
    found = [seat for seat, _unused in zip(free_seats(url), range(SEATS), strict=False)]
    if not found:
        raise Fault("buy anything on the copy", left="No event on sale has a free seat without a waiting line, so nothing can be proven.",
                    then="Say in rehearsal_prepare_sql what makes one on the copy, or rehearse when there is one.")
    return found


def buy(url: str, seat: tuple[int, str], key: str) -> Answer:
    """One purchase."""
    return ask(url, "/api/purchases", method="POST", body={"event_id": seat[0], "seat": seat[1], "buyer": "rehearsal"},
               headers={"Idempotency-Key": key})


def refused_while_shut(url: str, seat: tuple[int, str]) -> None:
    """The copy's gate is shut: nothing may be sold there. Raises Fault where something is."""
    answer = buy(url, seat, str(uuid.uuid4()))
    if answer.status != 503:
        raise Fault("see the shut gate refuse a purchase", "on the copy", left=f"The application answered {answer.status}: {answer.body}. A site "
                    "whose gate is shut would sell.", then="See docs/runbooks/guard.md.")


def sell(url: str, seats: list[tuple[int, str]], limit: float, clock: Clock) -> Sold:
    """Buy until one is acknowledged; `seconds` of it count from now. Raises Fault."""
    began, key = clock.now(), str(uuid.uuid4())
    last = Answer(0, "nothing was asked")
    left = list(seats)
    while left and clock.now() - began <= limit:
        last = buy(url, left[0], key)
        if last.status in (200, 201):
            took = clock.now() - began
            again = ask(url, f"/api/purchases/{key}")
            if again.status != 200 or again.body.get("ticket") != last.body["ticket"]:
                raise Fault("find the purchase again", "on the copy", left=f"It was acknowledged, and is not there: {again.status} {again.body}.")
            return Sold(key, str(last.body["ticket"]), left[0][1], left[0][0], int(last.body["epoch"]), round(took, 3))
        if last.status in (404, 409, 422):
            left.pop(0)
            key = str(uuid.uuid4())
        else:
            clock.sleep(0.2)
    raise Fault("buy a ticket", "on the copy", left=f"Within {limit:g} s nothing was acknowledged; the last answer was {last.status}: {last.body}.",
                then="See what the application says: journalctl -u multicloud-dr-rehearsal.")


def refuse_reached(live_url: str, mark: str, key: str) -> None:
    """Raise Fault where somebody who comes by the live site's door is led to the copy. mark: what the application on the copy calls its release."""
    for _unused in range(ASKED):
        answer = ask(live_url, "/release")
        if isinstance(answer.body, dict) and answer.body.get("release") == mark:
            raise Fault("keep users away from the copy", left=f"What comes to {live_url} is answered by it. It is removed at once.",
                        then="Find what leads there: site_edge_apps, target groups, anything that forwards to the port.")
        if ask(live_url, f"/api/purchases/{key}").status == 200:
            raise Fault("keep the copy apart", left=f"What was bought on the copy is known at {live_url}. The copy is removed at once.",
                        then="Nothing may follow the copy: see who copies from it.")
