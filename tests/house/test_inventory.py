# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's inventory points where the lab is, and every secret it names is one that the lab makes."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from lab import secrets, ssh_masters, world

ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "inventories" / "lab"
TEXT = "\n".join(path.read_text() for path in sorted(INVENTORY.rglob("*.yml")))


def test_addresses_are_the_labs_own():
    known = {world.MACHINE, world.THIRD_PLACE}
    inside = {address for address in re.findall(r"\b198\.51\.100\.\d+\b(?!/)", TEXT)}
    assert inside == known
    hosts = yaml.safe_load((INVENTORY / "hosts.yml").read_text())
    assert hosts["all"]["children"]["third_place"]["hosts"]["third"]["ansible_host"] == world.THIRD_PLACE


def test_endpoints_are_the_labs_own():
    accounts = yaml.safe_load((INVENTORY / "group_vars/all/accounts.yml").read_text())
    assert accounts["aws_auth"]["endpoint_url"] == world.AWS_URL
    assert accounts["nhn_auth"]["identity_url"].startswith(world.NHN_URL)
    assert yaml.safe_load((INVENTORY / "group_vars/all/proof.yml").read_text())["proof_nameserver"] == world.MACHINE


def test_connections_stay_open_where_lab_down_closes_them():
    hosts = yaml.safe_load((INVENTORY / "group_vars/all/hosts.yml").read_text())
    assert hosts["ansible_control_path_dir"] == str(ssh_masters.SOCKETS)


def test_every_secret_is_a_name_and_is_made_by_the_lab(tmp_path):
    vault = yaml.safe_load((INVENTORY / "group_vars/all/vault.yml").read_text())
    named = {match for value in vault.values() for match in re.findall(r"__vault\.(\w+)", value)}
    used = set(re.findall(r"\b(vault_\w+)", TEXT))
    assert used <= set(vault)
    assert named == set(secrets.MAKERS)


def test_the_account_has_a_certificate_for_the_name_that_is_published():
    assert yaml.safe_load((INVENTORY / "group_vars/all/topology.yml").read_text())["topology_domain"] == world.PUBLIC_NAME


def test_groups_that_are_asked_for_are_in_the_inventory():
    """Their names are the same in both inventories (test_production.py); `all` is Ansible's own. Names of hosts, as `aws`, are no groups."""
    known = {"all", *yaml.safe_load((world.ROOT / "inventories/lab/hosts.yml").read_text(encoding="utf-8"))["all"]["children"]}
    files = [path for folder in ("playbooks", "roles", "molecule") for path in (world.ROOT / folder).rglob("*.yml")]
    asked = {(path.name, name) for path in files
             for name in re.findall(r"(?<![\w.])groups(?:\.|\[')(\w+)", path.read_text(encoding="utf-8"))}
    assert len({name for _, name in asked}) > 3 and {(path, name) for path, name in asked if name not in known | {"yml"}} == set()
