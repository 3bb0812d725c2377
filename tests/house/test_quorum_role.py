# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What role quorum asks of the hosts before it says that there never was a record, and what it puts where etcd cannot start without it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

ROLE = Path(__file__).parents[2] / "roles" / "quorum"
NFT = shutil.which("nft", path="/usr/sbin:/sbin")


@pytest.mark.long
@pytest.mark.parametrize(("writer", "epoch", "note", "remembers"), [
    (None, "5\n", None, 5), (None, None, None, 0), (None, None, json.dumps({"record": {"writer": "nhn", "epoch": 3}}), 3), ("nhn", "5", None, 0)])
def test_a_host_says_what_it_remembers_where_the_record_names_nobody(
        tmp_path: Path, writer: str | None, epoch: str | None, note: str | None, remembers: int) -> None:
    (tmp_path / "snapshots").mkdir()
    for name, text in (("epoch", epoch), ("snapshots/newest.json", note)):
        if text is not None:
            (tmp_path / name).write_text(text, encoding="ascii")
    text = (ROLE / "tasks" / "ask.yml").read_text(encoding="utf-8").replace("/var/lib/multicloud-dr/epoch", '"{{ __quorum_state }}/epoch"')
    _stat, _read, remember, keep = yaml.safe_load(text)
    play: dict[str, Any] = {
        "hosts": "localhost", "gather_facts": False,
        "vars": {"__quorum_state": str(tmp_path), "__quorum_mark": {"stat": {"exists": True}},
                 "__quorum_record": {"answered": True, "writer": writer, "because": "read"}},
        "tasks": [remember, keep, {"ansible.builtin.debug": {"msg": "REMEMBERS {{ quorum_asked.remembers }}"}}]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = subprocess.run([Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", tmp_path / "play.yml"],
                         cwd=ROLE.parents[1], text=True, check=False, capture_output=True, timeout=300, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert run.returncode == 0 and re.findall(r"REMEMBERS (\d+)$", run.stdout, re.MULTILINE) == [str(remembers)], run.stdout + run.stderr


def firewall(clients: list[str]) -> str:
    return jinja2.Environment().from_string((ROLE / "templates" / "quorum.nft.j2").read_text(encoding="utf-8")).render(
        ansible_managed="by Ansible", __quorum_others=[{"address": "198.51.100.10"}, {"address": "192.0.2.7"}], quorum_client_cidrs=clients,
        quorum_client_port=2379, quorum_peer_port=2380)


def test_the_firewall_s_file_is_put_only_where_it_can_be_loaded() -> None:
    """Every start of etcd loads it first, on all three members."""
    tasks = yaml.safe_load((ROLE / "tasks" / "configure.yml").read_text(encoding="utf-8"))
    (put,) = [task for task in tasks if "quorum.nft.j2" in str(task.get("loop"))]
    (item,) = [each for each in put["loop"] if each["src"] == "quorum.nft.j2"]
    assert item["validate"] == "/usr/sbin/nft -c -f %s" and put["ansible.builtin.template"]["validate"] == "{{ item.validate | default(omit) }}"


@pytest.mark.skipif(not NFT or not shutil.which("unshare"), reason="needs nft and unshare")
@pytest.mark.parametrize(("clients", "loads"), [
    ([], True), (["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7"], True), (["2001:db8::/32"], False), (["10.0.0.0/33"], False)])
def test_what_the_firewall_refuses_is_noticed_by_that(tmp_path: Path, clients: list[str], loads: bool) -> None:
    (tmp_path / "firewall.nft").write_text(firewall(clients), encoding="utf-8")
    done = subprocess.run(["unshare", "--map-root-user", "--net", str(NFT), "-c", "-f", tmp_path / "firewall.nft"], capture_output=True, text=True,
                          check=False, timeout=60)
    if "unshare" in done.stderr:
        pytest.skip(f"this machine lets nobody have a network of his own: {done.stderr.strip()}")
    assert (done.returncode == 0) == loads, done.stderr
