# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rulebook turns alerts into looks, and never into a promotion: by what stands in it, and by what ansible-rulebook does with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.test_alerts import RULES
from tests.house.test_playbooks import plays

ROOT = Path(__file__).parents[2]
EDA = ROOT / "extensions" / "eda"
BOOKS = sorted((EDA / "rulebooks").glob("*.yml"))
SETS: list[dict[str, Any]] = [each for book in BOOKS for each in yaml.safe_load(book.read_text())]
EVERY: list[dict[str, Any]] = [rule for each in SETS for rule in each["rules"]]
LOOK = EDA / "playbooks" / "look.yml"
ALLOWED = {"status", "rehearse"}
READING = {"site_agent": {"status", "rehearse", "readiness"}, "quorum": {"status", "ask", "conclude"}, "vpn_gateway": {"status"},
           "db_backup": {"status"}, "rehearsal": {"status"}, "nhn_storage": {"status"}, "db_replica": {"status"}, "dns_failover": {"status"},
           "nhn_dns_plus": {"status"}}
JAVA, RULEBOOK = shutil.which("java"), Path(sys.executable).with_name("ansible-rulebook")
WHY_NOT = "needs Java for ansible-rulebook (apt install default-jre-headless)" if RULEBOOK.exists() else "needs ansible-rulebook (make setup)"


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule["name"])
def test_a_rule_runs_one_look_and_nothing_else(rule: dict[str, Any]) -> None:
    assert "actions" not in rule and set(rule["action"]) == {"run_playbook"}, "an action of another kind could do anything"
    run = rule["action"]["run_playbook"]
    assert run["name"] == str(LOOK.relative_to(ROOT)) and run["copy_files"] is False
    assert run["extra_vars"]["dr_look"] in ALLOWED and set(run["extra_vars"]) == {"dr_look", "dr_alert", "dr_project"}
    assert "once_within" in rule["throttle"], "an alert that comes and goes would look again and again"
    assert 'status == "firing"' in rule["condition"] and "rehearsal is not defined" in rule["condition"]
    named = set(re.findall(r'"([A-Z]\w+)"', rule["condition"]))
    assert named <= {alert["alert"] for alert in RULES}, "an alert that there is none of"


def test_it_hears_alertmanager_alone_and_on_loopback() -> None:
    [source] = [source for each in SETS for source in each["sources"]]
    told = source["eda.builtin.webhook"]
    assert told["host"] == "127.0.0.1" and told["token"] == "{{ dr_eda_token }}", "without a host it would listen everywhere"


def test_what_is_run_refuses_everything_but_the_two_that_read() -> None:
    [play] = yaml.safe_load(LOOK.read_text())
    assert "dr_look in ['status', 'rehearse']" in play["tasks"][0]["ansible.builtin.assert"]["that"]
    commands = [task["ansible.builtin.command"]["argv"] for task in play["tasks"] if "ansible.builtin.command" in task]
    assert [argv[-2:] for argv in commands] == [["ansible-playbook", "playbooks/{{ dr_look }}.yml"]]
    assert play["hosts"] == "localhost" and play["connection"] == "local"


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_those_two_use_entry_points_that_only_read(name: str) -> None:
    used = set()
    for _, play in plays(ROOT / "playbooks" / f"{name}.yml"):
        assert "roles" not in play
        for task in play.get("tasks", []):
            for role in (task.get("ansible.builtin.include_role"), task.get("ansible.builtin.import_role")):
                if role:
                    used.add((role["name"], role.get("tasks_from", "main")))
            assert not any(key.startswith("multicloud.dr.") and key.rpartition(".")[2] not in ("world_info", "world_writer", "dr_readiness")
                           for key in task), task
    assert used and {(role, entry) for role, entry in used if entry not in READING.get(role, set())} == set()


def test_a_rehearsal_can_do_nothing_even_where_it_is_not_asked_to_only_look() -> None:
    switch, _ = yaml.safe_load((ROOT / "roles" / "site_agent" / "tasks" / "rehearse.yml").read_text())
    assert switch["check_mode"] is True and switch["multicloud.dr.site_switch"]["if_lost"] is True, "which the module refuses outside of check mode"
    assert all(play["check_mode"] is True for path, play in plays(ROOT / "playbooks" / "rehearse.yml") if path.name == "rehearse.yml")


