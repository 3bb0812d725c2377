# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The production inventory: as complete as the lab's, without a secret and without anything of the lab, and its runbook's commands make a vault that
lacks nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.preflight import vaulted
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.findings import World

ROOT = Path(__file__).parents[2]
LAB, PRODUCTION, OVERLAY = ROOT / "inventories/lab", ROOT / "inventories/production", ROOT / "molecule/production/inventory"
RUNBOOK = ROOT / "docs/runbooks/preflight.md"
FROM_CONSOLES = {"nhn_api_password", "nhn_appkey", "nhn_access_key_id", "nhn_access_key_secret", "aws_access_key", "aws_secret_key"}
# What only one of them says, by file: production leaves to a role's default what only the lab has otherwise, and the other way round.
ONLY_LAB = {"aws/web.yml": {"aws_web_endpoint_url", "aws_web_registry"}, "all/release.yml": {"release_podman"},
            "nhn/app.yml": {"k8s_app_migrate_command"}, "standby_host/rehearsal.yml": {"rehearsal_registry"},
            "aws/waf.yml": {"aws_waf_countries", "aws_waf_rate_limit"},
            "aws/storage.yml": {"aws_storage_backup_tls_only"},
            "nhn/database.yml": {"nhn_database_backup_max_age_hours"}}
ONLY_PRODUCTION = {"aws/storage.yml": {"aws_storage_marker_writers"}, "management_host/db_backup.yml": {"db_backup_s3"},
                   "nhn/database.yml": {"nhn_database_deletion_protection"}}


# And what both say, each in its own way: the whole difference. All else has the same value in both.
DIFFERENT = {
    "accounts.yml": {"aws_auth", "nhn_auth", "ssh_private_key_file"}, "app.yml": {"app_images_first"},
    "backups.yml": {"backup_bucket", "db_backup_automatic_hours", "db_backup_calendar", "db_backup_job_seconds", "db_backup_s3",
                    "db_backup_test_calendar"},
    "databases.yml": {"latch_bucket", "latch_url"}, "dns.yml": {"dns_failover_resolvers"},
    "hosts.yml": {"ansible_control_path_dir", "ansible_ssh_common_args", "aws_image", "operators_cidr"},
    "monitoring.yml": {"monitoring_cloud", "monitoring_scaling_group"},
    "release.yml": {"release_build_arguments", "release_build_options", "release_current_file", "release_folder", "release_places",
                    "release_registry_tls"},
    "rehearsal.yml": {"rehearsal_aws", "rehearsal_calendar", "rehearsal_job_seconds"},
    "names.yml": {"world_memory"}, "proof.yml": {"proof_disaster_command", "proof_nameserver", "proof_requests_log"},
    "site_agent.yml": {"site_agent_latch"}, "topology.yml": {"topology_domain", "topology_zone"}, "vault.yml": {"__vault"},
    "database.yml": {"nhn_database_high_availability"}}


def files(inventory: Path) -> dict[str, dict[str, Any]]:
    """{path in the inventory: its variables}, and hosts.yml as it is."""
    return {str(path.relative_to(inventory)): yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(inventory.rglob("*.yml"))}


FILES = files(LAB)


def test_both_have_the_same_files() -> None:
    assert set(files(PRODUCTION)) == set(FILES)


@pytest.mark.parametrize("name", [name for name in FILES if name != "hosts.yml"])
def test_a_file_says_what_the_labs_says(name: str) -> None:
    """The same variables: a diff is of values, and none is forgotten."""
    lab, production, short = set(FILES[name]), set(files(PRODUCTION)[name]), name.split("/", 1)[1]
    assert lab - production == ONLY_LAB.get(short, set()) and production - lab == ONLY_PRODUCTION.get(short, set())


@pytest.mark.parametrize("name", [name for name in FILES if name != "hosts.yml"])
def test_what_differs_is_meant_to(name: str) -> None:
    """Whoever changes the lab's inventory meets this, and changes production's too."""
    production = files(PRODUCTION)[name]
    differing = {variable for variable, value in FILES[name].items() if variable in production and production[variable] != value}
    assert differing <= DIFFERENT.get(Path(name).name, set())


def test_groups_and_hosts_are_the_labs() -> None:
    lab, production = FILES["hosts.yml"]["all"], files(PRODUCTION)["hosts.yml"]["all"]
    assert set(lab["hosts"]) == set(production["hosts"])
    assert {name: set((group or {}).get("hosts", {})) for name, group in lab["children"].items()} == {
        name: set((group or {}).get("hosts", {})) for name, group in production["children"].items()}


