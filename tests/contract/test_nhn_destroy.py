# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The NHN site by its roles, and playbooks/destroy.yml: afterwards the project holds what it held before, and nothing goes by mistake."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.nhn import bodies
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import KEY
from tests.contract.test_kubernetes_api import SERVICE
from tests.contract.test_nhn_kubernetes_role import Kubernetes

CONFIRM: dict[str, Any] = {"nhn_database_confirm": "tickets-db", "destroy_sites": ["nhn"]}
# Without nhn_host's own proof: there is no host to log in to, only its record.
BUILD = [("nhn_network", "main"), ("nhn_host", "port"), ("nhn_host", "server"), ("nhn_host", "routes"), ("nhn_storage", "main"),
         ("nhn_database", "main"), ("nhn_registry", "main"), ("nhn_kubernetes", "main")]
EVERY = ("vpcs", "subnets", "nat_gateways", "floating_ips", "servers", "keypairs", "containers", "s3_credentials", "registries",
         "rds_instances", "rds_security_groups", "clusters")
SECRETS = ("admin", "app", "agent", "replication", "sync", "watch")


class Site:
    """The lab's inventory with the emulator of a test in the place of the lab's."""

    def __init__(self, nhn: NhnCloud, folder: Path, name: str = "tickets", **more: Any) -> None:
        self.nhn, self.folder, self.name = nhn, folder, name
        folder.mkdir(exist_ok=True)
        self.settings: dict[str, Any] = {
            "nhn_auth": {**nhn.auth, "region": "KR1"}, "topology_name": name, "ssh_public_key": KEY,
            "nhn_storage_credentials_file": str(folder / "keys"),
            "aws_auth": {"region": "ap-northeast-2", "access_key": "CANARY-91", "secret_key": "CANARY-92", "endpoint_url": "http://127.0.0.1:9"},
            **{f"vault_db_{name}_password": f"CANARY-9{number}xyz" for number, name in enumerate(SECRETS, 3)},
            **{f"vault_vpn_psk_{end}": f"CANARY{end * 24}" for end in "ab"},
            "vault_app_session_key": "CANARY" + "k" * 32, "vault_db_backup_key": "AGE-SECRET-KEY-1CANARY",
            "nhn_network_nat_gateways": [{"name": f"{name}-nat", "subnet": "edge", "routing_tables": [f"{name}-private"]}],
            "nhn_network_routing_tables": [
                {"name": f"{name}-edge", "default": True, "internet_gateway": f"{name}-edge"},
                {"name": f"{name}-app", "internet_gateway": f"{name}-app", "subnets": ["app"]}, {"name": f"{name}-private"}], **more}

    def play(self, playbook: str, *arguments: str, fails: bool = False, **more: Any) -> str:
        """What ansible-playbook printed, its lines as one."""
        settings = self.folder / "settings.json"
        settings.write_text(json.dumps({**self.settings, **more}), encoding="utf-8")
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventories/lab", "-e", f"@{settings}", *arguments, playbook]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=400, env={**os.environ, "HOME": str(self.folder)})
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        assert "CANARY" not in done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def build(self, entries: Sequence[tuple[str, str]] = BUILD) -> None:
        """Every role of the site, in the order of site.yml."""
        playbook = self.folder / "build.json"
        tasks = [{"ansible.builtin.include_role": {"name": f"multicloud.dr.{role}", "tasks_from": entry}} for role, entry in entries]
        playbook.write_text(json.dumps([{"hosts": "nhn", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        self.play(str(playbook))


def inventory(nhn: NhnCloud) -> dict[str, list[str]]:
    """What the project holds, as the emulator counts it."""
    return requests.get(f"{nhn.url}/_lab/inventory", timeout=5).json()


@pytest.fixture
def site(nhn: NhnCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Site, Kubernetes]]:
    kubernetes = Kubernetes(nhn, monkeypatch)
    yield Site(nhn, tmp_path), kubernetes
    kubernetes.end()


@pytest.mark.whole
def test_what_the_project_holds_is_what_it_held_before(site: tuple[Site, Kubernetes]) -> None:
    the_site, kubernetes = site
    nhn = the_site.nhn
    before = inventory(nhn)
    the_site.build()
    kubernetes.post("/api/v1/namespaces/default/services", SERVICE)
    built = inventory(nhn)
    assert sum(map(len, built.values())) > sum(map(len, before.values())) + 30 and all(built[table] for table in EVERY)
    nhn.requests()

    # Nothing is gone when one part of it would be refused, nor in a check.
    assert "must be tickets-db" in the_site.play("playbooks/destroy.yml", fails=True, nhn_database_confirm="tickets")
    container = nhn.store.containers["tickets-backups"]
    bodies.place(container, "a", bodies.keep(nhn.store, io.BytesIO(b"backup")))
    told = the_site.play("playbooks/destroy.yml", fails=True, **CONFIRM)
    assert "It holds 1 objects, and none was touched. Remove the objects first" in told
    bodies.remove(container, "a")
    instance = next(iter(nhn.store.rds_instances.values()))
    instance["useDeletionProtection"] = True
    assert "protected from deletion and was not touched" in the_site.play("playbooks/destroy.yml", fails=True, **CONFIRM)
    instance["useDeletionProtection"] = False
    nhn.store.rds_instances["another"] = {**instance, "dbInstanceId": "another", "dbInstanceName": "another"}
    assert "another has the parameter group" in the_site.play("playbooks/destroy.yml", fails=True, **CONFIRM)
    del nhn.store.rds_instances["another"]
    # What goes last is refused first: the host's address, what others have in the VPC.
    [address] = [each for each in nhn.store.floating_ips.values() if each["label"] == "tickets-management"]
    address["delete_protection"] = True
    assert "protected from deletion and was not touched" in the_site.play("playbooks/destroy.yml", fails=True, **CONFIRM)
    address["delete_protection"] = False
    subnet = next(iter(nhn.store.subnets.values()))
    nhn.store.subnets["theirs"] = {**subnet, "id": "theirs", "name": "theirs"}
    assert "not of nhn_network_subnets (theirs)" in the_site.play("playbooks/destroy.yml", fails=True, **CONFIRM)
    del nhn.store.subnets["theirs"]
    the_site.play("playbooks/destroy.yml", "--check", **CONFIRM)
    assert nhn.take_writes() == [] and inventory(nhn) == built

    told = the_site.play("playbooks/destroy.yml", **CONFIRM)
    assert "NHN, keys for S3 clients: none." in told
    assert "AWS: snapshots" not in told and told.count("skipping: no hosts matched") == 3
    assert inventory(nhn) == before and not (the_site.folder / "keys").exists()
    nhn.requests()
    assert "changed=0" in the_site.play("playbooks/destroy.yml", **CONFIRM)
    assert nhn.take_writes() == []
