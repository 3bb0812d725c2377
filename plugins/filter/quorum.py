# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that judge three quorum members: their plan, their etcd, and the ways between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.quorum import forward, plan

DOCUMENTATION = """
name: quorum_faults
short_description: Every reason why three quorum members cannot keep the record
version_added: 0.1.0
description:
  - Looks at the plan only, and returns a sentence for each fault, with its path.
  - Beside it, C(quorum_client_faults) does the same for the networks of those who may ask; C(quorum_warnings) returns what works and is no good, such
    as a third place inside one of the two clouds; C(quorum_page_faults) judges the addresses that a page's certificate names. C(quorum_too_old) takes
    what C(etcd --version) says and returns why that etcd may not keep the record, or nothing; C(quorum_detours) takes what C(ip) says of the ways to
    the other members and returns those that lead through a tunnel; C(quorum_takeover) returns for how long nobody may have renewed a record that is
    put forward, the longest of the given one, of the agents' timing and of what the record said in the hosts' snapshots; C(quorum_epoch) returns the
    highest epoch that the texts of a host's memory tell of.
options:
  _input:
    description: The members, with C(name), C(address) and C(site).
    type: list
    elements: dict
    required: true
  site_cidrs:
    description: Ranges that only the VPN leads to.
    type: list
    elements: str
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: (quorum_members | multicloud.dr.quorum_faults(['10.0.0.0/16', '192.168.0.0/16'])) == []
"""

RETURN = """
_value:
  description: Sentences; empty when the members can keep the record.
  type: list
  elements: str
"""


def quorum_faults(members: Sequence[Mapping[str, Any]], site_cidrs: Sequence[str]) -> list[str]:
    """Every fault of the plan, as "path: what is wrong"."""
    return plan.faults([dict(member) for member in members], site_cidrs if isinstance(site_cidrs, str) else list(site_cidrs))


def quorum_client_faults(cidrs: Sequence[Any]) -> list[str]:
    """Likewise, of those who may ask."""
    return plan.client_faults(cidrs if isinstance(cidrs, str) else list(cidrs))


def quorum_page_faults(addresses: Sequence[Any]) -> list[str]:
    """Likewise, of the addresses at which people see a page by TLS."""
    return plan.page_faults(addresses if isinstance(addresses, str) else list(addresses))


def quorum_warnings(members: Sequence[Mapping[str, Any]]) -> list[str]:
    """What works and is no good."""
    return plan.warnings([dict(member) for member in members])


def quorum_too_old(said: str) -> str:
    """Why this etcd may not keep the record, empty when it may. said: the output of `etcd --version`."""
    return plan.too_old(said.partition("etcd Version:")[2].split("\n")[0].strip() or said.strip()) or ""


def quorum_detours(ways: Sequence[Mapping[str, Any]], links: str) -> list[str]:
    """Ways that lead through a tunnel, as sentences. ways: [{item: {name, address}, stdout}], the latter of `ip -json route get ADDRESS`;
    links: what `ip -json -details link show` says.
    """
    kinds = {link["ifname"]: str((link.get("linkinfo") or {}).get("info_kind", "")) for link in json.loads(links)}
    found = []
    for way in ways:
        device = str(json.loads(way["stdout"])[0].get("dev", ""))
        found.append(plan.crosses_vpn(str(way["item"]["name"]), str(way["item"]["address"]), device, kinds.get(device, "")))
    return [said for said in found if said]


def quorum_takeover(option: Any, agents: Mapping[str, str], notes: Mapping[str, str]) -> dict[str, Any]:
    """{seconds, wrong}: see forward.longest."""
    seconds, wrong = forward.longest(option, agents.items(), notes.items())
    return {"seconds": seconds, "wrong": wrong}


def quorum_epoch(texts: Iterable[str]) -> int:
    """See forward.remembered."""
    return forward.remembered(list(texts))


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"quorum_faults": quorum_faults, "quorum_client_faults": quorum_client_faults, "quorum_warnings": quorum_warnings,
                "quorum_page_faults": quorum_page_faults,
                "quorum_too_old": quorum_too_old, "quorum_detours": quorum_detours, "quorum_takeover": quorum_takeover,
                "quorum_epoch": quorum_epoch}
