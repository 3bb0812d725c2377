# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role vpn_gateway chooses the data plane by what the kernel has, and does not leave one that is in force because it could not look: tasks/plane.yml,
on this machine, with an `unshare` that refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("was", "named", "said"), [
    ("kernel", "auto", "auto found no ESP here (unshare: not permitted), but the kernel's data plane is in force. Nothing was changed."),
    ("kernel", "userspace", None), ("userspace", "auto", None), (None, "auto", None)])
def test_the_kernels_plane_is_not_left_because_it_could_not_be_looked_for(tmp_path: Path, was: str | None, named: str, said: str | None) -> None:
    """was: the plane in force, None on a bare host; said: why it is refused."""
    unshare = tmp_path / "unshare"
    unshare.write_text("#!/bin/sh\necho 'unshare: not permitted' >&2\nexit 1\n")
    unshare.chmod(0o755)
    if was:
        (tmp_path / "health.json").write_text(json.dumps({"plane": was}))
    (tmp_path / "play.json").write_text(json.dumps([{
        "hosts": "localhost", "connection": "local", "gather_facts": False,
        "tasks": [{"ansible.builtin.include_role": {"name": "multicloud.dr.vpn_gateway", "tasks_from": "plane"}}]}]))
    given = {"ansible_python_interpreter": sys.executable, "__vpn_gateway_in_force": str(tmp_path / "health.json"), "vpn_gateway_data_plane": named}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", tmp_path / "play.json", "-e", json.dumps(given)], check=False,
        capture_output=True, text=True, timeout=300, cwd=ROOT, env={**os.environ, "HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (done.returncode == 0) is (said is None), done.stdout + done.stderr
    assert said in " ".join(done.stdout.split()) if said else "strongSwan itself" in done.stdout
