# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent's configuration must be made of (config.py says what for): every fault at once, each with its path. Pure. Whatever the file holds is
answered in sentences: an agent that ends with a traceback is started again, and again, and tells nobody why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from ..mysql.dialects import DIALECTS
from . import actor
from .chain import readable
from .conclusion import Limits
from .timing import Timing, kind, number, shown, timing_from

Check = Callable[[str, Any], list[str]]         # the path of a value, the value: what is wrong with it
TIMING = "timing"       # is looked at by itself


def faults(raw: Any) -> list[str]:
    """Everything wrong with what the file holds, as "path: what"."""
    if not isinstance(raw, dict):
        return [f"not a JSON object, but {kind(raw)}"]
    found = _object({name: (check, name in _NEEDED) for name, check in _WHOLE.items()}, "", raw)
    found += [f"{readable(name)}: unknown; known are {', '.join(sorted({*_WHOLE, TIMING}))}" for name in sorted(set(raw) - {*_WHOLE, TIMING})]
    try:
        timing = timing_from(raw.get(TIMING))
    except ValueError as error:
        return [*found, *str(error).splitlines()]
    return found or _together(raw, timing)


def _together(raw: Mapping[str, Any], timing: Timing) -> list[str]:
    """What does not fit together, of values that are right each by itself."""
    found = [f"{name}: {raw[name]!r} has no edge in edges ({', '.join(sorted(raw['edges']))}), so nobody could tell whether it is there"
             for name in ("site", "primary") if raw[name] not in raw["edges"]]
    here, there = (_address(raw.get(name) or {}) for name in ("database", "peer_database"))
    if there and here == there:
        found.append(f"peer_database: {there[0]} port {there[1]} is the database of {raw['site']} itself")
    notice = number(raw.get("notice_seconds")) or 0.0
    if notice > timing.ttl / 2:
        found.append(f"notice_seconds: must be at most half of timing.ttl ({timing.ttl / 2:g} s), or whoever asks for the record gives up before it "
                     f"is handed over; not {notice:g}")
    return found


def _address(server: Mapping[str, Any]) -> tuple[str, int] | None:
    return (server["host"].lower(), int(server.get("port") or 3306)) if server.get("host") else None


def _text(path: str, value: Any) -> list[str]:
    if not isinstance(value, str):
        return [f"{path}: must be a text, not {kind(value)}"]
    return [] if value == readable(value) else [f"{path}: {value!r} holds half a character"]


def _name(path: str, value: Any) -> list[str]:
    return _text(path, value) or ([f"{path}: {value!r} must have no / in it"] if "/" in value else [])


def _url(path: str, value: Any) -> list[str]:
    """A host that nobody knows yet is left out of it, and gives no answer: no reason for an agent to end."""
    if not isinstance(value, str):
        return _text(path, value)
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        whole = False
    return [] if whole else [f"{path}: {value!r} must be http://host/path or https://host/path"]


def _number(low: float, high: float = math.inf, whole: bool = False) -> Check:
    bounds = f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"

    def check(path: str, value: Any) -> list[str]:
        found = number(value)
        if found is None or not low <= found <= high or not math.isfinite(found) or (whole and not str(value).isdecimal()):
            return [f"{path}: must be a {'whole ' if whole else ''}number, {bounds}, not {shown(value)}"]
        return []
    return check


def _flag(path: str, value: Any) -> list[str]:
    return [] if isinstance(value, bool) else [f"{path}: must be true or false, not {kind(value)}"]


def _one_of(*known: str) -> Check:
    return lambda path, value: [] if value in known else [f"{path}: {value!r} is not one of {', '.join(known)}"]


def _list(each: Check) -> Check:
    def check(path: str, value: Any) -> list[str]:
        if not isinstance(value, list):
            return [f"{path}: must be a list, not {kind(value)}"]
        return [fault for at, one in enumerate(value) for fault in ([f"{path}[{at}]: missing"] if _empty(one) else each(f"{path}[{at}]", one))]
    return check


def _by_name(each: Check) -> Check:
    def check(path: str, value: Any) -> list[str]:
        if not isinstance(value, dict):
            return [f"{path}: must be an object, not {kind(value)}"]
        return [fault for name, one in value.items() for fault in ([f"{path}.{name}: missing"] if _empty(one) else each(f"{path}.{name}", one))]
    return check


