# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From where the Kubernetes API of a cluster may be reached, as the option says it and as the service does. Pure: only data goes in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .spelling import network as plain

MOST = 100          # targets in one list, says the service's guide
ALL_BUT = "everything but "


def faults(allowed: Iterable[str] | None) -> list[str]:
    """Each thing that cannot be, with its path."""
    said = list(allowed or ())
    wrong = [f"api_allowed_cidrs: {len(said)} are more than the {MOST} that the service takes"] if len(said) > MOST else []
    for number, text in enumerate(said):
        try:
            plain(text)
        except ValueError:
            wrong.append(f"api_allowed_cidrs[{number}]: {text!r} is no IPv4 address or range")
    return wrong


def shape(told: Mapping[str, Any], own: str, wanted: Iterable[str]) -> list[str]:
    """From the API: the ranges that may reach it, [] when all may. own: range of the cluster's subnet, which the service adds by itself and which
    is therefore told only where it is wanted."""
    if str(told.get("enable")).lower() != "true":
        return []
    targets = [plain(str(each["cidr_address"])) for each in told.get("ipacl_targets") or ()]
    if told.get("action") != "ALLOW":
        return [ALL_BUT + target for target in targets]
    return [target for target in targets if not own or target != plain(own) or target in {plain(each) for each in wanted}]


def same(have: Iterable[str] | None, want: Iterable[str]) -> bool:
    """Equal as sets, whatever the spelling."""
    return set(have or ()) == {plain(each) for each in want}


def body(wanted: Iterable[str]) -> dict[str, Any]:
    """The whole list, as each call replaces it; none switches the list off."""
    ranges = [plain(each) for each in wanted]
    if not ranges:
        return {"enable": "False"}
    return {"enable": "True", "action": "ALLOW", "ipacl_targets": [{"cidr_address": each} for each in ranges]}
