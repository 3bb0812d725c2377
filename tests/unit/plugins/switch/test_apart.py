# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A part that works in a process of its own does what it would do here, and fails as it would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.apart import Apart
from ansible_collections.multicloud.dr.plugins.module_utils.switch.latch import S3Latch


class Sleeper:
    """Says which process it is in, and takes its time."""

    name = "sleeper"

    def where(self) -> int:
        return os.getpid()

    def wait(self, path: str) -> str:
        with open(path, encoding="utf-8") as pipe:          # nobody ever writes to it
            return pipe.read()

    def break_(self) -> None:
        raise ValueError("nobody foresaw that")


def test_it_answers_from_elsewhere_and_what_is_no_question_is_answered_here() -> None:
    apart = Apart(Sleeper())
    assert apart.where() != os.getpid() and apart.name == "sleeper"
    assert str(Apart(S3Latch("aws", "bucket", "key", {}))) == "s3://bucket/key"


def test_it_fails_as_the_part_does(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No such file or directory.*missing"):
        Apart(tmp_path / "missing").read_text()


def test_whatever_else_goes_wrong_is_told_and_bounded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="ended with 1"):
        Apart(Sleeper()).break_()
    assert "nobody foresaw that" in capfd.readouterr().err, "it goes where the agent's own errors go"
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"no answer within 1 s"):
        Apart(Sleeper(), limit=1.0).wait(str(tmp_path / "pipe"))
