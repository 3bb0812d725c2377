# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An agent's configuration: what is wrong with it is said all at once, each with its path, and before anything is begun."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import config as switch_config
from ansible_collections.multicloud.dr.plugins.module_utils.switch import daemon
from ansible_collections.multicloud.dr.plugins.module_utils.switch.apart import Apart
from ansible_collections.multicloud.dr.plugins.module_utils.switch.assembly import make_switch
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import BadConfig, Config, read_config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import NotLooked
from ansible_collections.multicloud.dr.plugins.module_utils.switch.parts import (
    make_backups,
    make_capacity,
    make_latch,
    make_link,
    make_members,
    make_store,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.priming import make_priming
from ansible_collections.multicloud.dr.plugins.module_utils.switch.provisions import Provisions

GOOD: dict[str, Any] = {
    "topology": "tickets", "site": "aws", "primary": "nhn", "etcd": {"endpoints": ["https://127.0.0.1:2379"]},
    "database": {"host": "db", "user": "dr_agent", "password": "x"}, "edges": {"aws": "http://edge/edgez", "nhn": "http://edge.nhn/edgez"},
    "listen": {"addresses": ["127.0.0.1"], "port": 8008}}


def config(tmp_path: Path, **more: Any) -> Config:
    path = tmp_path / "agent.json"
    path.write_text(json.dumps({**GOOD, "state_directory": str(tmp_path), **more}))
    return read_config(path)


def test_every_fault_at_once_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as said:
        config(tmp_path, mode="sometimes", timing={"renew": 5}, tunnels=[{"name": "a", "inside_address": "169.254.11.1"}],
               capacity={"group": "app", "region": "ap-northeast-2"}, listen={"port": 8008})
    for fault in ("mode: 'sometimes' is not one of", "timing.renew: 5 s must be at most a quarter of timing.ttl (10 s).",
                  "tunnels[0].customer_inside_address: missing", "capacity.wanted: missing", "listen.addresses: missing"):
        assert fault in str(said.value)
    assert len(str(said.value).splitlines()) == 5


def test_each_host_keeps_its_journal_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are all called the same; the inventory has a name for each. Whichever it is, each line says which machine wrote it."""
    monkeypatch.setattr("platform.node", lambda: "ubuntu")
    (tmp_path / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    monkeypatch.setattr(switch_config, "MACHINE", str(tmp_path / "machine-id"))
    for host, node in (("standby2", "aws.standby2"), ("", "aws.ubuntu")):
        mirror = config(tmp_path, host=host).journal()._mirror
        assert mirror and mirror._node == node and re.fullmatch("[0-9a-f]{12}", mirror.machine) and "0123456789ab" not in mirror.machine
    (tmp_path / "machine-id").unlink()
    mirror = config(tmp_path).journal()._mirror
    assert mirror and mirror.machine == ""
    with pytest.raises(BadConfig, match=r"host: 'a/b' must have no / in it"):
        config(tmp_path, host="a/b")


WHOLE: dict[str, Any] = {
    **GOOD, "mode": "managed", "host": "standby", "timing": {"profile": "fast", "ttl": 6.0},
    "limits": {"lag_seconds": 30.0, "takeovers": 3, "compared_seconds": 604800.0},
    "etcd": {"endpoints": ["https://127.0.0.1:1"], "timeout_seconds": 1.0, "access": {
        "ca": "/x/ca.pem", "certificate": "/x/c.pem", "key": "/x/k.pem", "user": "agent", "password": "x"}},
    "database": {"host": "127.0.0.1", "port": 1, "user": "a", "password": "x", "dialect": "plain", "schemas": ["app"], "exclude": ["app.t"]},
    "peer_database": {"host": "127.0.0.1", "port": 2, "user": "a", "password": "x", "dialect": "aws_rds", "replication_user": "r",
                      "replication_password": "x"},
    "peer_agent": "http://127.0.0.1:1", "tunnels": [{"name": "a", "inside_address": "169.254.11.1", "customer_inside_address": "169.254.11.2"}],
    "application": "http://127.0.0.1:1/readyz", "backups": True, "notice_seconds": 0.75, "database_grace_seconds": 30, "users_first_seconds": 60,
    "latch": {"bucket": "b", "key": "k", "region": "r", "endpoint_url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "s"},
    "capacity": {"group": "g", "wanted": 3, "region": "r"}, "cloud_figures": "http://127.0.0.1:1/metrics", "release": "http://127.0.0.1:1/release",
    "doors": [{"name": "tickets.example.com", "host": "127.0.0.1", "port": 1}], "dates": {"password": "2031-02-03"}}
WRONG = (7, -1, 0, True, "x", "\ud800", 10**400, float("nan"), [[]], [{}], ["x"], {"x": 1}, {"\ud800": []}, [], {}, None, "")


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in it."""
    if way:
        yield way
    for at, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(one, (*way, at))


@pytest.mark.parametrize("way", list(places(WHOLE)), ids=lambda way: ".".join(map(str, way)))
def test_whatever_stands_there_the_answer_is_sentences_or_an_agent(tmp_path: Path, way: tuple[Any, ...]) -> None:
    for wrong in WRONG:
        given = copy.deepcopy(WHOLE)
        part = given
        for step in way[:-1]:
            part = part[step]
        part[way[-1]] = wrong
        try:
            read = config(tmp_path, **given)
        except BadConfig as error:
            print(error)        # it can be written
            path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)[1:]
            named = re.findall(r"agent\.json: ([\w.\[\]?]+):", str(error))
            assert named and all(each.startswith(way[0]) for each in named), (path, wrong, str(error))
            continue
        assert read.limits.takeovers >= 0 and int(read.raw["listen"]["port"])
        for part_of in (make_capacity, make_backups, make_link, make_members, make_latch, make_store):
            part_of(read)
        make_priming(read, print)
        Provisions(read.raw, tmp_path / "none", tmp_path / "none").look()


