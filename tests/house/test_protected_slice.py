# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What sales hang on has a part of the host of its own, and what it is promised there is really kept for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROLES = Path(__file__).resolve().parents[2] / "roles"
UNITS = ("site_agent/templates/agent.service.j2", "quorum/templates/service.conf.j2", "vpn_gateway/templates/service.conf.j2")
SLICE = (ROLES / "host_baseline/templates/slice.j2").read_text(encoding="utf-8")


def kept(text: str) -> int:
    """MemoryMin in MiB."""
    (said,) = re.findall(r"^MemoryMin=(\d+)M$", text, re.MULTILINE)
    return int(said)


@pytest.mark.parametrize("unit", UNITS)
def test_agent_etcd_and_charon_are_in_it_and_the_last_to_be_ended(unit: str) -> None:
    text = (ROLES / unit).read_text(encoding="utf-8")
    assert "\nSlice=multicloud.slice\n" in text and "\nOOMScoreAdjust=-900\n" in text and kept(text) > 0


def test_the_slice_keeps_what_its_units_ask_for() -> None:
    """Else their own would be void: memory.min is bounded by that of every group above."""
    assert kept(SLICE) >= sum(kept((ROLES / unit).read_text(encoding="utf-8")) for unit in UNITS)
    assert int(re.findall(r"^CPUWeight=(\d+)$", SLICE, re.MULTILINE)[0]) > 100, "100 is what everybody has"


def test_the_agent_may_do_what_it_does_and_nothing_else_on_its_host() -> None:
    """Whoever gets into it is in a process that can write to its own directories, speak with the network, and no more. All of these are left out in
    silence by a systemd that may not do them, as in a container.
    """
    text = (ROLES / UNITS[0]).read_text(encoding="utf-8")
    said = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    for name in ("ProtectClock", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups",
                 "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
                 "MemoryDenyWriteExecute", "RemoveIPC"):
        assert said.get(name) == "true", name
    assert (said["ProtectSystem"], said["ProtectProc"], said["CapabilityBoundingSet"]) == ("strict", "invisible", "")
    assert re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE) == ["@system-service", "~@privileged @resources"]
    assert said["SystemCallErrorNumber"] == "EPERM", "what a library tries in vain must not end the agent, and sales with it"
