# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What role `monitoring` writes: taken by Prometheus's own checker, listening nowhere but on loopback, and reading both sites from each."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.filter.monitoring import (
    monitoring_remote_secrets,
    monitoring_remote_write,
    monitoring_secrets,
    monitoring_told,
)

from tests.house.test_alerts import PROMTOOL, RULES

ROLE = Path(__file__).parents[2] / "roles" / "monitoring"
AMTOOL = shutil.which("amtool") or str(ROLE.parents[1] / ".venv" / "bin" / "amtool")
# Debian 12 has 0.25, which reads a webhook's address from its configuration alone; since 0.26 it may stand in a file.
GIVEN: dict[str, Any] = {**yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()), "monitoring_site": "aws", "ansible_managed": "managed",
                         "__monitoring_url_files": False,
                         "monitoring_database": {"host": "db.example.com", "port": 3307, "user": "dr_watch", "password": "a#b; c=d%e"},
                         "monitoring_agents": [{"site": "nhn", "address": "192.168.0.10:8008"}, {"site": "aws", "address": "10.0.0.10:8008"}]}


def rendered(name: str, **given: Any) -> str:
    world = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    world.filters |= {"to_json": json.dumps, "to_nice_yaml": lambda data, indent: yaml.safe_dump(data, indent=indent),
                      "multicloud.dr.monitoring_told": monitoring_told, "multicloud.dr.monitoring_remote_write": monitoring_remote_write}
    return world.from_string((ROLE / "templates" / name).read_text()).render(**{**GIVEN, **given})


@pytest.mark.parametrize("given", [{}, {"monitoring_scaling_group": {
    "name": "tickets", "region": "ap-northeast-2", "port": 8000, "endpoint_url": "http://192.0.2.1:4566"}}], ids=["no group", "a group"])
