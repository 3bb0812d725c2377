# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Before a release touches anything: one that another has followed is refused, and so is a site where something else runs than is taken for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.release import record

ROOT = Path(__file__).parents[2]
OLD, OURS, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64, "sha256:" + "c" * 64
AGAIN = "what ran before runs again"


class App(BaseHTTPRequestHandler):
    """Says that whatever is asked for by its path runs; no release is called `nothing`."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/nothing" else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"release": self.path[1:]} if self.path != "/nothing" else {"detail": "Not Found"}).encode())

    def log_message(self, *_unused: object) -> None:
        """Quiet."""


@pytest.fixture
def app() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def rolled(*sites: str, begun: tuple[str, ...] = (), followed: str | None = "1.3") -> record.Record:
    """The record of 1.4: built, rolled out at `sites`, and begun at others."""
    kept = record.end(record.begin(record.blank("1.4", 1.0), "build", 1.0), "build", record.DONE, "", 2.0, {"digest": OURS})
    facts = {} if followed is None else {"followed": followed}
    for site in (*sites, *begun):
        kept = record.begin(kept, f"roll:{site}", 3.0, facts)
        if site in sites:
            kept = record.end(kept, f"roll:{site}", record.DONE, "", 4.0)
    return kept


# name: (its record, what release_current_file names, what the application at nhn says, words of the refusal or "" for none)
CASES: dict[str, tuple[record.Record | None, str, str, str]] = {
    "new": (None, "1.3", OLD, ""),
    "the first one": (None, "", OLD, ""),
    "no clone of whoever released last": (None, "", OURS, "app_images_first"),
    "another than the file names": (None, "1.3", OURS, "Bring back the release_current_file"),
    "an application that does not tell": (None, "1.3", "nothing", ""),
    "well and again": (rolled("aws", "nhn"), "1.4", OURS, ""),
    "killed before it was concluded": (rolled("aws", "nhn"), "1.3", OURS, ""),
    "killed while it was rolled out": (rolled("aws", begun=("nhn",)), "1.3", OURS, ""),
    "stopped before it was rolled out": (rolled("aws", begun=("nhn",)), "1.3", OLD, ""),
    "followed": (rolled("aws", "nhn"), "1.5", "nothing", "release_of=1.4"),
    "followed, without a word of what ran before": (rolled("aws", "nhn", followed=None), "1.5", "nothing", "release_of=1.4"),
    "followed while half of it was done": (rolled("aws"), "1.5", OLD, "release_of=1.4"),
    "said to be done, and another one runs": (rolled("aws", "nhn"), "1.3", OTHER, "the record of this release"),
    AGAIN: (rolled("aws", "nhn"), "1.3", OLD, ""),      # somebody built in between, with the file of before
}


def test_what_would_be_taken_for_running_has_to_run(app: str, tmp_path: Path) -> None:
    tasks: list[dict[str, Any]] = []
    for number, (name, (kept, current, says, _words)) in enumerate(CASES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        if kept:
            record.write(folder / "1.4.json", kept)
        if current:
            (folder / "current.json").write_text(json.dumps({"release": current, "images": {}}))
        tasks.append({
            "name": name,
            "block": [{"ansible.builtin.include_role": {"name": "multicloud.dr.release", "tasks_from": "before"},
                       "vars": {"release_folder": str(folder), "release_current_file": str(folder / "current.json"),
                                "release_what_runs_url": f"{app}/{says}", "release_what_ran": OLD}},
                      {"ansible.builtin.debug": {"msg": f"CASE {number} went on"}}],
            "rescue": [{"ansible.builtin.debug": {"msg": f"CASE {number} {{{{ ansible_failed_result.msg }}}}"}}]})
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks, "vars": {
        "ansible_python_interpreter": sys.executable, "release_name": "1.4", "release_site": "nhn", "release_ask_from": "localhost"}}]))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", tmp_path / "play.yml"], cwd=tmp_path, text=True,
        check=False, capture_output=True, timeout=240, env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0",
                                                            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1500:]
    said = {int(number): words for number, words in re.findall(r'"msg": "CASE (\d+) (.*)"$', done.stdout, re.MULTILINE)}
    assert len(said) == len(CASES), done.stdout[-3000:]
    ends = {name: record.last(record.read(tmp_path / str(number) / "1.4.json") or record.blank("1.4", 1.0)) for number, name in enumerate(CASES)}
    assert ends[AGAIN] == {"build": "done", "roll:aws": "done", "roll:nhn": "back"}, "it is to be rolled out anew there"
    assert all(ends[name] == record.last(kept) for name, (kept, *_unused) in CASES.items() if kept and name != AGAIN), "nothing else is forgotten"
    for number, (name, (_kept, _current, _says, words)) in enumerate(CASES.items()):
        assert (words in said[number] and "Nothing was touched" in said[number]) if words else said[number] == "went on", (name, said[number])
