# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m bench.see`: how long it takes from a fault to the alert at whoever is told, with the real Prometheus and Alertmanager of Debian's
packages, configured as role `monitoring` does, beside two agents that say what they are told to; and what a quiet while and planned switches raise.

Leaves `alert_p95_seconds` and `false_alerts` in build/bench/see.json. The programs are taken out of their packages; nothing is installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any

import jinja2
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring import remote, told

from bench.record import record

ROOT = Path(__file__).resolve().parents[1]
ROLE = ROOT / "roles" / "monitoring"
PACKAGES = ("prometheus", "prometheus-alertmanager")
PROMISED = 30.0         # seconds


class Silent(RuntimeError):
    """Nobody was told in time; the message says of what."""


def programs(cache: Path) -> Path:
    """Debian's packages, unpacked below `cache`. Raises CalledProcessError."""
    there = cache / "root"
    if not there.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=cache, check=True, stderr=subprocess.DEVNULL)
        for package in sorted(cache.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", str(package), str(there)], check=True)
    return there / "usr" / "bin"


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as asked:
        return int(asked.getsockname()[1])


class Agents:
    """Two sites whose /metrics say what stands in `figures`: {site: {series: value}}; a site that is None gives no answer."""

    def __init__(self) -> None:
        self.figures: dict[str, dict[str, float] | None] = {}
        self.servers: dict[str, ThreadingHTTPServer] = {}
        self.told: list[tuple[float, str, str, str]] = []       # when, alert, site, firing or resolved
        for site in ("nhn", "aws"):
            self.servers[site] = self._serve(site)
        self.receiver, self.beside = self._receive(), self._serve("beside")     # the latter: exporters, which have nothing to say here
        self.well()

    def well(self) -> None:
        """As in an ordinary minute, with NHN as the writer."""
        both = {"multicloud_dr_maintenance": 0, "multicloud_dr_edge_answers": 1, "multicloud_dr_link_answers": 1, "multicloud_dr_members": 3,
                "multicloud_dr_members_in_step": 3, "multicloud_dr_ungated_tables": 0, "multicloud_dr_journal_faults": 0,
                "multicloud_dr_switched_timestamp_seconds": time.time() - 86400}
        stands_by = {"multicloud_dr_writer": 0, "multicloud_dr_copy_follows": 1, "multicloud_dr_would_take_over": 1, "dr_rpo_seconds": 0.3,
                     "dr_compared_equal": 1, "dr_compared_age_seconds": 600, "dr_clock_offset_seconds": 0.001}
        self.figures = {"nhn": {**both, "multicloud_dr_writer": 1, "multicloud_dr_unprotected": 0, 'multicloud_dr_tunnel_carries{tunnel="a"}': 1,
                                'multicloud_dr_tunnel_carries{tunnel="b"}': 1}, "aws": {**both, **stands_by}}

    def switch(self) -> None:
        """A planned one: what the writer tells, the other does now, and the reverse."""
        nhn, aws = self.figures["nhn"], self.figures["aws"]
        assert nhn is not None and aws is not None
        tunnels = {name: value for name, value in {**nhn, **aws}.items() if "tunnel" in name}
        self.figures = {"nhn": {**{name: value for name, value in aws.items() if "tunnel" not in name}, **tunnels},
                        "aws": {name: value for name, value in nhn.items() if "tunnel" not in name}}

    def say(self, site: str, **more: float) -> None:
        """This figure is otherwise from now on."""
        self.figures[site] = {**(self.figures[site] or {}), **more}

    def _serve(self, site: str) -> ThreadingHTTPServer:
        agents = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                figures = agents.figures.get(site, {})
                if figures is None:
                    self.close_connection = True
                    return
                body = "".join(f"{name} {value}\n" for name, value in figures.items()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return _started(Answer)

    def _receive(self) -> ThreadingHTTPServer:
        agents = self

        class Receive(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in said["alerts"]:
                    agents.told.append((time.monotonic(), alert["labels"]["alertname"], alert["labels"].get("site", ""), alert["status"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return _started(Receive)


def _started(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def ports_beside(agents: Agents) -> dict[str, int]:
    """The role's ports. Exporters that are always read are there, or their silence would be told, and rightly."""
    free = {name: free_port() for name in yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()) if name.endswith("_port")}
    return {**free, **dict.fromkeys(("monitoring_node_port", "monitoring_mysqld_port"), agents.beside.server_port)}


@contextmanager
def watching(agents: Agents, binaries: Path) -> Iterator[None]:
    """Prometheus and Alertmanager as the role configures them, on free ports of loopback."""
    ports = ports_beside(agents)
    with tempfile.TemporaryDirectory(prefix="mcdr-see-") as name:
        home = Path(name)
        given = {**yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()), **ports, "ansible_managed": "bench.see", "monitoring_site": "aws",
                 "monitoring_agents": [{"site": site, "address": f"127.0.0.1:{server.server_port}"} for site, server in agents.servers.items()],
                 "monitoring_database": {}, "__monitoring_url_files": False,
                 "monitoring_receivers": [{"kind": "webhook", "url": f"http://127.0.0.1:{agents.receiver.server_port}/"}]}
        world = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True)
        world.filters |= {"to_json": json.dumps, "to_nice_yaml": lambda data, indent: yaml.safe_dump(data, indent=indent),
                          "multicloud.dr.monitoring_told": told.config, "multicloud.dr.monitoring_remote_write": remote.config}
        (home / "rules.yml").write_text((ROOT / "extensions" / "prometheus" / "rules.yml").read_text())
        for file in ("prometheus.yml", "alertmanager.yml"):
            text = world.from_string((ROLE / "templates" / f"{file}.j2").read_text()).render(**given)
            (home / file).write_text(text.replace("/etc/prometheus/multicloud_dr.rules.yml", str(home / "rules.yml")))
        teller = [*_at_home(binaries), str(binaries / "prometheus-alertmanager")]
        commands = ([str(binaries / "prometheus"), f"--config.file={home / 'prometheus.yml'}", f"--storage.tsdb.path={home / 'data'}",
                     f"--web.listen-address=127.0.0.1:{ports['monitoring_prometheus_port']}"],
                    [*teller, f"--config.file={home / 'alertmanager.yml'}", f"--storage.path={home / 'told'}",
                     f"--web.listen-address=127.0.0.1:{ports['monitoring_alertmanager_port']}", "--cluster.listen-address="])
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
        try:
            yield
        finally:
            for process in running:
                process.terminate()
                process.wait(30)


def _at_home(binaries: Path) -> list[str]:
    """What a program is started by that looks for its templates where the package would have put them: there they are, for it alone. Takes root."""
    share = binaries.parent / "share" / "prometheus"
    return ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs none /usr/share && cp -r {share} /usr/share/ && exec \"$0\" \"$@\""]


def _waits_for(agents: Agents, alert: str, site: str, status: str, since: float, seconds: float) -> float:
    """Seconds after `since` at which it was told. Raises Silent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for at, name, where, how in list(agents.told):
            if (name, where, how) == (alert, site, status) and at >= since:
                return at - since
        time.sleep(0.05)
    raise Silent(f"{alert} at {site} was not {status} within {seconds:.0f} s")


FAULTS: dict[str, tuple[str, Callable[[Agents], None]]] = {
    "SiteDown": ("nhn", lambda agents: agents.figures.update(nhn=None)),
    "OneTunnelLeft": ("nhn", lambda agents: agents.say("nhn", **{'multicloud_dr_tunnel_carries{tunnel="a"}': 0})),
    "ReplicaStopped": ("aws", lambda agents: agents.say("aws", multicloud_dr_copy_follows=0)),
}


def measure(rounds: int, quiet: float, switches: int, binaries: Path) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Figures and runs. Raises Silent."""
    agents, runs, took = Agents(), [], []
    with watching(agents, binaries):
        time.sleep(15)                      # until both agents were read a few times
        began = time.monotonic()
        time.sleep(quiet)
        for _ in range(switches):
            agents.switch()
            time.sleep(12)
        false = [(name, site) for at, name, site, how in agents.told if at >= began and how == "firing"]
        agents.well()
        for number in range(rounds):
            for alert, (site, strike) in FAULTS.items():
                time.sleep(3 + 1.7 * number % 5)            # at another moment between two readings each time
                since = time.monotonic()
                strike(agents)
                seconds = _waits_for(agents, alert, site, "firing", since, PROMISED * 2)
                agents.well()
                _waits_for(agents, alert, site, "resolved", since, 180)
                took.append(seconds)
                runs.append({"what": "alert", "alert": alert, "seconds": round(seconds, 2)})
                print(f"  {alert:16} {seconds:6.2f} s", flush=True)
    took.sort()
    figures = {"alert_p95_seconds": round(took[min(len(took) - 1, int(len(took) * 0.95))], 2), "false_alerts": len(false)}
    return figures, [*runs, {"what": "quiet", "seconds": quiet, "switches": switches, "told": false}]


def main() -> int:
    """Entry point; 1 with a sentence when an alert did not come."""
    parser = argparse.ArgumentParser(prog="python -m bench.see", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each fault is made (%(default)s)")
    parser.add_argument("--quiet", type=float, default=1800.0, help="seconds in which nothing happens (%(default)g)")
    parser.add_argument("--switches", type=int, default=10, help="planned switches (%(default)s)")
    options = parser.parse_args()
    try:
        figures, runs = measure(options.rounds, options.quiet, options.switches, programs(ROOT / "build" / "packages"))
    except (Silent, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(record("see", figures, {"what": "alerts", "rounds": options.rounds, "runs": runs}))
    print(f"  {figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
