# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role proof, beginning of a drill: the evidence is this drill's alone, and buyers go home with whoever sent them."""

from __future__ import annotations

import fcntl
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt
from ansible_collections.multicloud.dr.plugins.module_utils.proof.crowd import Alone, StillThere

ROOT = Path(__file__).parents[2]
# Where SIGINT is ignored, as under nohup, an interrupt would not interrupt.
HEARING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


class Shop(http.server.ThreadingHTTPServer):
    """Lists a thousand free seats, sells none, and says when somebody first asked for one."""

    daemon_threads = True
    asked = threading.Event()


@pytest.fixture
def shop() -> Iterator[Shop]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, [{"seat": f"A-{number}", "taken": False} for number in range(1000)])

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            shop.asked.set()
            self._answer(503, {"error": "not_the_writer"})

        def _answer(self, code: int, said: object) -> None:
            body = json.dumps(said).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    shop = Shop(("127.0.0.1", 0), Handler)
    shop.asked = threading.Event()
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    yield shop
    shop.shutdown()
    shop.server_close()


@contextmanager
def begun(folder: Path, port: int, seconds: int) -> Iterator[subprocess.Popen[str]]:
    """`begin`, ended as a person would end it when the block ends: its workers have sessions of their own, and only it can end them."""
    drill = begin(folder, port, seconds)
    try:
        yield drill
    finally:
        drill.send_signal(signal.SIGINT)
        drill.communicate(timeout=120)


def begin(folder: Path, port: int, seconds: int) -> subprocess.Popen[str]:
    """ansible-playbook that begins a drill whose buyers must be served within `seconds`."""
    (folder / "play.yml").write_text(json.dumps([{
        "hosts": "localhost", "gather_facts": False, "connection": "local",
        "vars": {"ansible_python_interpreter": sys.executable, "ansible_async_dir": str(folder / "async"), "proof_domain": "localhost",
                 "proof_port": port, "proof_directory": str(folder), "proof_promises": 1, "proof_seconds": seconds},
        "tasks": [{"name": "Begin", "ansible.builtin.include_role": {"name": "proof", "tasks_from": "begin"}}]}]))
    return subprocess.Popen(
        [sys.executable, "-c", HEARING, Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", folder / "play.yml"],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(folder / "home")},
        start_new_session=True)


@pytest.mark.long
def test_an_earlier_drills_promises_are_not_this_ones(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "buyers.jsonl").write_text("".join(
        Attempt(t, t, f"k{t}", 1, "A", 201, "nhn", 1, "local", "t", by_site="nhn", by_epoch=1).line() + "\n" for t in (1.0, 2.0, 3.0)))
    said = " ".join(begin(tmp_path, shop.server_port, 1).communicate(timeout=120)[0].split())
    assert "saw 0" in said, said[-3000:]


@pytest.mark.long
def test_an_interrupted_drill_takes_its_buyers_with_it(shop: Shop, tmp_path: Path) -> None:
    with begun(tmp_path, shop.server_port, 100):
        assert shop.asked.wait(60), "nobody came to buy"
        with pytest.raises(StillThere, match=r"touch .*buyers\.stop"), Alone(tmp_path / "buyers.jsonl", tmp_path / "buyers.stop"):
            pass
    # Nobody tells them: the stop file stays away, and the lock is theirs until they have gone.
    with (tmp_path / "buyers.lock").open() as lock:
        waiting = threading.Thread(target=fcntl.flock, args=(lock, fcntl.LOCK_EX), daemon=True)
        waiting.start()
        waiting.join(60)
        assert not waiting.is_alive(), "they still buy"
    assert not (tmp_path / "buyers.stop").exists()


@pytest.mark.long
def test_a_drill_under_way_is_left_alone_and_what_an_ended_one_left_is_cleared(shop: Shop, tmp_path: Path) -> None:
    crowd = Alone(tmp_path / "buyers.jsonl", tmp_path / "buyers.stop")
    with begun(tmp_path, shop.server_port, 100) as drill:
        assert shop.asked.wait(60), "nobody came to buy"
        with pytest.raises(StillThere, match=f"Another drill is under way .process {drill.pid}."):
            crowd.clear(seconds=60)
        assert (tmp_path / "buyers.jsonl").exists() and not (tmp_path / "buyers.stop").exists()
    assert crowd.clear(seconds=60)
    assert not (tmp_path / "buyers.jsonl").exists() and not (tmp_path / "buyers.stop").exists()
    assert not crowd.clear(seconds=1)
