# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counting writes can say no."""

from __future__ import annotations

import json

from tests.writes import since


def test_only_writes_after_the_mark_count(tmp_path):
    rows = [{"time": t, "method": "POST", "path": "/v2.0/vpcs", "action": a, "write": w, "status": 200}
            for t, a, w in ((1, "old", True), (5, "read", False), (6, "new", True))]
    (tmp_path / "nhn.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert since(5, tmp_path) == ["nhn: POST /v2.0/vpcs new"] and since(7, tmp_path) == []
