# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role release at a site whose application runs on the lab's Kubernetes: what fares badly is taken back by itself, what fares well stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.contract.release_world import play
from tests.contract.test_k8s_app_role import BAD, GOOD, Page, Town, variables
from tests.contract.test_kubernetes_api import Lab

pytestmark = pytest.mark.long
SICK, NEXT = "shop@sha256:" + "c" * 64, "shop@sha256:" + "d" * 64


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The page tells whether it is well by which image runs; its edge answers whatever that is."""
    made = Town(Lab(tmp_path / "kubernetes.jsonl"))
    made.images |= {SICK, NEXT}

    class Telling(Page):
        def do_GET(self: BaseHTTPRequestHandler) -> None:
            sick = made.images_running() == {SICK} and self.path == "/events"
            self.send_response(500 if sick else 200)
            self.end_headers()

    made.pages.RequestHandlerClass = Telling
    yield made
    made.end()
    made.lab.server.shutdown()
    made.lab.server.server_close()


def roll(name: str, image: str) -> list[dict[str, Any]]:
    """Tasks that roll an image out and say how that ended."""
    return [{"ansible.builtin.include_role": {"name": "multicloud.dr.release", "tasks_from": "roll"},
             "vars": {"release_name": name, "release_image": image}},
            {"ansible.builtin.debug": {"msg": f"{name} ended {{{{ release_outcome.outcome }}}}, as {{{{ release_outcome.because }}}}"}}]


def test_what_fares_badly_is_taken_back_and_what_fares_well_stays(town: Town, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{town.pages.server_address[1]}"
    given = {**variables(town), "k8s_app_image": "{{ app_image }}", "app_image": GOOD, "k8s_app_migrate": False, "k8s_app_wait_seconds": 8,
             "release_folder": str(tmp_path / "releases"), "release_current_file": str(tmp_path / "release.json"), "release_site": "nhn",
             "release_role": "k8s_app", "release_image_before": GOOD, "release_ask_from": "localhost", "release_what_ran": GOOD,
             "release_ready_url": f"{url}/readyz", "release_edge_url": f"{url}/edgez", "release_edge_socket": "",
             "release_pages": [f"{url}/events"] * 5, "release_least_requests": 20, "release_before_seconds": 1, "release_watch_seconds": 3}
    tasks = [{"ansible.builtin.include_role": {"name": "multicloud.dr.k8s_app"}}, *roll("1.4", BAD), *roll("1.5", SICK), *roll("1.6", NEXT)]
    said = play(tmp_path, tasks, **given)
    assert "1.4 ended back, as The application (Deployment shop in namespace sales of cluster lab) is not what it should be" in said
    assert "1.5 ended back, as 100.0 % of requests fail, and 0.0 % did before" in said
    assert "1.6 ended good, as it answered for" in said
    assert town.images_running() == {NEXT}
    steps = {name: json.loads((tmp_path / "releases" / f"{name}.json").read_text())["steps"] for name in ("1.4", "1.5", "1.6")}
    assert [[step["outcome"] for step in steps[name]] for name in steps] == [["failed"], ["failed"], ["done"]]
    assert steps["1.5"][0]["words"].startswith("back: ")


def test_a_site_that_is_not_well_gets_nothing_new(town: Town, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    given = {"release_folder": str(tmp_path / "releases"), "release_current_file": str(tmp_path / "release.json"), "release_site": "nhn",
             "release_role": "k8s_app", "release_image_before": GOOD, "release_ask_from": "localhost", "release_what_ran": GOOD,
             "release_ready_url": f"{nowhere}/readyz", "release_edge_url": f"{nowhere}/edgez",
             "release_edge_socket": "", "release_before_seconds": 1}
    said = play(tmp_path, roll("1.4", NEXT), **given)
    assert "1.4 ended stopped, as the site was not well before: the application does not say that it can serve pages" in said
    assert "Nothing was rolled out there" in said and town.lab.cluster.store.all("Deployment") == []
