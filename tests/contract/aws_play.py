# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles of the AWS site against the control plane of a test: run one, and see what crossed the wire."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import world
from tests.contract.aws_cloud import KEYS, AwsCloud

SUBNETS = [{"name": f"{kind}-{zone}", "cidr": f"10.0.{third}.0/24", "zone": f"ap-northeast-2{zone}", "public": kind == "public"}
           for kind, zone, third in (("public", "a", 0), ("public", "c", 1), ("private", "a", 10), ("private", "c", 11))]
ANY: dict[str, Any] = {"proto": "tcp", "ports": [443], "cidr_ip": ["0.0.0.0/0"], "rule_desc": "users"}
GROUPS: list[dict[str, Any]] = [
    {"name": "tickets-balancer", "description": "Load balancer", "rules": [ANY]},
    {"name": "tickets-standby", "description": "Standby host", "rules": [
        {"proto": "tcp", "ports": [80], "group_name": ["tickets-balancer"], "rule_desc": "users, by the load balancer"},
        {"proto": "-1", "cidr_ip": ["192.168.0.0/16"], "rule_desc": "the other site"}]},
    {"name": "tickets-app", "description": "Application", "rules": [
        {"proto": "tcp", "ports": [8000, 22], "group_name": ["tickets-standby"], "rule_desc": "edge"}]},
    {"name": "tickets-db", "description": "Database", "rules": [
        {"proto": "tcp", "ports": [3306], "group_name": ["tickets-app", "tickets-standby"], "rule_desc": "MySQL"},
        {"proto": "tcp", "ports": [3306], "cidr_ip": ["192.168.0.0/16"], "rule_desc": "the other site"}]},
]
NETWORK: dict[str, Any] = {
    "aws_network_name": "tickets", "aws_network_cidr": "10.0.0.0/16", "aws_network_subnets": SUBNETS, "aws_network_nat_gateways": ["public-a"],
    "aws_network_security_groups": GROUPS, "aws_network_tags": {"service": "tickets"}}


class Play:
    """Runs entry points of roles on this machine, and says what ansible-playbook printed."""

    def __init__(self, aws: AwsCloud, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        self.auth = {"region": world.AWS_REGION, "access_key": KEYS["aws_access_key_id"], "secret_key": KEYS["aws_secret_access_key"],
                     "endpoint_url": aws.url}

    def __call__(self, role: str, entry: str = "main", *, fails: bool = False, check: bool = False, **variables: Any) -> str:
        """One entry point of one role; its lines as one. fails: whether it must not succeed; check: in check mode."""
        return self.several([(role, entry)], fails=fails, check=check, **variables)

    def several(self, entries: Sequence[tuple[str, str]], *, fails: bool = False, check: bool = False, **variables: Any) -> str:
        """Several entry points in one play, as site.yml has them."""
        play_file = self.folder / "play.json"
        tasks = [{"ansible.builtin.include_role": {"name": f"multicloud.dr.{role}", "tasks_from": entry}} for role, entry in entries]
        play_file.write_text(json.dumps([{
            "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks,
            "module_defaults": {"group/multicloud.dr.aws": self.auth},
            "vars": {**variables, "ansible_python_interpreter": sys.executable}}]), encoding="utf-8")
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(play_file), *(["--check"] if check else [])],
            check=False, capture_output=True, text=True, timeout=900, env={**os.environ, "HOME": str(self.folder)})
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())
