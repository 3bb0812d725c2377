# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`site.yml` refuses a plan that cannot work before it speaks to anybody, and neither tags nor a limit leave that out.

The inventory's own addresses of the clouds are replaced by ones where nobody answers: a request would show as another error.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9"
ACCOUNT = {"region": "KR1", "password": "canary-of-the-plan"}
PLAN = {
    "nhn_auth": {**ACCOUNT, "identity_url": NOBODY, "rds_url": NOBODY, "appkey": "{{ vault_of_nobody }}"},
    "aws_vpn_tunnels": [{"inside_cidr": "169.254.11.0/30", "psk": "{{ vault_of_somebody_else }}"},
                        {"inside_cidr": "169.254.12.0/30", "psk": "0canary"}],
    "topology_zone": "elsewhere.test",
}


def run(*arguments: str, **plan: object) -> tuple[int, str]:
    """(exit code, everything said) of site.yml."""
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "site.yml", "-vvv", "-e", json.dumps(plan), *arguments], cwd=ROOT, text=True,
        check=False, capture_output=True, timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    return done.returncode, done.stdout + done.stderr


def test_every_fault_is_told_at_once_undefined_ones_too_and_no_cloud_is_asked():
    code, said = run("--tags", "vpn_gatway", **PLAN)
    assert code != 0
    for fault in ("nhn_auth.appkey: 'vault_of_nobody' is undefined", "aws_vpn_tunnels[0].psk: 'vault_of_somebody_else' is undefined",
                  "aws_vpn_tunnels[1].psk: must be 8 to 64", "topology_domain: 'tickets.lab.test' does not lie in topology_zone 'elsewhere.test'",
                  "--tags vpn_gatway: not known"):
        assert fault in said, said[-3000:]
    assert "Read both clouds" not in said and "canary" not in said


@pytest.mark.parametrize("arguments", [
    ("--skip-tags", "always"), ("--skip-tags", "tagged"), ("--skip-tags", "quorum,always"), ("--limit", "nhn"), ("--limit", "all:!localhost")])
def test_neither_tags_nor_a_limit_leave_the_checks_out(arguments):
    code, said = run(*arguments, **PLAN)
    assert code != 0 and "the checks that keep the service to one writer" in said
    assert "TASK [" not in said


@pytest.mark.parametrize("limit", ["all", "localhost,nhn", "all:!third"])
def test_a_limit_with_localhost_in_it_is_checked_as_ever(limit):
    code, said = run("--limit", limit, **PLAN)
    assert code != 0 and "Mend these first" in said
