# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""playbooks/preflight.yml against both emulators: nothing missing where nothing is, everything at once where much is, nothing written, no secret
said, and soon."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.contract.iam import allows, needed
from tests.contract.preflight_world import INVENTORIES, OVERLAY, ROOT, Clouds, clouds, preflight

SECONDS = 20
PRODUCTION = INVENTORIES["production"]
pytestmark = pytest.mark.long


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Clouds]:
    with clouds(tmp_path) as made:
        yield made


def but_this_machine(missing: list[str]) -> list[str]:
    """Without what is said of the machine that plays the third place here."""
    debian = platform.freedesktop_os_release()["ID"] == "debian"
    return [said for said in missing if debian or "the third place runs" not in said]


@pytest.mark.parametrize("name", INVENTORIES)
def test_an_inventory_that_is_filled_in_lacks_nothing(world: Clouds, name: str) -> None:
    heard = world.run(*INVENTORIES[name])
    assert but_this_machine(heard.missing) == [] and "Say what it would cost" in heard.everything, heard.everything[-3000:]
    assert [said.partition(":")[0] for said in heard.said["advice"]] == ["topology_zone"]       # the zone is still to be made
    assert [said.partition(":")[0] for said in heard.said["cost"]] == ["primary", "standby", "drill"]
    assert all("without a price" not in said for said in heard.said["cost"])
    assert heard.code == 0 or but_this_machine(heard.missing) != heard.missing
    assert world.writes() == [] and heard.seconds <= SECONDS
    assert {name for name, secret in world.secrets.items() if secret.strip() in heard.everything} == set()
    builder = {"Statement": [statement for file in (ROOT / "roles/aws_access/files").glob("builder*.json")
                             for statement in json.loads(file.read_text(encoding="utf-8"))["Statement"]]}
    asked = needed(json.loads(line) for line in world.aws.journal.read_text(encoding="utf-8").splitlines())
    assert {need for need in asked if not allows(builder, *need)} == set(), "who builds may not ask that"


def test_production_as_it_is_tells_at_once_what_is_to_be_filled_in(tmp_path: Path) -> None:
    heard = preflight([ROOT / "inventories" / "production"], home=tmp_path)
    paths = [said.partition(":")[0] for said in heard.missing]
    vault = yaml.safe_load((ROOT / "inventories/production/group_vars/all/vault.yml").read_text(encoding="utf-8"))
    assert heard.code != 0 and [path for path in paths if path.startswith("vault_")] == [", ".join(name for name in vault if name != "__vault")]
    assert [path.partition(",")[0] for path in paths if not path.startswith("vault_")] == [
        "nhn_auth.tenant_id", "nhn_auth.object_tenant_id", "nhn_auth.username", "third.ansible_host", "operators_cidr", "topology_domain",
        "topology_zone", "nhn_host_public_key", "aws_host_image", "aws_web_container_image", "ssh_private_key_file"]
    assert heard.seconds <= SECONDS and "docs/runbooks/preflight.md" in heard.everything


def test_production_is_foretold_on_empty_clouds_and_nothing_is_written(world: Clouds) -> None:
    """What the lab proves with hosts and a lab, as far as it goes without: the production files fit the roles that build at both clouds."""
    heard = world.foretell(*PRODUCTION)
    assert heard.code == 0, heard.everything[-3000:]
    for role in ("nhn_network", "nhn_host", "nhn_database", "nhn_registry", "nhn_kubernetes", "nhn_storage", "k8s_app", "aws_network", "aws_storage",
                 "aws_access", "aws_host", "aws_database", "aws_web", "dns_failover"):
        assert f"TASK [{role} : " in heard.everything, role
    assert world.writes() == []
    # The id of a key is none: modules of others show it in what they were given.
    assert {name for name, secret in world.secrets.items() if secret.strip() in heard.everything} <= {"aws_access_key"}


