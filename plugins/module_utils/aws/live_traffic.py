# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change of the failover pair that would move users who are being served is refused while the site that they would be sent to is silent.

The primary's address and what is asked of its edge decide where users go next; the secondary's address does as soon as they are there. A first
publication moves nobody. What is asked for the standby's marker decides whether users there come back: that is refused whatever the primary answers,
since a primary that comes back is stale until somebody has proven otherwise.
"""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..engine import Plan
from ..faults import Fault
from .failover_record import EDGE, MARKER

ACCEPT = "accept_silent_target"
ACCEPT_RETURN = "accept_return"         # lead users back to the primary although the standby has taken over
NO_MARKER = ("HTTP 403", "HTTP 404")    # of S3 alone they say that there is none; no answer says nothing
OVERRIDES = (ACCEPT, ACCEPT_RETURN)

# No proxy from the environment: the question is whether the edge itself answers. Health checkers look at no certificate.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl._create_unverified_context()))


def moves(step: Plan) -> tuple[str, ...]:
    """What of the plan may send users elsewhere than now, in words; () when nothing does."""
    if step.action != "update" or not (step.before.get("primary") and step.after.get("primary")):
        return ()
    have, want = _hosts(step.before["primary"]), _hosts(step.after["primary"])
    asked, asks = _url(step.before, EDGE), _url(step.after, EDGE)
    return (*([f"the primary's addresses from {', '.join(have)} to {', '.join(want)}"] if have != want else []),
            *([f"what is asked of its edge from {asked} to {asks}"] if asked and asked != asks else []))


def moves_standby(step: Plan, silent: Callable[[str], str | None]) -> tuple[str, ...]:
    """Likewise of the secondary, while users are there: the standby has taken over, or the primary's edge is silent. Where they would be sent,
    as URLs to ask; () when nobody is moved.
    """
    if step.action != "update" or not (step.before.get("secondary") and step.after.get("secondary")):
        return ()
    new = [host for host in _hosts(step.after["secondary"]) if host not in _hosts(step.before["secondary"])]
    asked, marker, asks = _url(step.before, EDGE), _url(step.before, MARKER), _url(step.after, EDGE)
    if not new or not ((marker and silent(marker) is None) or (asked and silent(asked) is not None)):
        return ()
    return _at(asks or "", new)


def moves_primary(step: Plan) -> tuple[str, ...]:
    """Where the primary's users would be sent, as URLs to ask: every address that is new, those that remain when some only go, and what is asked
    of the edge when that changes.
    """
    if not moves(step):
        return ()
    have, want = _hosts(step.before["primary"]), _hosts(step.after["primary"])
    asked, asks = _url(step.before, EDGE), _url(step.after, EDGE) or ""
    new = [address for address in want if address not in have] or (want if have != want else [])
    return tuple(dict.fromkeys((*_at(asks, new), *([asks] if asked != asks else []))))


def _at(url: str, hosts: Collection[str]) -> tuple[str, ...]:
    """The question that `url` is, put to each of `hosts`."""
    to = urlsplit(url)
    return tuple(to._replace(netloc=host if to.port is None else f"{host}:{to.port}").geturl() for host in hosts)


def _url(side: Mapping[str, Any], check: str) -> str | None:
    return (side.get("checks") or {}).get(check, {}).get("url")


def _hosts(record: Mapping[str, Any]) -> list[str]:
    return [record["alias"]["name"]] if record.get("alias") else list(record["addresses"])


def _returns(step: Plan, silent: Callable[[str], str | None]) -> str | None:
    """What to say of a plan by which nobody would know any more that the standby has taken over; None when it does not do that."""
    asked, asks = (_url(side, MARKER) for side in (step.before, step.after)) if step.action == "update" else (None, None)
    if not asked or not asks or asked == asks or (said := silent(asked)) in NO_MARKER or silent(asks) is None:
        return None
    known = f"as {asked} says" if said is None else f"for all that {asked} says ({said})"
    return (f"The standby {'has' if said is None else 'may have'} taken over, {known}, and the plan asks {asks} instead, where nothing says so: "
            "users would be led back to the primary, which may be stale.")


def refuse_if_silent(step: Plan, silent: Callable[[str], str | None], overrides: Collection[str] = ()) -> str | None:
    """Raises Fault when the plan moves users to an edge that is silent, or back to the primary. silent: why a URL gives no good answer, None when
    it does. Returns a warning when an override was needed, else None.
    """
    moved = " and ".join(moves(step))
    targets = [(moved, url) for url in moves_primary(step)]
    targets += [("the secondary while users are there", url) for url in moves_standby(step, silent)]
    found = [(f"The plan changes {what}, and {url} gives no good answer ({why}), so users would be sent to a silent site.", ACCEPT)
             for what, url in targets if (why := silent(url)) is not None]
    if back := _returns(step, silent):
        found.append((back, ACCEPT_RETURN))
    for said, override in found:
        if override not in overrides:
            then = "Mend the edge first." if override == ACCEPT else "Bring the service home first, or write the marker where it will be asked for."
            raise Fault("publish", step.after.get("name") or "the failover pair", left=f"{said} Nothing was touched.",
                        then=f"{then} An operator may override this by name: {override}.")
    return " ".join(f"{said} Overridden by name: {override}." for said, override in dict(found).items()) or None


def silent(url: str, timeout: float = 5.0) -> str | None:
    """Why `url` is not healthy as a health checker sees it (2xx or 3xx within the time); None when it is."""
    try:
        with _opener.open(url, timeout=timeout):
            return None
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(getattr(error, "reason", error))
