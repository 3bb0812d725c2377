# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rush of log-ins and of people who look at a hall of a thousand seats fits into what a pod gets (256 MiB by default), as the image is set up."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish

from tests.contract.app_shop import at_once, opened, stocked, url
from tests.contract.mysql_pair import until

APP = Path(__file__).parents[2] / "app"
LIMIT_KB = 200 * 1024


def environment() -> dict[str, str]:
    """What the image sets."""
    lines = re.findall(r"^ENV (.+)$", (APP / "Containerfile").read_text(), re.MULTILINE)
    return {name: value for line in lines for name, value in re.findall(r"(\S+?)=(\S+)", line) if name != "PATH"}


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.long
def test_a_rush_fits_into_a_pod(followed: Wish, tmp_path: Path) -> None:
    assert followed.reader is not None
    with opened((followed.reader, followed.replica)) as empty, socket.socket() as free:
        shop = stocked(empty, rows=10, width=100)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        given = {**os.environ, **environment(), "PYTHONPATH": str(APP), "DATABASE_URL": url(shop.writer), "SITE": "nhn",
                 "RATE_LIMITS": "sign_up_address=0/1"}
        with (tmp_path / "log").open("wb") as log:
            served = subprocess.Popen([sys.executable, "-m", "uvicorn", "--factory", "ticketing.main:create", "--port", str(port)],
                                      env=given, stdout=log, stderr=log)
        try:
            until(lambda: answers(port), 60)

            def one(number: int) -> int:
                body = json.dumps({"email": f"u{number}@example.com", "name": "N", "password": "correct horse battery"}).encode()
                path, sent = (f"events/{shop.event_id}", None) if number % 4 else ("api/accounts", body)
                asked = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", sent, {"Content-Type": "application/json"})
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    answer.read()
                    return answer.status

            assert Counter(str(each) for each in at_once(one, 200, 24)) == {"200": 150, "201": 50}
            peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{served.pid}/status").read_text())
            assert peak and int(peak[1]) < LIMIT_KB, f"{peak and peak[1]} kB at the most"
        finally:
            served.terminate()
            served.wait(20)