@pytest.mark.parametrize(("timing", "said"), [
    ("fast", 'timing: \'fast\' is the name of a profile; write {"profile": "fast"}.'), ("quick", "timing: must be an object, such as"),
    ({"profile": ["fast"]}, "timing.profile: ['fast'] is not one of default, fast."),
    ({"ttl": []}, "timing.ttl: must be a number of seconds, not a list."), ({"ttl": True}, "timing.ttl: must be a number of seconds, not True."),
    ({"ttl": 10**400}, "timing.ttl: must be a number of seconds, not a number.")])
def test_a_timing_of_another_kind_is_told_in_a_sentence(tmp_path: Path, timing: Any, said: str) -> None:
    with pytest.raises(BadConfig) as told:
        config(tmp_path, timing=timing, limits={"lag": 3})
    assert said in str(told.value) and "limits: unknown lag; known are lag_seconds, takeovers, compared_seconds" in str(told.value)


@pytest.mark.parametrize(("given", "said"), [
    ({"max_lag": 3, "tunnel": []}, ["max_lag: unknown; known are application, backups,", "tunnel: unknown; known are"]),
    ({"\ud800": 1}, ["?: unknown"]),
    ({"site": "AWS"}, ["site: 'AWS' has no edge in edges (aws, nhn)"]), ({"primary": "NHN"}, ["primary: 'NHN' has no edge in edges (aws, nhn)"]),
    ({"peer_database": {"host": "DB", "port": "3306", "user": "u", "password": "p"}}, ["peer_database: db port 3306 is the database of aws itself"]),
    ({"notice_seconds": 100000}, ["notice_seconds: must be at most half of timing.ttl (5 s)"]),
    ({"notice_seconds": "3", "timing": {"profile": "fast"}}, ["notice_seconds: must be at most half of timing.ttl (2.5 s)"])])
def test_what_nobody_knows_or_does_not_fit_is_told(tmp_path: Path, given: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(BadConfig) as told:
        config(tmp_path, **given)
    assert len(str(told.value).splitlines()) == len(said) and all(each in str(told.value) for each in said), told.value
    assert config(tmp_path, notice_seconds=5).raw["notice_seconds"] == 5
    assert config(tmp_path, peer_database={"host": "db", "port": 3307, "user": "u", "password": "p"}).raw["peer_database"]["port"] == 3307


def test_numbers_may_be_text_as_templates_leave_them(tmp_path: Path) -> None:
    read = config(tmp_path, timing={"ttl": "12"}, limits={"lag_seconds": "5", "takeovers": "2"}, listen={"addresses": ["::"], "port": "8008"})
    assert (read.timing.ttl, read.limits.lag_seconds, read.limits.takeovers) == (12.0, 5.0, 2)


def test_what_lies_at_the_other_site_need_not_be_known_yet(tmp_path: Path) -> None:
    read = config(tmp_path, peer_database={**WHOLE["peer_database"], "host": ""}, edges=dict.fromkeys(("aws", "nhn"), "http:///edgez"),
                  application="", peer_agent="http://:8008")
    assert "peer_database" not in read.raw and make_priming(read, print)


def test_an_agent_says_what_is_wrong_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "agent.json").write_text(json.dumps({**GOOD, "timing": "fast", "database_grace_seconds": "x", "site": "\ud800"}))
    assert daemon.main([str(tmp_path / "agent.json")]) == 1
    assert capsys.readouterr().err.count("agent.json: ") == 3


def test_what_nobody_has_named_is_not_there(tmp_path: Path) -> None:
    bare = config(tmp_path, capacity={}, tunnels=[], backups=False, peer_agent="")
    assert make_capacity(bare) is None and make_backups(bare) is None
    assert isinstance(make_link(bare)(), NotLooked)
    whole = config(tmp_path, capacity={"group": "app", "wanted": "3", "region": "ap-northeast-2"}, backups=True)
    capacity, backups = make_capacity(whole), make_backups(whole)
    assert capacity is not None and capacity.wanted == 3 and str(capacity) == "Auto Scaling group app"
    assert backups is not None and backups.asked() is None


def test_who_lives_on_asks_a_cloud_in_a_process_of_its_own(tmp_path: Path) -> None:
    """What is imported stays: boto3 is half of what an agent may weigh."""
    whole = config(tmp_path, capacity={"group": "app", "wanted": 3, "region": "ap-northeast-2"},
                   latch={"bucket": "b", "key": "k", "region": "ap-northeast-2"})
    switch, agents = make_switch(whole), make_switch(whole, lasting=True)
    assert not isinstance(switch.latch, Apart) and not isinstance(switch.capacity, Apart)
    assert isinstance(agents.latch, Apart) and isinstance(agents.capacity, Apart) and agents.capacity.wanted == 3
