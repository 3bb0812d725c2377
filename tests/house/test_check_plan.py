# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`site.yml` refuses a plan that cannot work before it speaks to anybody, and neither tags nor a limit leave that out.

The inventory's own addresses of the clouds are replaced by ones where nobody answers: a request would show as another error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9"
ACCOUNT = {"region": "KR1", "password": "canary-of-the-plan"}
PLAN = {
    "nhn_auth": {**ACCOUNT, "identity_url": NOBODY, "rds_url": NOBODY, "appkey": "{{ vault_of_nobody }}"},
    "aws_vpn_tunnels": [{"inside_cidr": "169.254.11.0/30", "psk": "{{ vault_of_somebody_else }}"},
                        {"inside_cidr": "169.254.12.0/30", "psk": "0canary"}],
    "topology_zone": "elsewhere.test", "aws_web_app_subnets": [], "aws_waf_countries": ["Korea"],
    "nhn_host_routes": [{"routing_table": "nowhere", "cidr": "10.0.0.0/16"}],
}


def run(*arguments: str, playbook: str = "site.yml", **plan: object) -> tuple[int, str]:
    """(exit code, everything said) of a playbook."""
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), playbook, "-vvv", "-e", json.dumps(plan), *arguments], cwd=ROOT, text=True,
        check=False, capture_output=True, timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    return done.returncode, done.stdout + done.stderr


def test_every_fault_is_told_at_once_undefined_ones_too_and_no_cloud_is_asked():
    code, said = run("--tags", "vpn_gatway", **PLAN)
    assert code != 0
    for fault in ("nhn_auth.appkey: 'vault_of_nobody' is undefined", "aws_vpn_tunnels[0].psk: 'vault_of_somebody_else' is undefined",
                  "aws_vpn_tunnels[1].psk: must be 8 to 64", "topology_domain: 'tickets.lab.test' does not lie in topology_zone 'elsewhere.test'",
                  "nhn_host_routes[0].routing_table: 'nowhere' is not", "aws_web_app_subnets: there are none",
                  "aws_waf_countries[0]: Korea is not", "--tags vpn_gatway: not known"):
        assert fault in said, said[-3000:]
    assert "Read both clouds" not in said and "canary" not in said


def test_the_inventory_as_it_is_can_work(tmp_path):
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    (tmp_path / "build" / "lab").mkdir(parents=True)
    names = re.findall(r"__vault\.(\w+)", (ROOT / "inventories/lab/group_vars/all/vault.yml").read_text())
    (tmp_path / "build" / "lab" / "secrets.yml").write_text(yaml.safe_dump({
        **{name: f"canary.{name}" for name in names}, "app_session_key": "canary." + "k" * 32, "db_backup_key": "AGE-SECRET-KEY-1canary.key"}))
    code, said = run("-i", str(tmp_path / "inventories" / "lab"), playbook="playbooks/check_plan.yml")
    assert code == 0 and "Find every fault in the plan" in said and "canary." not in said, said[-3000:]


@pytest.mark.long
def test_without_a_lab_the_reason_is_told_once_and_nothing_else(tmp_path):
    """The inventory as it is, moved to where no lab has ever been."""
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    code, said = run("-i", str(tmp_path / "inventories" / "lab"))
    faults = said.partition("msg:")[2]
    assert code != 0 and faults.count("The lab is not up") == 1, said[-3000:]
    assert "aws_vpn_tunnels[1].psk" in faults and "psk: is missing" not in said


def test_faults_of_the_sites_are_told_with_them_wherever_the_inventory_has_them():
    """Each of these once came to light at a cloud, after the other had been built."""
    sites = yaml.safe_load((ROOT / "inventories/lab/group_vars/all/topology.yml").read_text())["topology_sites"]
    sites["nhn"]["app_addresses"] = [sites["nhn"]["host_address"]]
    sites["nhn"]["subnets"].append({"name": "app", "cidr": "192.168.20.0/24"})
    sites["aws"]["subnets"][0]["public"] = "maybe"
    code, said = run(**PLAN, topology_sites=sites, operators_cidr="banana", aws_host_subnet="publik")
    assert code != 0
    for fault in ("topology_sites.nhn.app_addresses[0]: 192.168.0.10 is already used by host_address",
                  "topology_sites.nhn.subnets[2].name: 'app' is already used by subnets[1]",
                  "topology_sites.aws.subnets[0].public: 'maybe' must be true or false", "operators_cidr: 'banana' is not an IPv4 range",
                  "aws_host_subnet: 'publik' is not a name in topology_sites.aws.subnets", "aws_vpn_tunnels[1].psk: must be 8 to 64"):
        assert fault in said, said[-3000:]
    assert "Read both clouds" not in said and "canary" not in said


@pytest.mark.parametrize("arguments", [
    ("--skip-tags", "quorum,always"), ("--limit", "all:!localhost"), ("--start-at-task", "Have the VPC"),
    *(pytest.param(others, marks=pytest.mark.long) for others in (
        ("--skip-tags", "always"), ("--skip-tags", "tagged"), ("--limit", "nhn"), ("--start-at-task", "nowhere"),
        ("--start-at-task", "Keep the VPC", "--tags", "nhn_network")))])
def test_neither_tags_nor_a_limit_leave_the_checks_out(arguments):
    code, said = run(*arguments, **PLAN)
    assert code != 0 and "the checks that keep the service to one writer" in said
    assert "TASK [" not in said


@pytest.mark.long
@pytest.mark.parametrize("limit", ["all", "localhost,nhn", "all:!third"])
def test_a_limit_with_localhost_in_it_is_checked_as_ever(limit):
    code, said = run("--limit", limit, **PLAN)
    assert code != 0 and "Mend these first" in said
