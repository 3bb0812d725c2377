# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Grafana of role `monitoring`: told by files alone, let in by a password alone, and installed with one key of those that are published.

Its repository is in no lab, so nothing here asks a Grafana. What it reads is held against the models of Grafana's own SDK as far as those go.
"""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models import alerting, dashboard

from extensions.grafana import boards
from tests.house.test_monitoring import GIVEN, ROLE, rendered

TASKS: list[dict[str, Any]] = yaml.safe_load((ROLE / "tasks" / "grafana.yml").read_text())
VARS: dict[str, Any] = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
GPG = shutil.which("gpg")


def ini(**given: Any) -> configparser.RawConfigParser:
    read = configparser.RawConfigParser()
    read.read_string(rendered("grafana.ini.j2", **given))
    return read


def test_it_answers_where_it_is_told_to_and_lets_in_by_the_password_alone() -> None:
    told = ini(monitoring_grafana_address="10.0.0.10")
    assert dict(told["server"])["http_addr"] == "10.0.0.10" and dict(ini()["server"])["http_addr"] == "127.0.0.1"
    assert told["security"]["admin_password"] == "$__file{/etc/grafana/multicloud_admin_password}", "not the password itself"
    assert {section: told[section]["enabled"] for section in ("auth.anonymous", "auth.proxy", "auth.basic", "snapshots")} == {
        "auth.anonymous": "false", "auth.proxy": "false", "auth.basic": "true", "snapshots": "false"}
    assert told["users"]["allow_sign_up"] == "false" and told["analytics"]["reporting_enabled"] == "false"
    assert told["plugins"]["preinstall_disabled"] == "true", "it would fetch plugins from elsewhere with every start"


def test_its_password_is_in_a_file_that_it_alone_can_read() -> None:
    for name in ("grafana.ini.j2", "grafana_sources.yml.j2", "grafana_dashboards.yml.j2", "grafana_alerting.yml.j2"):
        assert "CANARY" not in rendered(name, monitoring_grafana_password="CANARY-of-the-vault")
    keep = next(task for task in TASKS[0]["block"] if "multicloud_admin_password" in str(task.get("ansible.builtin.copy")))
    assert keep["no_log"] is True and keep["ansible.builtin.copy"]["mode"] == "0640"
    prove = yaml.safe_load((ROLE / "tasks" / "grafana_prove.yml").read_text())
    assert all(task.get("no_log") for task in prove if "monitoring_grafana_password" in str(task))
    commands = [task["ansible.builtin.command"]["argv"] for task in prove if "ansible.builtin.command" in task]
    assert commands and "monitoring_grafana_password" not in str(commands), "in no list of processes"


def test_it_reads_this_sites_prometheus_and_alertmanager() -> None:
    told = yaml.safe_load(rendered("grafana_sources.yml.j2", monitoring_prometheus_port=19090))
    first, second = told["datasources"]
    assert told["apiVersion"] == 1 and told["prune"] is True
    assert (first["type"], first["url"], first["uid"], first["isDefault"]) == ("prometheus", "http://127.0.0.1:19090", "multicloud-dr", True)
    assert (second["type"], second["url"]) == ("alertmanager", "http://127.0.0.1:9093") and second["jsonData"]["implementation"] == "prometheus"
    assert not any(each["editable"] for each in told["datasources"])
    assert "datasources/uid/multicloud-dr/health" in (ROLE / "tasks" / "grafana_prove.yml").read_text()


def test_who_is_told_is_whom_alertmanager_tells() -> None:
    """So receivers and their secrets stand in one place, and nobody hears of a thing twice."""
    told = yaml.safe_load(rendered("grafana_alerting.yml.j2"))
    [point] = told["contactPoints"]
    [receiver] = point["receivers"]
    assert (receiver["type"], receiver["settings"]) == ("prometheus-alertmanager", {"url": "http://127.0.0.1:9093"})
    known = {key: value for key, value in receiver.items() if key != "type"}
    assert alerting.ContactPoint.from_json(known).to_json().items() >= known.items()
    [policy] = told["policies"]
    route = {key: value for key, value in policy.items() if key != "orgId"}
    assert policy["receiver"] == point["name"] and alerting.NotificationPolicy.from_json(route).to_json() == route
    alertmanager = yaml.safe_load(rendered("alertmanager.yml.j2"))["route"]
    assert {name: alertmanager[name] for name in ("group_by", "group_wait", "group_interval", "repeat_interval")} == {
        name: policy[name] for name in ("group_by", "group_wait", "group_interval", "repeat_interval")}


def test_it_shows_every_dashboard_from_where_they_are_put() -> None:
    [provider] = yaml.safe_load(rendered("grafana_dashboards.yml.j2"))["providers"]
    put = next(task for task in TASKS[0]["block"] if "with_fileglob" in task)
    assert put["ansible.builtin.copy"]["dest"].rstrip("/") == provider["options"]["path"] and provider["allowUiUpdates"] is False
    assert ini()["dashboards"]["default_home_dashboard_path"] == f"{provider['options']['path']}/glance.json"
    for path, _ in boards.made():
        assert dashboard.Dashboard.from_json(json.loads(path.read_text())).uid == f"multicloud-dr-{path.stem}"


def test_one_variable_switches_it_off_and_ends_one_that_was() -> None:
    on, off = TASKS
    assert (on["when"], off["when"]) == ("monitoring_grafana_enabled", "not monitoring_grafana_enabled") and len(TASKS) == 2
    assert any(task.get("ansible.builtin.systemd_service", {}).get("state") == "stopped" for task in off["block"])


def test_it_starts_anew_with_another_description() -> None:
    written = {item["dest"] for task in TASKS[0]["block"] for item in task.get("loop", []) if isinstance(item, dict)}
    assert written == set(VARS["__monitoring_files"]["grafana-server"])
    service = rendered("service.conf.j2", item="grafana-server", __monitoring_files=VARS["__monitoring_files"])
    assert all(path in service for path in written)


def test_its_repository_is_trusted_with_one_key() -> None:
    install = yaml.safe_load((ROLE / "tasks" / "grafana_install.yml").read_text())
    trusted = next(task for task in install if "loop" in task)["loop"]
    assert [each["dest"] for each in trusted] == ["/etc/apt/keyrings/multicloud_grafana.asc", "/etc/apt/sources.list.d/multicloud_grafana.sources"]
    source = VARS["__monitoring_grafana_source"]
    assert "Signed-By: /etc/apt/keyrings/multicloud_grafana.asc" in source and "trusted" not in source.lower()


@pytest.mark.skipif(GPG is None, reason="gpg is not installed; the role installs it on the hosts that take keys")
def test_of_the_keys_that_are_published_one_is_taken(tmp_path: Path) -> None:
    """By its whole fingerprint, and none where it is not among them: apt would trust each one that lay beside it."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)

    def gpg(*arguments: str) -> str:
        command = ["gpg", "--homedir", str(home), "--batch", "--quiet", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    for name in ("grafana", "another"):
        gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign")
    published = tmp_path / "published"
    published.write_text(gpg("--armor", "--export"))
    fingerprints = [line.split(":")[9] for line in gpg("--with-colons", "--list-keys").splitlines() if line.startswith("fpr")]
    assert len(fingerprints) == 2

    def take(fingerprint: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["/bin/sh", "-c", VARS["__monitoring_take_key"], "take-key", str(published), fingerprint], check=False,
                              capture_output=True, text=True, timeout=60)

    taken = take(fingerprints[0])
    assert taken.returncode == 0 and "BEGIN PGP PUBLIC KEY BLOCK" in taken.stdout
    (tmp_path / "taken").write_text(taken.stdout)
    shown = gpg("--with-colons", "--show-keys", str(tmp_path / "taken"))
    assert [line.split(":")[9] for line in shown.splitlines() if line.startswith("fpr")] == [fingerprints[0]]
    assert "BEGIN PGP" not in take(GIVEN["monitoring_grafana_key_fingerprint"]).stdout, "the task fails then"
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True, timeout=60)
