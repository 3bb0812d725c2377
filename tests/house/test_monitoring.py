# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What role `monitoring` writes: taken by Prometheus's own checker, listening nowhere but on loopback, and reading both sites from each."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from tests.house.test_alerts import PROMTOOL, RULES

ROLE = Path(__file__).parents[2] / "roles" / "monitoring"
GIVEN: dict[str, Any] = {**yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()), "monitoring_site": "aws", "ansible_managed": "managed",
                         "monitoring_database": {"host": "db.example.com", "port": 3307, "user": "dr_watch", "password": "a#b; c=d%e"},
                         "monitoring_agents": [{"site": "nhn", "address": "192.168.0.10:8008"}, {"site": "aws", "address": "10.0.0.10:8008"}]}


def rendered(name: str, **given: Any) -> str:
    world = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    world.filters["to_json"] = json.dumps
    return world.from_string((ROLE / "templates" / name).read_text()).render(**{**GIVEN, **given})


def test_both_sites_are_read_from_each(tmp_path: Path) -> None:
    written = rendered("prometheus.yml.j2")
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
    assert asked["static_configs"] == [{"targets": ["10.0.0.21:8000", "10.0.1.21:8000"], "labels": {"site": "aws"}}] and asked["sample_limit"]


@pytest.mark.parametrize("urls", [[], ["https://hooks.example.com/a?b=\"c\": {d}", "https://hooks.example.com/e"]])
def test_whoever_is_told_is_named_whatever_the_address_holds(urls: list[str]) -> None:
    told = yaml.safe_load(rendered("alertmanager.yml.j2", monitoring_webhook_urls=urls))
    assert [hook["url"] for hook in told["receivers"][0].get("webhook_configs", [])] == urls
    assert told["route"]["receiver"] == told["receivers"][0]["name"]
    known = {rule["alert"] for rule in RULES}
    for each in told["inhibit_rules"]:
        names = re.findall(r"\b[A-Z]\w+", " ".join([*each["source_matchers"], *each["target_matchers"]]))
        assert set(names) <= known, "an alert that there is none of"


def test_nothing_listens_beyond_loopback() -> None:
    described = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__monitoring_arguments"]
    for name, arguments in described.items():
        assert [each for each in arguments if each.startswith("--web.listen-address=127.0.0.1:")], name
    assert "--cluster.listen-address=" in described["prometheus-alertmanager"], "it would gossip on every address"
    tasks = yaml.safe_load((ROLE / "tasks" / "install.yml").read_text())
    assert "/etc/default/" in str(tasks[0]) and "ansible.builtin.apt" in tasks[1], "told before they are installed, and so started"
