# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The made-up agents beside which alerts are measured say what real ones do, and hear who is told."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request

import pytest
import yaml

from bench import see
from tests.house.test_alerts import exported
from tests.house.test_monitoring import rendered


@pytest.fixture
def agents():
    made = see.Agents()
    yield made
    for server in [*made.servers.values(), made.receiver, made.beside]:
        server.shutdown()


def test_they_tell_what_real_agents_tell_and_fall_silent(agents: see.Agents) -> None:
    url = f"http://127.0.0.1:{agents.servers['nhn'].server_port}/metrics"
    with urllib.request.urlopen(url, timeout=5) as answer:
        names = {line.split()[0].split("{")[0] for line in answer.read().decode().splitlines()}
    assert len(names) > 8 and names <= exported()
    agents.figures["nhn"] = None
    with pytest.raises((OSError, urllib.error.URLError)):
        urllib.request.urlopen(url, timeout=5)


def test_a_switch_has_one_writer_before_and_after(agents: see.Agents) -> None:
    for writer in ("nhn", "aws", "nhn"):
        assert {site: (figures or {})["multicloud_dr_writer"] for site, figures in agents.figures.items()} == {
            site: int(site == writer) for site in ("nhn", "aws")}
        assert "multicloud_dr_copy_follows" not in (agents.figures[writer] or {})
        assert 'multicloud_dr_tunnel_carries{tunnel="a"}' in (agents.figures["nhn"] or {}), "the tunnels end at NHN, whoever writes"
        agents.switch()


def test_every_exporter_that_the_role_has_read_answers(agents: see.Agents) -> None:
    """Their silence raises an alert after ten minutes, which would be counted as a false one."""
    ports = see.ports_beside(agents)
    jobs = yaml.safe_load(rendered("prometheus.yml.j2", **ports))["scrape_configs"]
    read = {target for job in jobs for each in job["static_configs"] for target in each["targets"] if job["job_name"] != "multicloud_dr_agent"}
    mine = {f"127.0.0.1:{ports[f'monitoring_{name}_port']}" for name in ("prometheus", "alertmanager")}     # the real ones
    assert len(mine & read) == 2 and len(read) > 2
    for target in read - mine:
        with urllib.request.urlopen(f"http://{target}/metrics", timeout=5) as answer:
            assert answer.status == 200, target


def test_whoever_is_told_is_heard_and_silence_is_named(agents: see.Agents) -> None:
    since = time.monotonic()
    body = json.dumps({"alerts": [{"status": "firing", "labels": {"alertname": "SiteDown", "site": "nhn"}}]}).encode()
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{agents.receiver.server_port}/", data=body), timeout=5).close()
    assert see._waits_for(agents, "SiteDown", "nhn", "firing", since, 5) < 5
    with pytest.raises(see.Silent, match="LinkDown at aws was not firing within 0 s"):
        see._waits_for(agents, "LinkDown", "aws", "firing", since, 0.1)
