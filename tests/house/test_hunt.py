# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hunter finds what it should, so that its silence means something."""

from __future__ import annotations

from tests.hunt import files, leaks


def test_a_planted_canary_is_found(tmp_path):
    build = tmp_path / "build"
    (build / "lab" / "ssh").mkdir(parents=True)
    (build / "tests").mkdir()
    (build / "lab" / "secrets.yml").write_text("db: CANARY-51-long")
    (build / "lab" / "ssh" / "key").write_text("CANARY-51-long")
    assert leaks({"db": "CANARY-51-long"}, files(build)) == []
    (build / "tests" / "story.log").write_text("msg: login with CANARY-51-long failed")
    assert leaks({"db": "CANARY-51-long", "short": "msg"}, files(build)) == ["build/tests/story.log: db"]