def _part(needed: Mapping[str, Check], others: Mapping[str, Check], closed: bool = False) -> Check:
    """An object. `needed`: what must be there and not be empty; `closed`: nothing but what is named here may be there."""
    known = {name: (check, True) for name, check in needed.items()} | {name: (check, False) for name, check in others.items()}

    def check(path: str, value: Any) -> list[str]:
        if not isinstance(value, dict):
            return [f"{path}: must be an object, not {kind(value)}"]
        unknown = sorted(set(value) - set(known)) if closed else []
        return [*([f"{path}: unknown {', '.join(unknown)}; known are {', '.join(known)}"] if unknown else []), *_object(known, f"{path}.", value)]
    return check


def _peer(path: str, value: Any) -> list[str]:
    """A server, once it is known where it is."""
    server = _part(_SERVER, {**_STEERED, "replication_user": _text, "replication_password": _text})
    return [] if isinstance(value, dict) and _empty(value.get("host")) else server(path, value)


def _object(known: Mapping[str, tuple[Check, bool]], path: str, value: Mapping[str, Any]) -> list[str]:
    """What is empty counts as absent: templates leave it so where an inventory says nothing."""
    found: list[str] = []
    for name, (check, needed) in known.items():
        given = value.get(name)
        if not _empty(given):
            found += check(f"{path}{name}", given)
        elif needed:
            found.append(f"{path}{name}: missing")
    return found


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _day(path: str, value: Any) -> list[str]:
    if wrong := _text(path, value):
        return wrong
    try:
        date.fromisoformat(value)
    except ValueError:
        return [f"{path}: {value!r} must be a day like 2027-01-31"]
    return []


_PORT, _SECONDS = _number(1, 65535, whole=True), _number(0)
_CLIENT: dict[str, Check] = {"endpoint_url": _url, "access_key": _text, "secret_key": _text}
_SERVER: dict[str, Check] = {"host": _text, "user": _text, "password": _text}
_STEERED: dict[str, Check] = {"port": _PORT, "dialect": _one_of(*sorted(DIALECTS))}
_NEEDED = ("topology", "site", "primary", "etcd", "database", "edges", "listen")
_WHOLE: dict[str, Check] = {
    "topology": _text, "site": _name, "primary": _name, "host": _name,
    "etcd": _part({"endpoints": _list(_url)}, {"timeout_seconds": _number(0.001), "access": _part(
        {"ca": _text, "certificate": _text, "key": _text, "user": _text, "password": _text}, {"open": _flag}, closed=True)}),
    "database": _part(_SERVER, {**_STEERED, "schemas": _list(_text), "exclude": _list(_text)}),
    "edges": _by_name(_url),
    "listen": _part({"addresses": _list(_text), "port": _PORT}, {}),
    "application": _url,
    "latch": _part({"bucket": _text, "key": _text, "region": _text}, _CLIENT),
    "limits": _part({}, {"lag_seconds": _SECONDS, "takeovers": _number(0, whole=True), "compared_seconds": _SECONDS}, closed=True),
    "peer_database": _peer,
    "peer_agent": _url,
    "tunnels": _list(_part({"name": _text, "inside_address": _text, "customer_inside_address": _text}, {})),
    "capacity": _part({"group": _text, "wanted": _number(1, whole=True), "region": _text}, _CLIENT),
    "backups": _flag,
    "cloud_figures": _url,
    "release": _url,
    "doors": _list(_part({"name": _text, "host": _text}, {"port": _PORT})),
    "dates": _by_name(_day),
    "mode": _one_of(*actor.MODES),
    "state_directory": _text,
    **{name: _SECONDS for name in ("database_grace_seconds", "notice_seconds", "users_first_seconds")},
}


def filled(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same without what is empty, which counts as absent, and without another database of which nobody knows where it is."""
    kept = {name: filled(value) if isinstance(value, dict) else value for name, value in raw.items() if not _empty(value)}
    if "host" not in kept.get("peer_database", {"host": ""}):
        del kept["peer_database"]
    return kept


def limits(given: Mapping[str, Any]) -> Limits:
    """As a file without faults holds them."""
    kinds = {"lag_seconds": float, "takeovers": int, "compared_seconds": float}
    return Limits(**{name: kinds[name](value) for name, value in given.items()})
