# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a member that lost its data comes back: its old self leaves the cluster, a new one is added, and only then it starts, empty.

A member that started under its old identity without its old log would vote a second time in an election it has voted in, and a record that
two members had agreed on could be lost. Therefore it is never told to begin a cluster that began long ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..switch.etcd_wire import Etcd
from ..switch.record import Unanswered

Action = Literal["none", "join", "replace", "move"]


@dataclass(frozen=True)
class Listed:
    """A member as the cluster lists it. name: empty until it first started."""

    id: str
    name: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """What is to be done for one host. remove: ids of members that leave; moved: id of the one whose address changed."""

    action: Action
    because: str
    remove: tuple[str, ...] = ()
    moved: str = ""


def plan(members: Sequence[Listed], name: str, url: str, *, has_data: bool, foreign: bool, damaged: str = "") -> Step:
    """members: as the cluster that decides lists them. has_data: etcd's data is on this host's disk; foreign: it belongs to another cluster;
    damaged: why no member can go on with it.
    """
    mine = [member for member in members if member.name == name or url in member.urls]
    if has_data and not foreign and not damaged:
        moved = [member for member in mine if member.name == name and member.urls != (url,)]
        if moved:
            return Step("move", f"{name} is known at {', '.join(moved[0].urls)} and is at {url} now", moved=moved[0].id)
        return Step("none", "its data is here")
    remove = tuple(member.id for member in mine)
    if damaged:
        return Step("replace", f"the data on {name} is of no use: {damaged}", remove)
    if has_data:
        return Step("replace", f"the data on {name} is that of another cluster than the others keep", remove)
    return Step("join", f"{name} has no data, and the others keep the record", remove)


class Cluster:
    """The cluster that decides, asked and told as root."""

    def __init__(self, etcd: Etcd) -> None:
        self._etcd = etcd

    def members(self) -> list[Listed]:
        """Who belongs to it. Raises Unanswered when there is no quorum: the list alone any member would give, whatever it knows."""
        self._etcd.ask("/v3/kv/range", {"key": "AA=="})
        return [_listed(member) for member in self._etcd.ask("/v3/cluster/member/list", {}).get("members", [])]

    def identity(self) -> str:
        """The cluster's own."""
        return str(self._etcd.ask("/v3/maintenance/status", {})["header"]["cluster_id"])

    def remove(self, member: str) -> None:
        self._etcd.ask("/v3/cluster/member/remove", {"ID": member}, once=True)

    def add(self, url: str) -> list[Listed]:
        """Everybody, the new one among them."""
        answer = self._etcd.ask("/v3/cluster/member/add", {"peerURLs": [url]}, once=True)
        return [_listed(member) for member in answer["members"]]

    def move(self, member: str, url: str) -> None:
        self._etcd.ask("/v3/cluster/member/update", {"ID": member, "peerURLs": [url]}, once=True)


def foreign(others: Cluster, own: Cluster) -> bool:
    """Does the member here belong to another cluster than the others? One that does not answer is taken for theirs."""
    try:
        return own.identity() != others.identity()
    except Unanswered:
        return False


def initial_cluster(members: Sequence[Listed], name: str, url: str) -> str:
    """What a new member is told of everybody, itself included. One that is listed and never started has no name, so it cannot be told of."""
    return ",".join(f"{member.name or name}={peer}" for member in members for peer in member.urls if member.name or peer == url)


def _listed(member: Mapping[str, Any]) -> Listed:
    return Listed(str(member["ID"]), str(member.get("name", "")), tuple(member.get("peerURLs", ())))
