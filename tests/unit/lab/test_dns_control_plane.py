# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known stays known: names outlive their file, records the control plane that told them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.dns.answers import World
from lab.dns.control_plane import ControlPlane

NOWHERE = "http://127.0.0.1:9"       # nothing listens on the port `discard`


def test_names_and_records_stay_when_file_and_control_plane_are_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = tmp_path / "names.json"
    plane = ControlPlane(NOWHERE, names, lambda checks: None, {"aws_access_key_id": "AKIATESTED", "aws_secret_access_key": "tested"})
    plane.look()
    assert plane.world.names == {}                      # before the materialiser has written any
    records = {"lab.test": [{"Name": "tickets.lab.test.", "Type": "A"}]}
    plane.world = World(records, {})
    names.write_text(json.dumps({"Tickets-DB.rds.amazonaws.com.": "10.0.10.50"}))
    plane.look()
    names.unlink()
    plane.look()
    assert plane.world == World(records, {"tickets-db.rds.amazonaws.com": "10.0.10.50"})
    assert capsys.readouterr().out.count("Route 53 cannot be read") == 1
