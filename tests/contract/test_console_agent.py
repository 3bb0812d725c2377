# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole agent that reaches nothing at all, no etcd, no database, no other site: its page is there, says so, and costs little while people look."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.agent import used

ROOT = Path(__file__).parents[2]
DAEMON = "ansible_collections.multicloud.dr.plugins.module_utils.switch.daemon"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        return int(asked.getsockname()[1])


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Its process, and the address of what it answers."""
    port, closed = free_port(), free_port()
    config = {"topology": "tickets", "site": "aws", "primary": "nhn", "state_directory": str(tmp_path),
              "etcd": {"endpoints": [f"http://127.0.0.1:{closed}"] * 3}, "peer_agent": f"http://127.0.0.1:{closed}",
              "database": {"host": "127.0.0.1", "port": closed, "user": "agent", "password": "CANARY-77", "dialect": "plain"},
              "edges": {site: f"http://127.0.0.1:{closed}/" for site in ("nhn", "aws")}, "listen": {"addresses": ["127.0.0.1"], "port": port}}
    (tmp_path / "agent.json").write_text(json.dumps(config))
    process = subprocess.Popen([sys.executable, "-m", DAEMON, str(tmp_path / "agent.json")], cwd=tmp_path, stdout=subprocess.DEVNULL,
                               env={**os.environ, "PYTHONPATH": str(ROOT / "collections")})
    yield process, f"http://127.0.0.1:{port}"
    process.terminate()
    assert process.wait(20) == 0


def shown(url: str) -> dict[str, Any]:
    """What the page is told, once the agent answers and has looked at the world."""
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"{url}/console/data", timeout=5) as answer:
                told = json.load(answer)
            if told["seen_seconds"] is not None and told["record"]["said"]:
                assert isinstance(told, dict)
                return told
        except OSError:
            pass
        assert time.monotonic() < until, "it never answered"


def test_it_reaches_nothing_and_says_so(agent: tuple[subprocess.Popen[bytes], str]) -> None:
    _process, url = agent
    told = shown(url)
    assert [(each["site"], each["known"]) for each in told["sites"]] == [("nhn", False), ("aws", True)]
    assert not told["readiness"]["ready"] and told["readiness"]["writer"] is None and told["rpo"]["now_seconds"] is None
    assert told["sites"][1]["verdict"] in ("QUORUM_LOST", "RECORD_UNREACHABLE") and told["sites"][1]["gate"]["open"] is None
    assert "CANARY-77" not in json.dumps(told)
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert "multicloud_dr_writer 0\n" in text and "would_take_over" not in text, "who writes is not known, so neither is who would follow"


@pytest.mark.long
def test_it_costs_little_while_people_look(agent: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = agent
    shown(url)
    with urllib.request.urlopen(f"{url}/console", timeout=5) as page:
        assert len(page.read()) > 20_000
    listeners = [urllib.request.urlopen(f"{url}/console/events", timeout=10) for _ in range(4)]
    before, _mb = used(process.pid)
    began = time.monotonic()
    heard = 0
    while heard < 5:                                    # ten seconds
        heard += listeners[0].readline().startswith(b"data: ")
    spent, megabytes = used(process.pid)
    share = (spent - before) / (time.monotonic() - began)
    for each in listeners:
        each.close()
    assert megabytes <= 60, f"{megabytes:.1f} MB"
    assert share <= 0.02, f"{share:.1%} of a core: the goal of 1 % is measured by bench.agent in a lab at rest, where nothing has to be tried again"
    print(f"{megabytes:.1f} MB, {share:.2%}")
