# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the monitoring itself is said by it: Debian's Prometheus with the role's configuration and rules, and bad input of each kind.

The rules are as they are but for how long they wait: those that would wait for less than hours do not wait here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.see import Agents, free_port
from tests.house.test_monitoring import rendered

ROOT = Path(__file__).parents[2]
PROMETHEUS = shutil.which("prometheus") or str(ROOT / ".venv" / "bin" / "prometheus")
pytestmark = [pytest.mark.long, pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of one's own takes root")]
ROOM = 24           # MB of disk that Prometheus has
PATIENCE = 60.0     # seconds until something has to be said


class Told:
    """An Alertmanager that notes which alerts it is given."""

    def __init__(self) -> None:
        self.alerts: set[tuple[str, str]] = set()
        told = self

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                # One that is over is handed on for a while, with the moment at which it ended.
                told.alerts |= {(each["labels"]["alertname"], each["labels"].get("site", "")) for each in given
                                if datetime.fromisoformat(each["endsAt"]) > datetime.now(UTC)}
                self.send_response(200)
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def end(self) -> None:
        """Nobody answers there any more."""
        self.server.shutdown()
        self.server.server_close()


class World:
    """Two agents, a Prometheus that reads them every second and keeps what it read on a small disk, and an Alertmanager."""

    def __init__(self, folder: Path) -> None:
        self.agents, self.told, self.port = Agents(), Told(), free_port()
        self.data = folder / "data"
        self.data.mkdir()
        rules = yaml.safe_load((ROOT / "extensions" / "prometheus" / "rules.yml").read_text())
        for group in rules["groups"]:
            group["interval"] = "1s"
            for rule in group["rules"]:
                if not rule["for"].endswith("h"):       # what takes hours is about days, and these agents are a minute old
                    rule["for"] = "0s"
        (folder / "rules.yml").write_text(yaml.safe_dump(rules))
        beside = self.agents.beside.server_port
        written = rendered("prometheus.yml.j2", monitoring_scrape_seconds=1, monitoring_prometheus_port=self.port, monitoring_node_port=beside,
                           monitoring_mysqld_port=beside, monitoring_alertmanager_port=self.told.server.server_port,
                           monitoring_agents=[{"site": site, "address": f"127.0.0.1:{server.server_port}"}
                                              for site, server in self.agents.servers.items()])
        written = written.replace("/etc/prometheus/multicloud_dr.rules.yml", str(folder / "rules.yml"))
        (folder / "prometheus.yml").write_text(re.sub(r"scrape_interval: \d+s", "scrape_interval: 1s", written))
        small = f"mount -t tmpfs -o size={ROOM}m none {self.data} && exec \"$0\" \"$@\""
        self.running = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", small, PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={self.data}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--query.lookback-delta=5s", "--rules.alert.resend-delay=1s"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self) -> None:
        self.running.terminate()
        self.running.wait(30)
        for server in (*self.agents.servers.values(), self.agents.receiver, self.agents.beside):
            server.shutdown()

    def says(self, alert: str, site: str = "") -> None:
        """Wait until Alertmanager was told of it."""
        _until(lambda: (alert, site) in self.told.alerts, lambda: f"{alert} at {site or 'no site'} was not told, but {sorted(self.told.alerts)}")

    def asked(self, path: str) -> Any:
        """What Prometheus itself answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)["data"]

    def firing(self) -> set[str]:
        return {each["labels"]["alertname"] for each in self.asked("alerts")["alerts"] if each["state"] == "firing"}


def _until(true: Callable[[], bool], why: Callable[[], str]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, why()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    assert Path(PROMETHEUS).exists(), "prometheus is not there: run `make setup .venv/bin/prometheus`, which takes it out of Debian's package"
    made = World(tmp_path_factory.mktemp("prometheus"))

    def reads() -> bool:
        try:
            found = made.asked('query?query=up{job="multicloud_dr_agent"}')["result"]
        except OSError:
            return False
        return [each["value"][1] for each in found] == ["1", "1"]

    try:
        _until(reads, lambda: "it does not read the agents")
        yield made
    finally:
        made.end()


@pytest.fixture(autouse=True)
def well(world: World) -> None:
    """Each begins with agents that are well, and with nothing told."""
    world.agents.well()
    _until(lambda: not world.firing() - {"FiguresRefused", "NobodyIsTold"}, lambda: f"{world.firing()} goes on")      # these look back two minutes
    world.told.alerts.clear()


def test_an_ordinary_minute_raises_nothing(world: World) -> None:
    time.sleep(5)
    assert world.told.alerts == set() == world.firing()


def test_a_target_that_speaks_for_another_site_is_told(world: World) -> None:
    world.agents.say("nhn", **{'dr_compared_equal{site="aws"}': 1})
    world.says("StrangeFigures", "aws")


def test_figures_that_cannot_be_are_told(world: World) -> None:
    world.agents.say("aws", dr_rpo_seconds=float("nan"))
    world.says("StrangeFigures", "aws")


def test_a_clock_that_is_an_hour_off_is_told_whichever_it_is(world: World) -> None:
    world.agents.say("nhn", multicloud_dr_time_seconds=time.time() - 3600)
    world.agents.say("aws", multicloud_dr_time_seconds=time.time())
    world.says("HostClockOff", "nhn")
    assert ("HostClockOff", "aws") not in world.told.alerts


@pytest.mark.parametrize("figures", [{f'multicloud_dr_x{{at="{at}"}}': 1.0 for at in range(600)}, {'multicloud_dr_x{at="' + "x" * 300 + '"}': 1.0},
                                     {f'multicloud_dr_x{{at="{"x" * 150}{at}"}}': 1.0 for at in range(8000)}], ids=["series", "label", "bytes"])
def test_whoever_tells_more_than_he_may_is_refused_whole_and_told_and_the_others_are_read_on(world: World, figures: dict[str, float]) -> None:
    world.agents.say("nhn", **figures)
    world.says("SiteDown", "nhn")
    world.says("FiguresRefused", "aws")                         # of which site's Prometheus it is
    assert world.asked('query?query=up{job="multicloud_dr_agent",site="aws"}')["result"][0]["value"][1] == "1"
    assert world.asked("query?query=count({at!=''})")["result"] == []


def test_a_full_disk_is_told_although_nothing_is_kept(world: World) -> None:
    """Without room it keeps no figure, `up` neither: then an absence is all that a rule can go by, and Alertmanager is still told."""
    disk = Path(f"/proc/{world.running.pid}/root{world.data}")
    with (disk / "filler").open("wb", buffering=0) as file:
        for piece in (65536, 4096, 1):              # to the last byte
            with suppress(OSError):
                while True:
                    file.write(b"x" * piece)
        try:
            world.says("NothingIsRead")
        finally:
            (disk / "filler").unlink()
    assert world.running.poll() is None, "it goes on"


def test_an_alertmanager_that_is_away_is_shown_where_prometheus_is_looked_at(world: World) -> None:
    """The last one, as nobody is told afterwards."""
    world.told.end()
    world.agents.figures["nhn"] = None
    _until(lambda: {"SiteDown", "NobodyIsTold"} <= world.firing(), lambda: f"only {world.firing()}")
