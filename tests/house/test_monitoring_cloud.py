# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How role `monitoring` has its site's cloud asked: read within bounds, run as nobody else, its keys where only it can read them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds import figures

from tests.house.test_alerts import PROMTOOL
from tests.house.test_monitoring import ROLE, rendered

CLOUD: dict[str, Any] = {"nhn": {"auth": {"password": "CANARY"}, "database": "tickets-db"}}
TASKS: list[dict[str, Any]] = yaml.safe_load((ROLE / "tasks" / "cloud.yml").read_text())


def test_it_is_read_where_a_cloud_is_named_and_no_further_than_it_may_tell(tmp_path: Path) -> None:
    assert "job_name: cloud" not in rendered("prometheus.yml.j2")
    written = rendered("prometheus.yml.j2", monitoring_cloud=CLOUD)
    job = next(job for job in yaml.safe_load(written)["scrape_configs"] if job["job_name"] == "cloud")
    assert job["static_configs"] == [{"targets": ["127.0.0.1:9117"], "labels": {"site": "aws"}}] and job["honor_timestamps"] is False
    assert job["sample_limit"] > figures.MOST * 6 and job["label_value_length_limit"] > figures.LONGEST, "at most six APIs are asked"
    config = tmp_path / "prometheus.yml"
    config.write_text(written.replace("rule_files: [/etc/prometheus/multicloud_dr.rules.yml]", ""))
    done = subprocess.run([PROMTOOL, "check", "config", str(config)], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "CANARY" not in written, done.stdout + done.stderr


def test_its_keys_are_in_one_file_that_it_alone_can_read() -> None:
    block = TASKS[0]["block"]
    config = next(task for task in block if task.get("ansible.builtin.copy", {}).get("dest") == "/etc/multicloud-dr/cloud.json")
    assert config["no_log"] is True and config["ansible.builtin.copy"]["mode"] == "0640"
    service = rendered("cloud.service.j2")
    assert "User=multicloud-dr-cloud" in service and "/etc/multicloud-dr/cloud.json" in service
    gone = next(task for task in TASKS[1]["block"] if "loop" in task)
    assert {"/etc/multicloud-dr/cloud.json", "/etc/systemd/system/multicloud-dr-cloud.service"} <= set(gone["loop"]), "where none is named any more"


@pytest.mark.parametrize("wanted", ["NoNewPrivileges=true", "ProtectSystem=strict", "PrivateTmp=true", "MemoryMax=200M", "Restart=always",
                                    "CapabilityBoundingSet=", "StartLimitIntervalSec=0"])
def test_it_can_do_nothing_else_and_comes_back(wanted: str) -> None:
    assert wanted in rendered("cloud.service.j2").splitlines()
