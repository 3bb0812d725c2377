# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role proof, end of a drill: the report is made of what the switch and the buyers said, and a promise that was not kept fails the play."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt

ROOT = Path(__file__).parents[2]
DETECTED = 1100.0
TIMING = {"check_interval": 10, "check_threshold": 2, "ttl": 10, "margin": 1, "dns_ttl": 10}      # expects 30 s


def told(t: float, site: str, epoch: int) -> Attempt:
    return Attempt(t, t - 0.1, f"k{t}", 1, f"A{t}", 201, site, epoch, "local", f"t{t}", by_site=site, by_epoch=epoch)


@pytest.fixture
def service() -> Iterator[int]:
    """A service that holds every purchase it is asked for; its port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"ticket": "t" + self.path.rpartition("/k")[2]})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def report(folder: Path, port: int, first_after: float, writes: list[float], **variables: Any) -> tuple[int, str, dict[str, Any]]:
    """(exit code, everything said, the report) where NHN sold until 1090 and AWS from `first_after`, with writes to a control plane."""
    (folder / "buyers.jsonl").write_text("".join(
        sale.line() + "\n" for sale in (told(1080.0, "nhn", 1), told(1090.0, "nhn", 1), told(first_after, "aws", 2))))
    (folder / "aws.jsonl").write_text("".join(json.dumps({"time": t, "write": True, "action": "ec2:RunInstances"}) + "\n" for t in writes))
    play = [{
        "hosts": "localhost", "gather_facts": False, "connection": "local",
        "vars": {
            "ansible_python_interpreter": sys.executable, "ansible_async_dir": str(folder / "async"), "topology_standby": "aws",
            "topology_timing": TIMING, "proof_domain": "localhost", "proof_port": port, "proof_directory": str(folder), "proof_promises": 1,
            "proof_settle_seconds": 1, "proof_started": "2026-01-01T00:00:00Z", "proof_requests_log": str(folder / "aws.jsonl"),
            "proof_switch": {"verdict": "SITE_LOST", "because": "SITE_LOST: nobody answers.", "detected": DETECTED, "steps": [
                {"name": "judge", "started": 1088.0, "seconds": 12.0, "changed": False, "detail": "nobody answers"}]}, **variables,
        },
        "tasks": [
            {"name": "Send nobody", "ansible.builtin.command": {"argv": ["true"]}, "async": 30, "poll": 0, "register": "proof_shopping"},
            {"name": "Report", "ansible.builtin.include_role": {"name": "proof", "tasks_from": "report"}}],
    }]
    (folder / "play.yml").write_text(json.dumps(play))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(folder / "play.yml")], cwd=ROOT, check=False,
        capture_output=True, text=True, timeout=120, env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"})
    return done.returncode, " ".join((done.stdout + done.stderr).split()), json.loads((folder / "latest.json").read_text())


@pytest.mark.long
def test_what_is_counted_begins_with_detection_and_ends_with_the_first_sale(service: int, tmp_path: Path) -> None:
    code, said, made = report(tmp_path, service, 1118.0, [DETECTED - 0.5, 1118.5])
    assert code == 0, said[-3000:]
    assert (made["control_plane_writes"], made["rto_seconds"], made["floor_seconds"], made["max_rto_seconds"]) == (0, 28, 30, 60)
    assert made["because"] == "nobody answers." and [step["name"] for step in made["steps"]] == ["judge"]
    assert (tmp_path / "latest.html").exists() and (tmp_path / "buyers.stop").exists()


@pytest.mark.long
def test_a_write_between_and_an_outage_longer_than_is_accepted_fail_the_drill(service: int, tmp_path: Path) -> None:
    code, said, made = report(tmp_path, service, 1135.5, [DETECTED - 0.5, DETECTED + 0.5, 1135.0], proof_max_rto_over_floor=1.5)
    assert code != 0 and made["control_plane_writes"] == 2
    assert "buyers were without service for 45.5 s, more than 45" in said and "2 writes to the standby's control plane" in said
