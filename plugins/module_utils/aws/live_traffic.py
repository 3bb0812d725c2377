# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change of the failover pair that would move users who are being served is refused while the site that they would be sent to is silent.

Only the primary's address and what is asked of its edge decide where users go next; a first publication moves nobody.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Collection

from ..engine import Plan
from ..faults import Fault
from .failover_record import EDGE

ACCEPT = "accept_silent_target"
OVERRIDES = (ACCEPT,)

# No proxy from the environment: the question is whether the edge itself answers.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def moves(step: Plan) -> tuple[str, ...]:
    """What of the plan may send users elsewhere than now, in words; () when nothing does."""
    if step.action != "update" or not (step.before.get("primary") and step.after.get("primary")):
        return ()
    have, want = step.before["primary"]["addresses"], step.after["primary"]["addresses"]
    asked, asks = ((side.get("checks") or {}).get(EDGE, {}).get("url") for side in (step.before, step.after))
    return (*([f"the primary's addresses from {', '.join(have)} to {', '.join(want)}"] if have != want else []),
            *([f"what is asked of its edge from {asked} to {asks}"] if asked and asked != asks else []))


def refuse_if_silent(step: Plan, edge_url: str, silent: Callable[[str], str | None], overrides: Collection[str] = ()) -> str | None:
    """Raises Fault when the plan moves users to an edge that is silent. silent: why a URL gives no good answer, None when it does. Returns a
    warning when an override was needed, else None.
    """
    moved = moves(step)
    if not moved or (why := silent(edge_url)) is None:
        return None
    said = f"The plan changes {' and '.join(moved)}, and {edge_url} gives no good answer ({why}), so users would be sent to a silent site."
    if ACCEPT in overrides:
        return f"{said} Overridden by name: {ACCEPT}."
    raise Fault("publish", step.after.get("name") or "the failover pair", left=f"{said} Nothing was touched.",
                then=f"Mend the edge first. An operator may override this by name: {ACCEPT}.")


def silent(url: str, timeout: float = 5.0) -> str | None:
    """Why `url` is not healthy as a health checker sees it (2xx or 3xx within the time); None when it is."""
    try:
        with _opener.open(url, timeout=timeout):
            return None
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(getattr(error, "reason", error))
