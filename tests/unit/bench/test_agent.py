# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent costs is read from the kernel, of this clone's agents alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench import agent

HOSTS = [{"name": "lab-nhn", "state": "running", "labels": {"mcdr.site": "nhn"}, "id": "abc1"},
         {"name": "lab-aws", "state": "running", "labels": {"mcdr.site": "aws"}, "id": "abc2"}]


def process(proc: Path, pid: int, container: str, words: list[str], ticks: int = 0) -> None:
    home = proc / str(pid)
    home.mkdir(parents=True)
    (home / "cmdline").write_bytes(b"\0".join(word.encode() for word in words))
    (home / "cgroup").write_text(f"0::/libpod_parent/libpod-{container}/system.slice/multicloud-dr-agent.service\n")
    (home / "stat").write_text(f"{pid} (python3 -m (x)) S " + " ".join(["0"] * 10 + [str(ticks), "5"] + ["0"] * 20))
    (home / "status").write_text("Name:\tpython3\nVmHWM:\t   40960 kB\nVmRSS:\t   30720 kB\n")


def test_this_clone_s_agents_are_found_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "containers", lambda **_: HOSTS)
    process(tmp_path, 10, "abc1", ["python3", "-m", agent.DAEMON, "c"])
    process(tmp_path, 11, "abc2", ["python3", "-m", agent.DAEMON, "c"])
    process(tmp_path, 12, "abc1", ["grep", f"x{agent.DAEMON}"])
    process(tmp_path, 13, "fff0", ["python3", "-m", agent.DAEMON, "c"])
    (tmp_path / "self").mkdir()
    assert agent.agents(tmp_path) == {"nhn": 10, "aws": 11}


def test_without_one_it_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "containers", lambda **_: HOSTS)
    with pytest.raises(agent.NoAgent, match="no agent runs on aws, nhn"):
        agent.agents(tmp_path)


def test_what_it_used(tmp_path: Path) -> None:
    process(tmp_path, 10, "abc1", [], ticks=95)
    assert agent.used(10, tmp_path) == (100 / os.sysconf("SC_CLK_TCK"), 30.0)
    assert agent.figures({"nhn": {"mb": 30.0, "cpu_percent": 0.7}, "aws": {"mb": 28.0, "cpu_percent": 0.9}}) == {
        "agent_mb": 30.0, "agent_cpu_percent": 0.9}
