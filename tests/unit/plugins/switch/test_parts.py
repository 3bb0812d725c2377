# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An agent's configuration: what is wrong with it is said all at once, each with its path, and before anything is begun."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import BadConfig, Config, read_config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import NotLooked
from ansible_collections.multicloud.dr.plugins.module_utils.switch.parts import make_backups, make_capacity, make_link

GOOD: dict[str, Any] = {
    "topology": "tickets", "site": "aws", "primary": "nhn", "etcd": {"endpoints": ["https://127.0.0.1:2379"]},
    "database": {"host": "db", "user": "dr_agent", "password": "x"}, "edges": {"aws": "http://edge/edgez"},
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


def test_what_nobody_has_named_is_not_there(tmp_path: Path) -> None:
    bare = config(tmp_path, capacity={}, tunnels=[], backups=False, peer_agent="")
    assert make_capacity(bare) is None and make_backups(bare) is None
    assert isinstance(make_link(bare)(), NotLooked)
    whole = config(tmp_path, capacity={"group": "app", "wanted": "3", "region": "ap-northeast-2"}, backups=True)
    capacity, backups = make_capacity(whole), make_backups(whole)
    assert capacity is not None and capacity.wanted == 3 and str(capacity) == "Auto Scaling group app"
    assert backups is not None and backups.asked() is None
