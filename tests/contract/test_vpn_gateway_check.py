# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A check run of role vpn_gateway asks what is in force, as a file may have been changed or a service stopped by hand: tasks/load.yml, on this
machine, with code that says what the test has it say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAYS = "import json, sys\nassert sys.argv[1:] == ['differs', *%r], sys.argv\nprint(json.dumps({'differs': %r}))\n"


@pytest.mark.parametrize(("differs", "only", "changed"), [
    (["strongswan.service", "etc/swanctl/conf.d/multicloud-a.conf"], [], 1), ([], ["b"], 0), (None, [], 0)])
def test_a_check_run_foretells_what_would_be_brought_into_force(tmp_path: Path, differs: list[str] | None, only: list[str], changed: int) -> None:
    """None: a bare host, which has no code yet. only: the tunnel that alone is described."""
    if differs is not None:
        (tmp_path / "multicloud_dr/vpn").mkdir(parents=True)
        (tmp_path / "multicloud_dr/vpn/change.py").write_text(SAYS % (only, differs))
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False,
             "tasks": [{"ansible.builtin.include_role": {"name": "multicloud.dr.vpn_gateway", "tasks_from": "load"}}]}]
    (tmp_path / "play.json").write_text(json.dumps(play))
    given = {"vpn_gateway_only": only, "ansible_python_interpreter": sys.executable, "__vpn_gateway_code": str(tmp_path),
             "__vpn_gateway_change": ["/usr/bin/env", f"PYTHONPATH={tmp_path}", "/usr/bin/python3", "-m", "multicloud_dr.vpn.change"]}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "--check", "-i", "localhost,", tmp_path / "play.json", "-e", json.dumps(given)],
        check=False, capture_output=True, text=True, timeout=300, cwd=ROOT, env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"changed={changed} " in done.stdout
    assert all(name in done.stdout for name in differs or [])