@pytest.mark.parametrize(("look", "alert"), [("fail_over", "SiteDown"), ("../playbooks/status", "SiteDown"), ("status", "a/../b")])
def test_another_playbook_is_not_run_whoever_asks(look: str, alert: str, tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    given = json.dumps({"dr_look": look, "dr_alert": alert, "dr_project": str(tmp_path)})
    done = subprocess.run([RULEBOOK.with_name("ansible-playbook"), "-i", "localhost,", str(LOOK), "-e", given], cwd=tmp_path, check=False,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and "Nothing was run" in done.stdout and list(tmp_path.iterdir()) == [tmp_path / "playbooks"]


PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {msg: THIS IS %s}
"""


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address at which ansible-rulebook listens with our rulebook, and a project of its own beside it."""
    (tmp_path / "playbooks").mkdir()
    for name in (*ALLOWED, "fail_over"):
        (tmp_path / "playbooks" / f"{name}.yml").write_text(PLAY % name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "vars.yml").write_text(yaml.safe_dump({"dr_eda_token": "CANARY-eda", "dr_eda_port": port, "dr_project": str(tmp_path)}))
    (tmp_path / "hosts").write_text("localhost ansible_connection=local\n")
    bin_folder = str(RULEBOOK.parent)
    with (tmp_path / "said").open("w") as said:
        running = subprocess.Popen(
            [str(RULEBOOK), "--rulebook", str(BOOKS[0]), "--vars", str(tmp_path / "vars.yml"), "--inventory", str(tmp_path / "hosts")], cwd=ROOT,
            stdout=said, stderr=said, start_new_session=True,
            env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"})
    try:
        yield f"http://127.0.0.1:{port}/", tmp_path
    finally:
        running.terminate()
        running.wait(30)


def tell(url: str, token: str, status: str = "firing", **labels: str) -> int:
    """What Alertmanager would post; the HTTP status."""
    body = {"version": "4", "status": status, "receiver": "page", "groupLabels": {"alertname": labels["alertname"]}, "commonLabels": labels,
            "alerts": [{"status": status, "labels": labels}]}
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.long
@pytest.mark.skipif(not JAVA or not RULEBOOK.exists(), reason=WHY_NOT)
def test_ansible_rulebook_looks_when_an_alert_fires_and_at_nothing_else(heard: tuple[str, Path]) -> None:
    url, folder = heard
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            assert tell(url, "a guess", alertname="SiteDown", severity="page") == 401
            break
        except urllib.error.URLError:
            time.sleep(0.5)
    for labels in ({"alertname": "ClocksApart", "severity": "page", "rehearsal": "x"}, {"alertname": "DiskFilling", "severity": "ticket"}):
        assert tell(url, "CANARY-eda", **labels) == 200
    assert tell(url, "CANARY-eda", "resolved", alertname="LinkDown", severity="page") == 200
    for _ in range(2):
        assert tell(url, "CANARY-eda", alertname="SiteDown", severity="page", site="nhn") == 200
    assert tell(url, "CANARY-eda", alertname="WouldNotTakeOver", severity="page", site="aws") == 200

    def seen() -> dict[str, str]:
        return {path.name.partition("-")[2]: path.read_text() for path in (folder / "build" / "seen").glob("*.txt")}

    while len(seen()) < 2 and time.monotonic() < until:
        time.sleep(0.5)
    time.sleep(3)               # what must not come has had its time
    said = (folder / "said").read_text()
    assert set(seen()) == {"SiteDown-status.txt", "WouldNotTakeOver-rehearse.txt"}, said
    assert "THIS IS status" in seen()["SiteDown-status.txt"] and "THIS IS rehearse" in seen()["WouldNotTakeOver-rehearse.txt"]
    assert len(list((folder / "build" / "seen").iterdir())) == 2 and "CANARY-eda" not in said, "told twice, looked at once"
