# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the materialiser asks AWS's emulator anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.materialise import read


@pytest.mark.parametrize(("went_on", "looks"), [(True, 2), (False, 1)])
def test_what_aws_did_by_itself_is_looked_at_at_once(went_on: bool, looks: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    aws, looked = read.Aws(tmp_path / "no-journal", clock=lambda: 1000.0), list[int]()

    def everything() -> dict[str, Any]:
        looked.append(1)
        return {}
    monkeypatch.setattr(aws, "_everything", everything)
    monkeypatch.setattr(read, "_put", lambda url, body: {"went_on": went_on})
    aws.read()
    assert aws.observed({})
    aws.read()
    assert len(looked) == looks
