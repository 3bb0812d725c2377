# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A worker's task: refused as a whole, with every fault, before anything is asked of a server; and the Job that docs show is one."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import worker
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import Comparison

PASSWORDS = {"SYNC_SOURCE_PASSWORD": "one", "SYNC_TARGET_PASSWORD": "two"}
GOOD = {"source": {"host": "a", "user": "u"}, "target": {"host": "b", "user": "u", "port": 3307}, "schemas": ["s"], "checkpoint": "c", "threads": 4}
DOCS = Path(__file__).parents[5] / "docs" / "compare-and-repair.md"


def test_a_good_task():
    source, target, schemas, ignore, settings = worker.task(json.dumps(GOOD), PASSWORDS)
    assert (source.host, source.password, target.port, schemas, ignore) == ("a", "one", 3307, ["s"], [])
    assert settings == {"checkpoint": "c", "threads": 4}


def test_every_fault_at_once():
    bad = {**GOOD, "source": {"user": 3, "password": "x"}, "schemas": [], "threads": 0, "chunk_rows": "many", "speed": 1}
    with pytest.raises(BadInput) as refused:
        worker.task(json.dumps({**bad, "checkpoint": None}), {"SYNC_TARGET_PASSWORD": "two"})
    assert [line.split(":")[0] for line in refused.value.faults] == [
        "speed", "source.host", "source.user", "source.password", "source", "schemas", "checkpoint", "chunk_rows", "threads"]


@pytest.mark.parametrize("port", ["3306", None, [1], True, 0, 65536, 1.5])
def test_a_port_that_is_none(port):
    with pytest.raises(BadInput) as refused:
        worker.task(json.dumps({**GOOD, "source": {"host": "a", "user": "u", "port": port}, "chunk_rows": 0.5}), PASSWORDS)
    assert list(refused.value.faults) == [
        "source.port: must be a number from 1 to 65535", "chunk_rows: must be a whole number above 0, and no more than 10000000"]


@pytest.mark.parametrize(("change", "path"), [
    ('"chunk_rows": Infinity', "chunk_rows"), ('"settle_seconds": NaN', "settle_seconds"), ('"max_lag_seconds": Infinity', "max_lag_seconds"),
    ('"threads": 1e9', "threads"), ('"threads": 1.5', "threads"), (f'"lag_patience": 1{"0" * 400}', "lag_patience"),
    ('"schemas": ["mysql"]', "schemas[0]"), ('"schemas": ["s", "t", "s"]', "schemas[2]"), ('"ignore": ["seats"]', "ignore[0]"),
    ('"checkpoint": "a-b"', "checkpoint")])
def test_what_the_module_refuses_a_worker_refuses_as_well(change, path):
    """JSON has no infinity, but whoever reads it here does."""
    with pytest.raises(BadInput) as refused:
        worker.task(f"{json.dumps(GOOD)[:-1]}, {change}}}", PASSWORDS)
    assert [line.split(":")[0] for line in refused.value.faults] == [path]


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_what_is_no_task_at_all(text, tmp_path, capsys):
    file = tmp_path / "task.json"
    file.write_text(text)
    assert worker.main([str(file)]) == 2
    assert "the task is no JSON" in capsys.readouterr().err


def test_what_nobody_foresaw_is_no_difference(tmp_path, capsys, monkeypatch):
    """Docs have a Job fail at once on a 1: compared to the end, and not equal."""
    file = tmp_path / "task.json"
    file.write_bytes(b"\xff\xfe" + json.dumps(GOOD).encode())
    assert worker.main([str(file)]) == 2 and "the task is no JSON" in capsys.readouterr().err
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(name, password)
    file.write_text(json.dumps({**GOOD, "source": {"host": "db..example", "user": "u"}}))
    assert worker.main([str(file)]) == 2 and "Could not log in to MySQL as u at db..example:3306" in capsys.readouterr().err
    monkeypatch.setattr(worker, "compare", lambda *_, **__: {}["nobody foresaw it"])
    assert worker.main([str(file)]) == 2 and "nobody foresaw it" in capsys.readouterr().err


def test_a_limit_that_nothing_can_tell_is_said_to_be_none(tmp_path, capsys, monkeypatch):
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(name, password)
    file = tmp_path / "task.json"
    file.write_text(json.dumps(GOOD))
    monkeypatch.setattr(worker, "compare", lambda *_, **__: Comparison(lag_unknown=True))
    assert worker.main([str(file)]) == 0
    told = capsys.readouterr()
    assert "no heartbeat has arrived" in told.err and json.loads(told.out)["lag_unknown"] is True


def test_a_result_that_nobody_takes_is_no_difference(tmp_path, monkeypatch, capsys):
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(name, password)
    file = tmp_path / "task.json"
    file.write_text(json.dumps(GOOD))
    monkeypatch.setattr(worker, "compare", lambda *_, **__: Comparison())
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=full_disk))
    assert worker.main([str(file)]) == 2
    assert "No space left" in capsys.readouterr().err


def full_disk(_text):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_that_is_not_there(capsys):
    assert worker.main(["nowhere.json"]) == 2
    assert "No such file" in capsys.readouterr().err


def test_help_says_how(capsys):
    with pytest.raises(SystemExit):
        worker.main(["--help"])
    assert "SYNC_SOURCE_PASSWORD" in capsys.readouterr().out


def test_the_job_that_docs_show_holds_a_good_task():
    parts = {part["kind"]: part for part in yaml.safe_load_all(re.search(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)[1])}
    worker.task(parts["ConfigMap"]["data"]["task.json"], PASSWORDS)
    container = parts["Job"]["spec"]["template"]["spec"]["containers"][0]
    assert {variable["name"] for variable in container["env"]} == {*PASSWORDS, "PYTHONPATH"}
    assert container["command"][:3] == ["python3", "-m", worker.__name__]
