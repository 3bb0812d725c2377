# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The dashboards: the files are what the code makes, each panel has a unit and a sentence, and each query is answered by what is exported."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.backup import record
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds import figures
from ansible_collections.multicloud.dr.plugins.module_utils.switch.metrics import metrics
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool
from ticketing.metrics import Metrics

from extensions.grafana import boards
from extensions.grafana.parts import UNITS
from tests.house.test_alerts import EXPORTERS, PROMTOOL
from tests.unit.plugins.switch.console_world import AWS, NHN, SWITCHED, status

FILES = dict(boards.made())
PANELS: list[tuple[str, dict[str, Any]]] = [
    (path.stem, panel) for path, text in FILES.items() for panel in json.loads(text)["panels"] if panel["type"] != "row"]
QUERIES = sorted({target["expr"] for _board, panel in PANELS for target in panel["targets"]})
NAME = re.compile(r"\b(?:multicloud_dr|dr|ticketing|node|haproxy|mysql|probe)_\w+|\bup\b|\bALERTS\b")
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)

# Of what clouds tell, what is looked at here: labels as tests/contract/test_cloud_figures.py sees them.
CLOUD: dict[str, tuple[tuple[str, str], ...]] = {
    "scaler_replicas": (("scaler", "ticketing"), ("what", "wanted")), "pods_cpu_cores": (), "targets": (("state", "healthy"),),
    "measure": (("of", "database"), ("measure", "CPUUtilization"), ("stat", "Average"), ("unit", "%"))}


def told() -> dict[str, str]:
    """Everything that is exported in an ordinary minute, as promtool's input: {series: values}."""
    app = Metrics(create_engine("sqlite://", poolclass=QueuePool))
    app.requests.labels("GET", "/", "200").inc()
    app.seconds.labels("/").observe(0.02)
    for outcome in ("sold", "seat_taken"):
        app.purchases.labels(outcome).inc()
    app.acknowledgements.labels("local", "policy").inc()
    backups = record.metrics({"backup": {"created": 1, "bytes": 1, "ok": 1}, "test": {"at": 1, "ok": 1}})
    cloud = {name: figures.text([figures.Figure(f"multicloud_dr_cloud_{name}", 1, labels)]) for name, labels in CLOUD.items()}
    texts = {"nhn": metrics(status(NHN, switched=SWITCHED)) + backups + cloud["scaler_replicas"] + cloud["pods_cpu_cores"],
             "aws": metrics(status(AWS, switched=SWITCHED)) + app.text().decode() + cloud["targets"] + cloud["measure"]}
    series = {'ALERTS{alertname="LinkDown", alertstate="firing"}': "1x120"}
    series |= {f'{name}{{site="nhn", job="door", mountpoint="/"}}': "1x120" for name in EXPORTERS}
    for site, text in texts.items():
        for job in ("multicloud_dr_agent", "ticketing"):
            series[f'up{{job="{job}", site="{site}"}}'] = "1x120"
        for name, labels, value in SAMPLE.findall(text):
            every = ", ".join([*([labels] if labels else []), *([] if 'site="' in labels else [f'site="{site}"'])])
            series[f"{name}{{{every}}}"] = "0+2x120" if re.search(r"_(total|bucket|count|sum)$", name) else f"{value}x120"
    return series


def test_the_files_are_what_the_code_makes() -> None:
    assert {path.name for path in boards.WHERE.iterdir()} == {path.name for path in FILES}
    for path, text in FILES.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run `make dashboards`"


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}-{panel['title']}-{panel['id']}" for board, panel in PANELS])
def test_each_panel_has_a_unit_a_sentence_and_asks_for_what_is_exported(board: str, panel: dict[str, Any]) -> None:
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert re.fullmatch(r"[A-Z].{20,}[^.]\.", panel["description"]), "a sentence"
    assert panel["datasource"]["uid"] == "${source}" and panel["targets"]
    exported = {series.partition("{")[0] for series in told()}
    for target in panel["targets"]:
        asked = set(NAME.findall(re.sub(r'"[^"]*"', "", target["expr"])))
        assert asked and asked <= exported, target["expr"]
        assert target["legendFormat"] and target["datasource"] == panel["datasource"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_panels_lie_beside_each_other_and_the_way_to_the_others_is_there(path: Path) -> None:
    board = json.loads(FILES[path])
    assert board["uid"] == f"multicloud-dr-{path.stem}" and board["description"].endswith(".") and board["editable"] is False
    assert [variable["query"] for variable in board["templating"]["list"]] == ["prometheus"] and board["links"][0]["tags"] == board["tags"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells


def test_prometheus_answers_each_query(tmp_path: Path) -> None:
    """With data, by its own engine. Grafana's words for times are put in as Grafana would."""
    asked = [query.replace("$__rate_interval", "1m").replace("$__range", "5m") for query in QUERIES]
    story = {"rule_files": [], "tests": [{
        "interval": "5s", "input_series": [{"series": series, "values": values} for series, values in told().items()],
        "promql_expr_test": [{"expr": f"count({query}) > bool 0", "eval_time": "8m", "exp_samples": [{"labels": "{}", "value": 1}]}
                             for query in asked]}]}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(story))
    done = subprocess.run([PROMTOOL, "test", "rules", "tests.yml"], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and len(asked) > 40, done.stdout + done.stderr