def test_whatever_is_planted_is_told_at_once_before_anything_is_touched(world: Clouds) -> None:
    world.names["lab.test"] = ["ns1.elsewhere.net"]
    world.nhn.make("vpc", name="other", cidr="172.16.0.0/16")
    world.nhn.make("vpc", name="another", cidr="172.17.0.0/16")
    world.nhn.make("vpc", name="tickets-vpc", cidr="192.168.0.0/24")
    ec2 = world.aws.client("ec2")
    for _ in range(4):
        ec2.create_vpc(CidrBlock="172.20.0.0/16")
        ec2.allocate_address()
    world.writes()
    topology = yaml.safe_load((ROOT / "inventories/lab/group_vars/all/topology.yml").read_text(encoding="utf-8"))["topology_sites"]
    topology["nhn"]["zone"] = "kr-pub-z"
    topology["aws"]["subnets"][2]["zone"] = "ap-northeast-2e"
    heard = world.run(
        *INVENTORIES["lab"], topology_sites=topology, topology_timing={"ttl": 10}, operators_cidr="10.0.7.0/24", nhn_host_flavor="m9.c1m1",
        nhn_host_image="Debian 13", nhn_database_version="MYSQL_V8499", nhn_database_flavor="m9.c1m1", nhn_database_storage_type="Tape",
        nhn_kubernetes_version="v1.20.1", nhn_kubernetes_flavor="m9.c1m1", nhn_kubernetes_image="Debian 13", nhn_kubernetes_volume_type="Tape",
        nhn_kubernetes_addons=[{"name": "pony", "version": "1"}, {"name": "metrics_server", "version": "v9"}],
        nhn_kubernetes_autoscaler={"min_nodes": 2, "max_nodes": 11}, nhn_kubernetes_labels={"pods_network_cidr": "192.168.0.0/17"},
        nhn_kubernetes_api_allowed_cidrs=["203.0.113.0/24"], aws_host_instance_type="t9.huge", aws_web_instance_type="a1.medium",
        aws_image="ami-nobody", aws_database_engine_version="8.4.1", aws_database_class="db.t9.huge", backup_bucket="Backups",
        nhn_registry_name="Tickets", preflight_aws_account="999999999999", preflight_budget={"USD": 1, "KRW": 1}, preflight_nhn_quotas={"ponies": 1},
        vault_db_app_password="short1", vault_db_watch_password="CHANGE_ME_NOW", vault_db_sync_password="{{ of_nobody }}", vault_app_session_key="",
        vault_quorum_ca_certificate="-----BEGIN nothing", ssh_private_key_file=str(world.folder / "nobody"))
    paths = {path for said in heard.missing for path in said.partition(":")[0].split(", ")}
    assert paths >= {
        "vault_db_app_password", "vault_db_watch_password", "vault_db_sync_password", "vault_app_session_key", "vault_quorum_ca_certificate",
        "topology_timing.renew", "topology_sites.nhn.zone", "topology_sites.nhn.cidr", "topology_sites.aws.subnets[2].zone", "operators_cidr",
        "nhn_host_flavor", "nhn_host_image", "nhn_host_zone", "nhn_database_version", "nhn_database_flavor", "nhn_database_storage_type",
        "nhn_kubernetes_version", "nhn_kubernetes_flavor", "nhn_kubernetes_image", "nhn_kubernetes_volume_type", "nhn_kubernetes_addons[0].name",
        "nhn_kubernetes_addons[1].version", "NHN Cloud quota nodes_per_group", "nhn_kubernetes_labels.pods_network_cidr",
        "nhn_kubernetes_api_allowed_cidrs", "aws_host_instance_type", "aws_web_instance_type", "aws_host_image", "aws_web_instance_image",
        "aws_database_engine_version", "aws_database_class", "backup_bucket", "nhn_registry_name", "preflight_aws_account", "preflight_budget.USD",
        "preflight_budget.KRW", "preflight_nhn_quotas.ponies", "topology_zone", "ssh_private_key_file",
        "AWS quota vpcs", "AWS quota addresses"}, paths
    assert heard.code != 0 and len(heard.missing) >= 30 and all(said.rstrip().endswith((".", ")", "]")) for said in heard.missing)
    assert world.writes() == [] and heard.seconds <= SECONDS
    assert not any(secret.strip() in heard.everything for secret in (*world.secrets.values(), "short1", "CHANGE_ME_NOW"))


