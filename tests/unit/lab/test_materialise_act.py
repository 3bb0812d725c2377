# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever brings a host, a database or a load balancer about, or changes it, puts its security groups into force."""

from __future__ import annotations

from typing import Any

import pytest

from lab.materialise import act
from lab.materialise.filtering import ruleset
from lab.materialise.plan import Action, Verb
from lab.materialise.specs import Database, Filter, Host, LoadBalancer, Router, Rule, Spec

FILTER = Filter((Rule("ingress", ("10.0.0.0/8",), 6, 22, 22),))
HOST = Host("h", "nhn", "i", "n", "192.168.0.10", "192.168.0.1", "h", "debian", "", filter=FILTER)
DATABASE = Database("d", "nhn", "i", "n", "192.168.0.50", "192.168.0.1", 3306, "d", "admin", "", filter=FILTER)
BALANCER = LoadBalancer("b", "aws", "i", "n", "10.0.0.5", "198.51.100.220", "b", filter=FILTER)
ROUTER = Router("r", "nhn", "i", "n", "192.168.0.0/16", "192.168.0.1", "198.51.100.20")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is done, in its order; nothing is."""
    seen: list[Any] = []
    monkeypatch.setattr(act, "podman", lambda *argv, **_: seen.append(argv[0]) or "1")
    monkeypatch.setattr(act, "_create", lambda spec: seen.append("create"))
    monkeypatch.setattr(act, "_update", lambda spec: seen.append("update"))
    monkeypatch.setattr(act, "_inside", lambda name, command, stdin="": seen.append((name, stdin)))
    return seen


@pytest.mark.parametrize("spec", [HOST, DATABASE, BALANCER])
@pytest.mark.parametrize(("verb", "order"), [("create", ["create", "filter"]), ("start", ["start", "filter"]), ("update", ["filter", "update"])])
def test_the_filter_comes_as_soon_as_it_can(done: list[Any], spec: Spec, verb: Verb, order: list[str]) -> None:
    act.act(Action(verb, spec.name, spec))
    assert done == [(spec.name, ruleset(FILTER)) if step == "filter" else step for step in order]


def test_routers_have_none(done: list[Any]) -> None:
    act.act(Action("update", ROUTER.name, ROUTER))
    assert done == ["update"]


def test_a_port_without_port_security_loses_an_older_filter(done: list[Any]) -> None:
    free = Host(**{**vars(HOST), "filter": None})
    act.act(Action("update", free.name, free))
    assert done == [("h", ruleset(None)), "update"]
