# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what two agents say of themselves to what the page shows. Pure. What is old is said to be, and what nobody knows is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..conclusion import Limits
from ..readiness import score

JOURNAL_LINES = 30      # of the newest that are shown


@dataclass(frozen=True)
class Peer:
    """The other site's agent. `status`: its /status when it last gave one, None when it never did; `heard_seconds`: how long ago that was."""

    status: Mapping[str, Any] | None = None
    heard_seconds: float | None = None


@dataclass(frozen=True)
class Here:
    """What the agent here knows beside its own /status. `sites`: all of them, by name, this one included. `seen_seconds`: how old the latest look
    is, None before the first. `fresh_seconds`: up to which age the other agent's words count. `hour`, `bucket_seconds`: see hour.Hour.
    `journal`: lines of the journal here, oldest first. `now`: epoch seconds.
    """

    sites: Sequence[str]
    seen_seconds: float | None
    fresh_seconds: float
    hour: Sequence[float | None]
    bucket_seconds: float
    journal: Sequence[Mapping[str, Any]]
    now: float
    limits: Limits


def view(status: Mapping[str, Any], peer: Peer, here: Here) -> dict[str, Any]:
    """All that the page shows, ages in seconds. Raises what reading a peer's status can that is none (KeyError, TypeError, ...)."""
    fresh = peer.status is not None and peer.heard_seconds is not None and peer.heard_seconds <= here.fresh_seconds
    told = {status["site"]: status, **{site: peer.status if fresh else None for site in here.sites if site != status["site"]}}
    known = {status["site"]: status, **{site: peer.status for site in here.sites if site != status["site"] and peer.status is not None}}
    tunnels = _tunnels(known, status["site"], peer, fresh)
    found = score(told, tunnels=[each["up"] for each in tunnels["each"]] if tunnels["fresh"] else None, dns=False,
                  max_lag=here.limits.lag_seconds, max_compared=here.limits.compared_seconds, now=here.now)
    record = status["record"]
    return {
        "site": status["site"], "topology": status["topology"], "mode": status["mode"], "now": here.now, "seen_seconds": here.seen_seconds,
        "sites": [_site(site, site == status["site"], known.get(site), status, 0.0 if site == status["site"] else peer.heard_seconds,
                        told.get(site) is not None) for site in here.sites],
        "record": {"writer": record.get("writer"), "epoch": record.get("epoch"), "unchanged_seconds": record.get("unchanged_seconds"),
                   "said": record.get("said"), "members": _seen(status, "members", "total")},
        "readiness": asdict(found), "tunnels": tunnels, "rpo": _rpo(told, known, peer, here), "proof": _proof(known, status["site"], peer),
        "last": _last(known), "protection": status.get("protection") or {}, "words": status["words"], "asks": status.get("asks", False),
        "journal": [{name: line.get(name) for name in ("time", "switch", "step", "phase", "detail")} for line in here.journal[-JOURNAL_LINES:]],
    }


def rpo_of(status: Mapping[str, Any] | None) -> float | None:
    """What would be lost at most, as the agent of the copy measures it; None from the writer's."""
    replica = _seen(status, "replica", "following")
    return None if replica is None else replica.get("rpo_seconds")


def _seen(status: Mapping[str, Any] | None, what: str, key: str) -> Mapping[str, Any] | None:
    """An observation of which something was seen; `key`: what every such one has."""
    observations = (status or {}).get("observations")
    look = observations.get(what) if isinstance(observations, Mapping) else None
    return look if isinstance(look, Mapping) and key in look else None


def _site(site: str, is_here: bool, status: Mapping[str, Any] | None, asked: Mapping[str, Any], age: float | None, counts: bool) -> dict[str, Any]:
    """One site's card. `status` None: its agent was never heard here."""
    row: dict[str, Any] = {"site": site, "here": is_here, "primary": site == asked["primary"], "heard_seconds": age, "fresh": counts}
    if status is None:
        return {**row, "known": False}
    gate, journal, lost = _seen(status, "gate", "open"), status.get("journal") or {}, status.get("if_lost") or {}
    told = status.get("gate") or {}
    edge = (status.get("observations") or {}).get("own_edge")
    return {
        **row, "known": True, "writes": bool(status["writer"]), "maintenance": bool(status["maintenance"]),
        **{name: status["verdict"].get(name) for name in ("verdict", "action", "because")},
        "if_lost": {name: lost.get(name) for name in ("verdict", "action", "because")},
        "gate": {"open": gate["open"] if gate else None, "epoch": told.get("epoch"), "age_seconds": told.get("age_seconds"),
                 "said": told.get("said"), "drain": told.get("drain"), "ungated": None if told.get("ungated") is None else len(told["ungated"])},
        "edge": edge if isinstance(edge, bool) else None, "replica": _seen(status, "replica", "following"),
        "journal": {name: journal.get(name) for name in ("lines", "copied", "faults")} if "lines" in journal else None,
    }


def _tunnels(known: Mapping[str, Mapping[str, Any]], site: str, peer: Peer, fresh: bool) -> dict[str, Any]:
    """As the site sees them at which they end; the other one hears of them."""
    across = _seen(known.get(site), "link", "across")
    for name in sorted(known, key=lambda each: each != site):
        link, mine = _seen(known[name], "link", "across"), name == site
        if link and (link["up"] or link["down"]):
            each = sorted([{"name": up, "up": True} for up in link["up"]] + [{"name": down, "up": False} for down in link["down"]],
                          key=lambda tunnel: str(tunnel["name"]))
            return {"across": across["across"] if across else None, "each": each, "site": name, "age_seconds": 0.0 if mine else peer.heard_seconds,
                    "fresh": mine or fresh}
    return {"across": across["across"] if across else None, "each": [], "site": None, "age_seconds": None, "fresh": False}


def _rpo(told: Mapping[str, Mapping[str, Any] | None], known: Mapping[str, Mapping[str, Any]], peer: Peer, here: Here) -> dict[str, Any]:
    """Now, as the copy's agent says it; when that is silent, what it said last and how long ago."""
    now = {site: figure for site, status in told.items() if (figure := rpo_of(status)) is not None}
    before = {site: figure for site, status in known.items() if (figure := rpo_of(status)) is not None}
    measured = next(iter(now or before), None)
    return {"now_seconds": now.get(measured) if measured else None, "before_seconds": before.get(measured) if measured and not now else None,
            "age_seconds": peer.heard_seconds if measured and not now else 0.0 if measured else None, "site": measured,
            "limit_seconds": here.limits.lag_seconds, "hour": list(here.hour), "bucket_seconds": here.bucket_seconds}


def _proof(known: Mapping[str, Mapping[str, Any]], site: str, peer: Peer) -> dict[str, Any] | None:
    """The last comparison of the copy, wherever that is; None when nobody says anything of it."""
    for name, status in known.items():
        if compared := _seen(status, "compared", "equal"):
            heard = 0.0 if name == site else peer.heard_seconds or 0.0
            age = compared.get("age_seconds")
            return {**compared, "site": name, "age_seconds": None if age is None else age + heard}
    return None


def _last(known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The switch that was finished last, of either site; a drill ends in one as well."""
    made = [{**status["switched"], "site": site} for site, status in known.items() if status.get("switched")]
    return max(made, key=lambda each: float(each["finished"]), default=None)