def test_nothing_is_missing_for_want_of_an_answer_when_nobody_answers(world: Clouds) -> None:
    """Both clouds, the resolver and the third place are away: each is told once, and soon."""
    nobody = "http://127.0.0.1:9"
    given = world.given()
    heard = world.run(*PRODUCTION, nhn_auth=given["nhn_auth"] | {"identity_url": nobody, "rds_url": nobody, "registry_url": nobody},
                      aws_auth=given["aws_auth"] | {"endpoint_url": nobody}, dns_failover_resolvers=["127.0.0.1:9"],
                      ansible_connection="{{ 'ssh' if inventory_hostname == 'third' else 'local' }}", ansible_host="127.0.0.1", ansible_port=9)
    words = ["no answer about a log-in", "no answer about RDS", "no answer about the container registry", "no answer about who is asking",
             "no resolver says", "cannot be logged in to"]
    assert [word for word in words if sum(word in said for said in heard.missing) != 1] == [] and heard.code != 0
    assert heard.seconds <= SECONDS


def test_secrets_come_from_a_file_of_ansible_vault(world: Clouds) -> None:
    key, vaulted = world.folder / "key", world.folder / PRODUCTION[0] / "group_vars" / "all" / "vaulted.yml"
    key.write_text("the vault's own", encoding="utf-8")
    vaulted.write_text(yaml.safe_dump({"vaulted": world.secrets}), encoding="utf-8")
    _not_by_the_overlay(world.folder)
    subprocess.run([str(Path(sys.executable).with_name("ansible-vault")), "encrypt", "--vault-password-file", str(key), str(vaulted)], check=True,
                   capture_output=True, timeout=60)
    heard = world.run(*PRODUCTION, options=("--vault-password-file", str(key)))
    assert but_this_machine(heard.missing) == [] and heard.said, heard.everything[-2000:]
    assert not any(secret.strip() in heard.everything for secret in world.secrets.values())


def test_secrets_come_from_a_file_of_sops(world: Clouds, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sops` itself is made up: it decrypts by printing. What is tried is who loads the file and under which name."""
    vaulted = world.folder / PRODUCTION[0] / "group_vars" / "all" / "vaulted.sops.yml"
    vaulted.write_text(yaml.safe_dump({"vaulted": world.secrets, "sops": {"version": "3.9.0"}}), encoding="utf-8")
    program = world.folder / "bin" / "sops"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport json, sys, yaml\nif '--version' in sys.argv: print('sops 3.9.0')\n"
                       "else: print(json.dumps({'vaulted': yaml.safe_load(open(sys.argv[-1]))['vaulted']}))\n", encoding="utf-8")
    program.chmod(0o755)
    _not_by_the_overlay(world.folder)
    monkeypatch.setenv("ANSIBLE_VARS_ENABLED", "host_group_vars,community.sops.sops")
    monkeypatch.setenv("ANSIBLE_VARS_SOPS_PLUGIN_BINARY", str(program))
    monkeypatch.setenv("PATH", f"{program.parent}:{Path(sys.executable).parent}:/usr/bin:/bin")
    heard = world.run(*PRODUCTION)
    assert but_this_machine(heard.missing) == [] and heard.said, heard.everything[-2000:]


def _not_by_the_overlay(folder: Path) -> None:
    """The overlay gives the lab's secrets; here they come by another way."""
    overlay = folder / OVERLAY / "group_vars" / "all" / "lab.yml"
    overlay.write_text("".join(line for line in overlay.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith("vaulted:")),
                       encoding="utf-8")