def test_both_sites_are_read_from_each(given: dict[str, Any], tmp_path: Path) -> None:
    written = rendered("prometheus.yml.j2", **given)
    rules = tmp_path / "rules.yml"
    rules.write_text((ROLE.parents[1] / "extensions" / "prometheus" / "rules.yml").read_text())
    config = tmp_path / "prometheus.yml"
    config.write_text(written.replace("/etc/prometheus/multicloud_dr.rules.yml", str(rules)))
    done = subprocess.run([PROMTOOL, "check", "config", str(config)], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"{len(RULES)} rules found" in done.stdout, done.stdout + done.stderr
    read = yaml.safe_load(written)
    jobs = {job["job_name"]: job for job in read["scrape_configs"]}
    assert {target["labels"]["site"] for target in jobs["multicloud_dr_agent"]["static_configs"]} == {"nhn", "aws"}
    agents = jobs["multicloud_dr_agent"]
    assert agents["honor_labels"] is True and agents["honor_timestamps"] is False, "an agent's clock that is off must not move its figures"
    assert agents["sample_limit"] <= 500 and agents["label_limit"] and agents["label_value_length_limit"] and agents["body_size_limit"] == "1MB"
    assert read["global"]["external_labels"] == {"seen_from": "aws"} and read["global"]["scrape_timeout"] == "3s"


def test_a_door_is_knocked_at_through_the_exporter_and_told_by_its_own_name() -> None:
    url = "https://tickets.example.com/edgez?a=b"
    job = next(job for job in yaml.safe_load(rendered("prometheus.yml.j2", monitoring_doors=[{"site": "nhn", "url": url}]))["scrape_configs"]
               if job["job_name"] == "door")
    modules = yaml.safe_load((ROLE / "files" / "blackbox.yml").read_text())["modules"]
    assert job["params"]["module"] == list(modules) and job["static_configs"] == [{"targets": [url], "labels": {"site": "nhn"}}]
    labels = {"__address__": url}
    for step in job["relabel_configs"]:
        labels[step["target_label"]] = step.get("replacement") or "".join(labels[name] for name in step["source_labels"])
    assert labels == {"__address__": "127.0.0.1:9115", "__param_target": url, "instance": url}
    assert modules["door"]["http"]["tls_config"] == {"insecure_skip_verify": False}
    assert int(modules["door"]["timeout"].removesuffix("s")) < int(job["scrape_timeout"].removesuffix("s")), "else the exporter is cut off"


def test_the_database_is_looked_at_with_what_its_file_says() -> None:
    told = configparser.RawConfigParser()
    told.read_string(rendered("mysqld.cnf.j2"))
    assert dict(told["client"]) == {"host": "db.example.com", "port": "3307", "user": "dr_watch", "password": "`a#b; c=d%e`"}
    assert "3306" in rendered("mysqld.cnf.j2", monitoring_database={"host": "db", "user": "dr_watch", "password": "x"})


def test_applications_are_read_where_there_are_any() -> None:
    def job(**given: Any) -> list[dict[str, Any]]:
        return [job for job in yaml.safe_load(rendered("prometheus.yml.j2", **given))["scrape_configs"] if job["job_name"] == "ticketing"]
    assert job() == [], "a job without a target would be one that never fails"
    asked = job(monitoring_applications=["10.0.0.21:8000", "10.0.1.21:8000"])[0]
    assert asked["static_configs"] == [{"targets": ["10.0.0.21:8000", "10.0.1.21:8000"]}] and asked["sample_limit"]
    assert asked["relabel_configs"] == [{"target_label": "site", "replacement": "aws"}] and "ec2_sd_configs" not in asked
    [found] = job(monitoring_scaling_group={"name": "tickets", "region": "ap-northeast-2", "port": 8000})[0]["ec2_sd_configs"]
    assert found["port"] == 8000 and {"name": "tag:aws:autoscaling:groupName", "values": ["tickets"]} in found["filters"] and "endpoint" not in found


def test_nobody_may_tell_more_than_a_little() -> None:
    """What tells more is refused whole; tests/contract/test_monitoring_bad_input.py sees that, and that it is told."""
    doors, cloud = [{"site": "nhn", "url": "https://a.example/"}], {"aws": {"database": "tickets-db"}}
    written = rendered("prometheus.yml.j2", monitoring_doors=doors, monitoring_applications=["10.0.0.21:8000"], monitoring_cloud=cloud)
    for job in yaml.safe_load(written)["scrape_configs"]:
        assert {"sample_limit", "label_limit", "label_value_length_limit", "body_size_limit"} <= set(job), job["job_name"]


RECEIVERS: list[dict[str, Any]] = [
    {"kind": "webhook", "url": "https://hooks.example.com/a?b=\"c\": {d}", "severities": ["page"]},
    {"kind": "webhook", "url": "https://hooks.example.com/e", "token": "CANARY-token"},
    {"kind": "slack", "url": "https://hooks.example.com/services/CANARY", "channel": "#sale", "severities": ["page", "ticket"]},
    {"kind": "mail", "to": ["a@example.com", "b@example.com"], "sender": "dr@example.com", "smarthost": "mail.example.com:587", "user": "dr",
     "password": "CANARY: {{ x }}", "severities": ["ticket"]}]


def amtool(*arguments: str) -> str:
    assert Path(AMTOOL).exists(), "amtool is not there: run `make setup .venv/bin/amtool`, which takes it out of a package of Debian's"
    done = subprocess.run([AMTOOL, *arguments], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("receivers", [[], RECEIVERS], ids=["none", "every kind"])
def test_alertmanager_takes_whoever_is_told(receivers: list[dict[str, Any]], tmp_path: Path) -> None:
    config = tmp_path / "alertmanager.yml"
    config.write_text(rendered("alertmanager.yml.j2", monitoring_receivers=receivers))      # by 0.25 and by whatever else is there
    assert "3 receivers" in amtool("check-config", str(config))
    for labels, receiver in (("severity=page", "page"), ("severity=ticket", "ticket"), ("", "ticket"), ("severity=page rehearsal=x", "rehearsal")):
        assert amtool("config", "routes", "test", f"--config.file={config}", *labels.split()) == receiver


def test_each_receiver_hears_of_what_he_wants_to_hear_of() -> None:
    page, ticket, rehearsal = yaml.safe_load(rendered("alertmanager.yml.j2", monitoring_receivers=RECEIVERS))["receivers"]
    assert [hook["url"] for hook in page["webhook_configs"]] == [RECEIVERS[0]["url"], RECEIVERS[1]["url"]]
    assert [hook["url"] for hook in ticket["webhook_configs"]] == [RECEIVERS[1]["url"]]
    assert page["slack_configs"] == ticket["slack_configs"] and page["slack_configs"][0]["channel"] == "#sale"
    assert "email_configs" not in page and ticket["email_configs"][0]["require_tls"]
    told = [each for receiver in (page, ticket) for name, many in receiver.items() if name != "name" for each in many]
    assert all(each["send_resolved"] for each in told) and all(word in str(told) for word in ("summary", "description", "runbook", "seen_from"))
    assert [hook["url"] for hook in rehearsal["webhook_configs"]] == ["http://127.0.0.1:9095/"]


@pytest.mark.parametrize("url_files", [False, True])
def test_secrets_of_receivers_stand_in_files_of_their_own_and_not_in_the_configuration(url_files: bool) -> None:
    written = rendered("alertmanager.yml.j2", monitoring_receivers=RECEIVERS, __monitoring_url_files=url_files)
    files = {each["path"]: each["content"] for each in monitoring_secrets(RECEIVERS, url_files)}
    assert "CANARY" not in written and {path.rpartition("/")[0] for path in files} == {"/etc/prometheus/multicloud_receivers"}
    named = set(re.findall(r"/etc/prometheus/multicloud_receivers/[\w.-]+", written))
    assert named == set(files), "each is read by somebody, and there is no other"
    secrets = {"CANARY-token", "https://hooks.example.com/services/CANARY", "CANARY: {{ x }}"}
    hooks = {RECEIVERS[0]["url"], RECEIVERS[1]["url"]}
    assert set(files.values()) == (secrets | hooks if url_files else secrets)
    page, ticket, _ = yaml.safe_load(written)["receivers"]
    assert files[ticket["email_configs"][0]["auth_password_file"]] == "CANARY: {{ x }}"
    assert files[page["slack_configs"][0]["api_url_file"]].endswith("/CANARY")
    assert files[page["webhook_configs"][1]["http_config"]["authorization"]["credentials_file"]] == "CANARY-token"
    assert not url_files or files[page["webhook_configs"][0]["url_file"]] == RECEIVERS[0]["url"]
    assert not any("url" in hook for hook in page["webhook_configs"]) or not url_files


def test_those_files_are_for_alertmanager_alone_and_go_with_their_receivers() -> None:
    tasks = yaml.safe_load((ROLE / "tasks" / "secrets.yml").read_text())
    write = next(task for task in tasks if "ansible.builtin.copy" in task)
    assert write["no_log"] is True and write["ansible.builtin.copy"]["mode"] == "0640" and write["ansible.builtin.copy"]["owner"] == "root"
    folder = next(task for task in tasks if task.get("ansible.builtin.file", {}).get("state") == "directory")
    assert folder["ansible.builtin.file"]["mode"] == "0750" and any(task.get("ansible.builtin.file", {}).get("state") == "absent" for task in tasks)


def test_figures_are_written_elsewhere_only_where_somebody_is_named(tmp_path: Path) -> None:
    assert "remote_write" not in yaml.safe_load(rendered("prometheus.yml.j2"))
    targets = [{"url": "https://a.example/w", "user": "dr", "password": "CANARY-1"}, {"url": "https://b.example/w", "token": "CANARY-2"},
               {"url": "https://c.example/w"}]
    written = rendered("prometheus.yml.j2", monitoring_remote_write=targets)
    first, second, third = yaml.safe_load(written)["remote_write"]
    files = {each["path"]: each["content"] for each in monitoring_remote_secrets(targets)}
    assert files == {first["basic_auth"]["password_file"]: "CANARY-1", second["authorization"]["credentials_file"]: "CANARY-2"}
    assert "CANARY" not in written and third == {"url": "https://c.example/w"}
    folders = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__monitoring_secret_folders"]
    assert {path.rpartition("/")[0] for path in files} <= set(folders)
    (tmp_path / "prometheus.yml").write_text(written.replace("rule_files: [/etc/prometheus/multicloud_dr.rules.yml]", "")
                                             .replace("/etc/prometheus/multicloud_remote_write", str(tmp_path)))
    for path, content in files.items():
        (tmp_path / path.rpartition("/")[2]).write_text(content)
    done = subprocess.run([PROMTOOL, "check", "config", str(tmp_path / "prometheus.yml")], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    tasks = [task["name"] for task in yaml.safe_load((ROLE / "tasks" / "configure.yml").read_text())]
    assert tasks.index("Keep secrets where their reader alone can read them") < tasks.index("Say who is watched"), "its checker looks for the files"


def test_one_fault_is_one_message_that_is_told_again_only_while_it_lasts() -> None:
    route = yaml.safe_load(rendered("alertmanager.yml.j2", monitoring_repeat_hours=6))["route"]
    assert route["group_by"] == ["alertname", "site"] and route["repeat_interval"] == "6h"
    assert all("repeat_interval" not in each and each.get("group_by") in (None, ["..."]) for each in route["routes"]), "nobody is told otherwise"


def test_a_fault_that_comes_back_is_told_as_quickly_as_the_first_time() -> None:
    """Of thirty seconds the rest is scraping, looking, and what a rule about a site, a tunnel or a stopped copy waits for."""
    route = yaml.safe_load(rendered("alertmanager.yml.j2"))["route"]
    quick = ("SiteDown", "LinkDown", "OneTunnelLeft", "ReplicaStopped")
    slowest = max(int(rule["for"].removesuffix("s")) for rule in RULES if rule["alert"] in quick)
    for name in ("group_wait", "group_interval"):
        assert GIVEN["monitoring_scrape_seconds"] * 2 + slowest + int(route[name].removesuffix("s")) <= 30, name


def test_only_alerts_that_there_are_silence_others_and_a_rehearsal_none() -> None:
    known = {rule["alert"] for rule in RULES}
    rules = yaml.safe_load(rendered("alertmanager.yml.j2"))["inhibit_rules"]
    for each in rules:
        names = re.findall(r"\b[A-Z]\w+", " ".join([*each["source_matchers"], *each["target_matchers"]]))
        assert len(names) > 1 and set(names) <= known, "an alert that there is none of"
        assert 'rehearsal = ""' in each["source_matchers"] and 'rehearsal = ""' in each["target_matchers"]
    assert rules


def test_nothing_listens_beyond_loopback() -> None:
    described = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__monitoring_arguments"]
    for name, arguments in described.items():
        assert [each for each in arguments if each.startswith("--web.listen-address=127.0.0.1:")], name
    assert "--cluster.listen-address=" in described["prometheus-alertmanager"], "it would gossip on every address"
    tasks = yaml.safe_load((ROLE / "tasks" / "install.yml").read_text())
    assert "/etc/default/" in str(tasks[0]) and "ansible.builtin.apt" in tasks[1], "told before they are installed, and so started"
