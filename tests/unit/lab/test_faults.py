# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults: announced before they strike, announced until they are cured, and cuts that hit the right addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab import cuts, faults
from lab.world import FAULTS, MACHINE


class Podman:
    """Containers by name; notes every start and kill."""

    def __init__(self, path: Path, **kinds: str):
        self.path = path
        self.kinds = kinds
        self.state = dict.fromkeys(kinds, "running")
        self.calls: list[tuple[str, tuple[str, ...], bool]] = []

    def containers(self, **_: str) -> list[dict[str, Any]]:
        return [{"name": name, "state": self.state[name], "labels": {"mcdr.kind": kind}} for name, kind in self.kinds.items()]

    def podman(self, verb: str, *names: str, check: bool = True) -> str:
        self.calls.append((verb, names, "nhn" in json.loads(self.path.read_text())))
        self.state.update(dict.fromkeys(names, {"kill": "exited", "start": "running"}[verb]))
        return ""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(faults, "FAULTS", tmp_path / "faults.json")
    return tmp_path / "faults.json"


@pytest.fixture
def podman(path: Path, monkeypatch: pytest.MonkeyPatch) -> Podman:
    double = Podman(path, edge="host", db="mysql", gw="router", app="sibling", lb="lb")
    monkeypatch.setattr(faults, "podman", double.podman)
    monkeypatch.setattr(faults, "containers", double.containers)
    monkeypatch.setattr(faults, "wait_for_ssh", lambda name: None)
    return double


def test_a_site_dies_at_once_and_after_it_was_announced(podman: Podman) -> None:
    assert faults.break_(faults.find("nhn")) is True
    ((verb, names, announced),) = podman.calls
    assert (verb, set(names), announced) == ("kill", set(podman.kinds), True)


def test_a_site_comes_back_in_the_order_its_parts_need_each_other(podman: Podman) -> None:
    faults.break_(faults.find("nhn"))
    podman.calls.clear()
    assert faults.mend(faults.find("nhn")) is True
    assert [names for _, names, _ in podman.calls] == [("gw",), ("db",), ("edge",), ("lb",), ("app",)]
    assert all(announced for _, _, announced in podman.calls), "until all is back, the materialiser must keep its hands off"
    assert faults.in_force() == {}


def test_breaking_twice_keeps_the_first_moment(podman: Podman) -> None:
    faults.break_(faults.find("nhn"))
    since = faults.in_force()["nhn"]["since"]
    assert faults.break_(faults.find("nhn")) is False
    assert faults.in_force()["nhn"]["since"] == since


def test_a_site_that_will_not_die_is_named(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(podman, "podman", lambda *_, **__: "")
    monkeypatch.setattr(faults, "podman", podman.podman)
    monkeypatch.setattr(faults, "KILL_LIMIT", 0)
    with pytest.raises(faults.NotBroken, match="edge, db, gw"):
        faults.break_(faults.find("nhn"))


def test_mending_what_is_whole_does_nothing(podman: Podman, path: Path) -> None:
    assert faults.mend(faults.find("nhn")) is False
    assert podman.calls == [] and not path.exists()


def test_cuts_follow_the_faults_in_force(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applied: list[set[str]] = []
    monkeypatch.setattr(cuts, "apply", lambda now: applied.append(set(now)))
    faults.break_(faults.find("tunnel-a"))
    faults.break_(faults.find("tunnel_b"))
    faults.mend(faults.find("tunnel-a"))
    assert applied == [{"tunnel_a"}, {"tunnel_a", "tunnel_b"}, {"tunnel_b"}]


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(faults.UnknownFault, match="no fault `nnh`; there are: nhn, aws, third, nhn-control-plane"):
        faults.find("nnh")


def test_every_cut_is_a_fault_and_every_fault_one_sentence() -> None:
    assert set(cuts.CUTS) == {name for name, fault in faults.TABLE.items() if isinstance(fault, faults.CutFault)}
    assert all(fault.sentence.endswith(".") for fault in faults.TABLE.values())
    assert FAULTS.name == "faults.json"


def test_a_tunnel_is_cut_by_its_own_outside_addresses_in_both_directions() -> None:
    text = cuts.rules(["tunnel_a"])
    assert "198.51.100.200, 198.51.100.202" in text and "198.51.100.201" not in text
    assert text.count("counter drop") == 6           # two directions at each of three hooks
    assert "198.51.100.201, 198.51.100.203" in cuts.rules(["tunnel_b"])


def test_a_cut_of_one_way_lets_the_other_way_pass() -> None:
    text = cuts.rules(["nhn_to_third"])
    nhn, third = ", ".join(cuts.NHN), ", ".join(cuts.THIRD)
    assert text.count(f"ip saddr {{ {nhn} }} ip daddr {{ {third} }} counter drop") == 3         # at each of three hooks
    assert text.count("counter drop") == 3


def test_the_internet_of_a_site_includes_this_machine() -> None:
    assert MACHINE.startswith("198.51.100.") and "198.51.100.0/24" in cuts.CUTS["internet_from_nhn"].other
