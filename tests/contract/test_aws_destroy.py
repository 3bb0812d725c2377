# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The AWS site by its roles, and playbooks/destroy.yml: afterwards the account holds what it held before, and nothing goes by mistake."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import world
from lab.journal import entries
from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.aws_inventory import inventory
from tests.contract.aws_live import certificate, made_real
from tests.contract.iam import allows, needed
from tests.contract.nhn_walk import KEY

ROLES = ("aws_network", "aws_storage", "aws_access", "aws_host", "aws_vpn", "aws_database", "aws_web", "aws_waf", "dns_failover")
BUILDER = Path(__file__).parents[2] / "roles" / "aws_access" / "files"
CONFIRM: dict[str, Any] = {"aws_database_confirm": "tickets-db", "aws_database_deletion_protection": False, "dns_failover_confirm_zone": "lab.test"}
SECRETS = ("admin", "app", "agent", "replication", "sync", "watch")


class Site:
    """The lab's inventory with the control plane of a test in the place of the lab's."""

    def __init__(self, aws: AwsCloud, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        self.needed: set[tuple[str, str]] = set()       # what playbooks asked of IAM
        auth = {"region": world.AWS_REGION, "access_key": KEYS["aws_access_key_id"], "secret_key": KEYS["aws_secret_access_key"],
                "endpoint_url": aws.url}
        nhn = {name: "x" for name in ("tenant_id", "object_tenant_id", "username", "password", "appkey", "access_key_id", "access_key_secret")}
        self.settings: dict[str, Any] = {
            "aws_auth": auth, "nhn_auth": {**nhn, "region": "KR1", "identity_url": "http://127.0.0.1:9/v2.0"}, "ssh_public_key": KEY,
            "world": {"nhn": {"host": {"public": "198.51.100.100"}, "database": None},
                      "aws": {"host": None, "database": {"host": "db.lab", "port": 3306}, "load_balancer": None, "inner_balancer": None,
                              "applications": [], "vpn": None}},
            "latch_url": "http://198.51.100.4/tickets-latch/active/aws",        # Route 53's checkers reach no address of this machine's own
            "app_image": "ticketing:1", "app_image_by_digest": "ticketing@sha256:" + "a" * 64, "destroy_sites": ["aws"],
            **{f"vault_db_{name}_password": f"CANARY-8{number}xyz" for number, name in enumerate(SECRETS, 3)},
            **{f"vault_vpn_psk_{end}": f"CANARY{end * 24}" for end in "ab"},
            "vault_app_session_key": "CANARY" + "k" * 32, "vault_db_backup_key": "AGE-SECRET-KEY-1CANARY"}

    def play(self, playbook: str, *arguments: str, fails: bool = False, **more: Any) -> str:
        """What ansible-playbook printed, its lines as one."""
        settings = self.folder / "settings.json"
        settings.write_text(json.dumps({**self.settings, **more}), encoding="utf-8")
        before = len(list(entries(self.aws.journal)))
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventories/lab", "-e", f"@{settings}", *arguments, playbook],
            check=False, capture_output=True, text=True, timeout=900, env={**os.environ, "HOME": str(self.folder)})
        self.needed |= needed(list(entries(self.aws.journal))[before:])
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        assert "CANARY" not in done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def build(self) -> str:
        """Every role of the site, in the order of site.yml."""
        playbook = self.folder / "build.json"
        playbook.write_text(json.dumps([{
            "hosts": "aws", "gather_facts": False, "module_defaults": {"group/multicloud.dr.aws": "{{ aws_auth }}"},
            "tasks": [{"ansible.builtin.include_role": {"name": f"multicloud.dr.{role}"}} for role in ROLES]}]), encoding="utf-8")
        return self.play(str(playbook))


@pytest.mark.whole
def test_what_the_account_holds_is_what_it_held_before(tmp_path: Path) -> None:
    with AwsCloud() as aws, made_real(aws):
        site, s3 = Site(aws, tmp_path), aws.client("s3")
        certificate(aws, "tickets.lab.test")
        before = inventory(aws.client)
        site.build()
        built = inventory(aws.client)
        assert sum(map(len, built.values())) > sum(map(len, before.values())) + 30
        for kind in ("vpcs", "subnets", "route_tables", "internet_gateways", "vpn_gateways", "customer_gateways", "vpn_connections", "nat_gateways",
                     "vpc_endpoints", "addresses", "security_groups", "instances", "key_pairs", "databases", "database_subnet_groups",
                     "database_parameter_groups",
                     "roles", "instance_profiles", "policies", "users", "load_balancers", "target_groups", "launch_templates", "scaling_groups",
                     "scaling_policies", "repositories", "parameters", "web_acls", "ip_sets", "log_groups", "zones", "health_checks", "buckets"):
            assert len(built[kind]) > len(before.get(kind, ())), kind
        aws.take_writes()
        assert "changed=0" in site.build()
        assert aws.take_writes() == []

        # Nothing is gone when one part of it would be refused, nor in a check.
        assert "aws_database_confirm: must be tickets-db" in site.play("playbooks/destroy.yml", fails=True)
        told = site.play("playbooks/destroy.yml", fails=True, aws_database_confirm="tickets-db")
        assert "tickets-db is protected from deletion and was not touched" in told
        s3.put_object(Bucket="tickets-backups", Key="a", Body=b"backup")
        aws.take_writes()
        assert "tickets-backups holds 1 objects, and none was touched" in site.play("playbooks/destroy.yml", fails=True, **CONFIRM)
        site.play("playbooks/destroy.yml", "--check", **CONFIRM, aws_storage_confirm="tickets-backups")
        assert aws.take_writes() == [] and inventory(aws.client) == built
        s3.delete_object(Bucket="tickets-backups", Key="a")         # of which a version is left
        aws.client("iam").create_access_key(UserName="tickets-backup")      # as the threat model asks of the owner

        site.play("playbooks/destroy.yml", **CONFIRM)
        assert inventory(aws.client) == before
        aws.take_writes()
        assert re.search(r"aws : ok=\d+ changed=0 ", site.play("playbooks/destroy.yml", **CONFIRM))
        assert set(aws.take_writes()) <= {"rds:DeleteDBSubnetGroup"}        # which the module asks for without having looked

        # All of that was within what whoever builds may do; about whose things, and that it is no more, says tests/house/test_builder_policies.py.
        builder = {"Statement": [statement for file in BUILDER.glob("builder*.json") for statement in json.loads(file.read_text())["Statement"]]}
        assert {need for need in site.needed if not allows(builder, *need)} == set()
