# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The alerts: each goes by figures that somebody exports, says what it means and where to read on, and has a story in which it fires."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.backup import record
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds import figures as clouds
from ansible_collections.multicloud.dr.plugins.module_utils.switch.metrics import metrics

from tests.unit.plugins.switch.console_world import AWS, NHN, NOW, SWITCHED, nhn_is_dark, status

ROOT = Path(__file__).parents[2]
WHERE = ROOT / "extensions" / "prometheus"
RULES: list[dict[str, Any]] = [rule for group in yaml.safe_load((WHERE / "rules.yml").read_text())["groups"] for rule in group["rules"]]
# What Prometheus says of a target by itself, and it and Alertmanager of themselves: read from those of Debian 12 (2.42.0, 0.25.0).
PROMETHEUS = {"up", "prometheus_target_scrapes_exceeded_sample_limit_total", "prometheus_target_scrape_pool_exceeded_label_limits_total",
              "prometheus_target_scrapes_exceeded_body_size_limit_total", "prometheus_notifications_alertmanagers_discovered",
              "prometheus_notifications_errors_total", "prometheus_notifications_dropped_total", "prometheus_rule_evaluation_failures_total",
              "alertmanager_notifications_failed_total"}
# What Debian's exporters say, as far as somebody here goes by it: read from those of Debian 12 (1.5.0, 0.14.0 at MySQL 9, 0.23.0).
EXPORTERS = {"node_filesystem_avail_bytes", "node_filesystem_size_bytes", "mysql_up", "mysql_global_status_threads_connected",
             "mysql_global_variables_max_connections", "probe_success", "probe_ssl_earliest_cert_expiry"}
PROMTOOL = shutil.which("promtool") or str(ROOT / ".venv" / "bin" / "promtool")


def exported() -> set[str]:
    """Every figure that an agent, a backup or a cloud tells Prometheus, at either site, in good days and bad."""
    agents = "".join(metrics(status(seen, switched=SWITCHED), NOW) for seen in (NHN, AWS, nhn_is_dark(), replace(AWS, maintenance=True)))
    backups = record.metrics({"backup": {"created": 1, "bytes": 1, "ok": 1}, "test": {"at": 1, "ok": 1}})
    return set(re.findall(r"^# TYPE (\w+) ", agents + backups, re.MULTILINE)) | set(clouds.ABOUT)


def used(expression: str) -> set[str]:
    """The figures that it looks at."""
    bare = re.sub(r"\{[^}]*\}", "", expression)
    return set(re.findall(r"\b(?:multicloud_dr|dr|node|mysql|probe|prometheus|alertmanager)_\w+|\bup\b", bare))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_it_goes_by_what_is_exported_and_leads_on(rule: dict[str, Any]) -> None:
    assert used(rule["expr"]) and used(rule["expr"]) <= exported() | PROMETHEUS | EXPORTERS
    told = rule["annotations"]
    assert set(told) == {"summary", "description", "runbook"} and rule["labels"]["severity"] in ("page", "ticket") and "for" in rule
    runbook = ROOT / told["runbook"]
    assert runbook.is_file() and rule["alert"] in runbook.read_text(), "the page does not speak of it"


def test_what_wakes_somebody_about_a_site_a_tunnel_or_the_copy_is_quick() -> None:
    limits = {rule["alert"]: rule["for"] for rule in RULES}
    for name in ("SiteDown", "LinkDown", "OneTunnelLeft", "ReplicaStopped"):
        assert int(limits[name].removesuffix("s")) + 10 <= 30, "scraped and looked at every 5 s: at the receiver within 30 s"


def test_every_figure_of_an_agent_says_what_it_is() -> None:
    text = metrics(status(AWS, switched=SWITCHED), NOW)
    names = re.findall(r"^(\w+)(?:\{[^}]*\})? \S+$", text, re.MULTILINE)
    assert len(set(names)) > 20 and set(names) == set(re.findall(r"^# HELP (\w+) \S", text, re.MULTILINE))
    assert len(text.splitlines()) < 120, "some thirty series: sample_limit in extensions/prometheus/README.md has room"


def test_every_alert_has_a_story_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    stories = yaml.safe_load((WHERE / "tests.yml").read_text())["tests"]
    fired = [{re.findall(r'alertname="(\w+)"', sample["labels"])[0] for check in story.get("promql_expr_test", [])
              for sample in check.get("exp_samples", [])} for story in stories]
    for rule in RULES:
        assert any(rule["alert"] in each for each in fired) and any(rule["alert"] not in each for each in fired), rule["alert"]
    quiet = stories[0]
    assert not fired[0] and {used(series["series"]).pop() for series in quiet["input_series"]} >= set().union(*(used(rule["expr"]) for rule in RULES))


@pytest.mark.parametrize("arguments", [
    ("check", "rules", "rules.yml"), pytest.param(("test", "rules", "tests.yml"), marks=pytest.mark.long)], ids=" ".join)
def test_promtool(arguments: tuple[str, ...]) -> None:
    assert Path(PROMTOOL).exists(), "promtool is not there: run `make setup .venv/bin/promtool`, which takes it out of Debian's package prometheus"
    done = subprocess.run([PROMTOOL, *arguments], cwd=WHERE, check=False, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
