# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles of the NHN site against the emulator alone: built, built again without a write, snapshots rotated, removed in reverse order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud

PREFIX = "one"
NETWORK: dict[str, Any] = {
    "nhn_network_vpc": {"name": f"{PREFIX}-vpc", "cidr": "192.168.0.0/16"},
    "nhn_network_subnets": [{"name": "edge", "cidr": "192.168.0.0/24"}, {"name": "app", "cidr": "192.168.10.0/24"}],
    "nhn_network_internet_gateways": [f"{PREFIX}-edge"],
    "nhn_network_routing_tables": [{"name": "edge", "default": True, "internet_gateway": f"{PREFIX}-edge"}, {"name": "app", "subnets": ["app"]}],
    "nhn_network_nat_gateways": [{"name": f"{PREFIX}-nat", "subnet": "edge", "routing_tables": ["app"]}],
}


def play(nhn: NhnCloud, folder: Path, role: str, entry: str = "main", fails: bool = False, check: bool = False, **variables: Any) -> str:
    """Run one entry point of a role on this machine; what ansible-playbook printed. fails: whether it must not succeed; check: in check mode."""
    play_file = folder / "play.json"
    tasks = [{"ansible.builtin.include_role": {"name": f"multicloud.dr.{role}", "tasks_from": entry}}]
    play_file.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks,
                                      "vars": {**variables, f"{role}_auth": nhn.auth, "ansible_python_interpreter": sys.executable}}]),
                         encoding="utf-8")
    done = subprocess.run([str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(play_file),
                           *(["--check"] if check else [])], check=False, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "HOME": str(folder)})
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.whole
def test_the_network_is_foretold_built_built_again_and_removed(nhn: NhnCloud, tmp_path: Path) -> None:
    play(nhn, tmp_path, "nhn_network", check=True, **NETWORK)
    assert nhn.take_writes() == []
    play(nhn, tmp_path, "nhn_network", **NETWORK)
    assert len(nhn.store.nat_gateways) == 1
    way_out = next(route for route in nhn.store.routes.values() if route["cidr"] == "0.0.0.0/0" and not route.get("gateway_id"))
    assert way_out["gateway"] == next(iter(nhn.store.nat_gateways.values()))["fixed_ip"]
    nhn.requests()
    play(nhn, tmp_path, "nhn_network", **NETWORK)
    assert nhn.take_writes() == []
    play(nhn, tmp_path, "nhn_network", "destroy", **NETWORK)
    assert not any((nhn.store.vpcs, nhn.store.subnets, nhn.store.nat_gateways, nhn.store.floating_ips, nhn.store.internet_gateways, nhn.store.ports))
    nhn.requests()
    play(nhn, tmp_path, "nhn_network", "destroy", **NETWORK)
    assert nhn.take_writes() == []


@pytest.mark.long
def test_snapshots_rotate_and_a_second_run_takes_none(nhn: NhnCloud, tmp_path: Path) -> None:
    nhn.make("volume", name="data", size_gb=10)
    nhn.make("volume_snapshot", name="data-by-hand", volume="data")
    for stamp in ("20260301", "20260302", "20260303", "20260303"):
        nhn.requests()
        play(nhn, tmp_path, "nhn_storage", "snapshot", nhn_storage_volumes=[{"name": "data", "keep": 2}], nhn_storage_stamp=stamp)
    assert nhn.take_writes() == []
    assert sorted(snapshot["name"] for snapshot in nhn.store.snapshots.values()) == ["data-20260302", "data-20260303", "data-by-hand"]


@pytest.mark.long
def test_storage_has_its_container_and_keys_and_gives_both_back(nhn: NhnCloud, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    storage: dict[str, Any] = {"nhn_storage_container": "tickets-backups", "nhn_storage_credentials_file": str(keys)}
    play(nhn, tmp_path, "nhn_storage", **storage)
    assert "tickets-backups" in nhn.store.containers and next(iter(nhn.store.s3_credentials)) in keys.read_text()
    nhn.requests()
    play(nhn, tmp_path, "nhn_storage", **storage)
    assert nhn.take_writes() == []
    play(nhn, tmp_path, "nhn_storage", "destroy", **storage)
    assert not keys.exists() and not nhn.store.s3_credentials and "tickets-backups" not in nhn.store.containers


@pytest.mark.long
def test_the_registry_is_built_built_again_and_removed(nhn: NhnCloud, tmp_path: Path) -> None:
    registry: dict[str, Any] = {"nhn_registry_name": PREFIX, "nhn_registry_cve_allowlist": ["CVE-2011-3374"]}
    play(nhn, tmp_path, "nhn_registry", **registry)
    nhn.requests()
    play(nhn, tmp_path, "nhn_registry", **registry)
    assert nhn.take_writes() == [] and [made["name"] for made in nhn.store.registries.values()] == [PREFIX]
    play(nhn, tmp_path, "nhn_registry", "destroy", **registry)
    assert not nhn.store.registries