def test_secrets_are_names_and_nothing_else() -> None:
    vault = files(PRODUCTION)["group_vars/all/vault.yml"]
    assert set(vault) == set(FILES["group_vars/all/vault.yml"])
    assert all(value == f"{{{{ __vault.{name.removeprefix('vault_')} }}}}" for name, value in vault.items() if name != "__vault")
    for path in PRODUCTION.rglob("*.yml"):
        for name, value in walk(yaml.safe_load(path.read_text(encoding="utf-8"))):
            if re.search(r"(?i)password|secret|psk|_key$|appkey|token", name) and isinstance(value, str) and "private_key_file" not in name:
                assert "{{" in value or name in ("latch_key",), f"{path}: {name}"


def walk(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in walk(part, str(key))]
    return [leaf for part in value for leaf in walk(part, name)] if isinstance(value, list) else [(name, value)]


def test_nothing_of_the_lab_is_in_it_and_nothing_of_it_runs_by_itself() -> None:
    text = "\n".join(re.sub(r"hint='[^']*'", "", path.read_text(encoding="utf-8")) for path in PRODUCTION.rglob("*.yml"))
    assert not re.search(r"198\.51\.100\.|lab\.test|build/lab|-m, lab|http://(?!\{\{|127\.0\.0\.1)", text)
    assert files(PRODUCTION)["group_vars/all/proof.yml"]["proof_disaster_command"] == []
    assert files(PRODUCTION)["group_vars/all/guard.yml"]["dr_mode"] == "managed"


def test_no_concert_that_nobody_plays_is_sold_in_production() -> None:
    """The command that migrates is the role's own there, and that fills no hall; the lab's does."""
    role = yaml.safe_load((ROOT / "roles/k8s_app/defaults/main.yml").read_text(encoding="utf-8"))["k8s_app_migrate_command"]
    said = [value for name, value in walk([*files(PRODUCTION).values()]) if name == "k8s_app_migrate_command"]
    assert "--demo" not in [*role, *said]
    assert "--demo" in FILES["host_vars/nhn/app.yml"]["k8s_app_migrate_command"]


def test_what_is_known_of_releases_outlives_a_checkout_and_is_no_inventory() -> None:
    """A node of Jenkins begins with a clean workspace, and all that lies in an inventory's folder is read as inventory."""
    said = files(PRODUCTION)["group_vars/all/release.yml"]
    for name in ("release_folder", "release_current_file"):
        assert not re.search(r"inventory_dir|playbook_dir|role_path|\bPWD\b", said[name]), name
        assert re.match(r"/|\{\{ lookup\('ansible\.builtin\.env', 'HOME'\) \}\}/", said[name]), name


def test_every_file_that_is_for_all_says_what_it_is_for() -> None:
    for path in (PRODUCTION / "group_vars" / "all").glob("*.yml"):
        assert path.read_text(encoding="utf-8").splitlines()[1].startswith("#") or path.name == "proof.yml", path


def test_the_overlay_for_the_lab_says_nothing_that_the_labs_own_inventory_does_not_know() -> None:
    known = {name for values in (*FILES.values(), *files(PRODUCTION).values()) for name in values}
    assert {name for path, values in files(OVERLAY).items() if path != "hosts.yml" for name in values} <= known | {"vaulted"}


@pytest.mark.skipif(not shutil.which("age-keygen") or not shutil.which("openssl"), reason="openssl or age is not installed (make setup)")
def test_the_runbooks_commands_make_a_vault_that_lacks_nothing(tmp_path: Path) -> None:
    commands = re.findall(r"```sh\n(.*?)```", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL)
    assert len(commands) == 1
    subprocess.run(["sh", "-euc", commands[0]], cwd=tmp_path, check=True, capture_output=True, timeout=60, env={"PATH": os.environ["PATH"]})
    made = yaml.safe_load((tmp_path / "vaulted.yml").read_text(encoding="utf-8"))["vaulted"]
    assert [path.name for path in tmp_path.iterdir()] == ["vaulted.yml"] and (tmp_path / "vaulted.yml").stat().st_mode & 0o077 == 0
    names = {name.removeprefix("vault_") for name in files(PRODUCTION)["group_vars/all/vault.yml"] if name != "__vault"}
    assert set(made) == names - FROM_CONSOLES
    values = {f"vault_{name}": value for name, value in made.items()}
    assert [finding.told() for finding in vaulted.judge(World(values, now=datetime.now(UTC).timestamp()))] == []
    assert made["db_backup_key"].startswith("AGE-SECRET-KEY-1") and len(made["app_session_key"]) >= 32
