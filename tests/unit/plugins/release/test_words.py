# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a task failed, in the words of whoever said no."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.release.words import LONGEST, why


@pytest.mark.parametrize(("result", "words"), [
    ({"msg": "the image is not there"}, "the image is not there"),
    ({"msg": "non-zero return code", "rc": 1, "cmd": ["podman", "build"], "stderr": "no space\n left"}, "`podman build`: no space left"),
    ({"msg": "non-zero return code", "rc": 2, "cmd": "make check", "stderr": "", "stdout": "2 failed"}, "`make check`: 2 failed"),
    ({"msg": "One or more items failed", "results": [{"failed": False, "msg": "good"}, {"failed": True, "msg": "bad"}]}, "bad"),
    ({"msg": "MODULE FAILURE"}, "MODULE FAILURE"),
    ({}, "nothing was said"),
])
def test_who_said_no_is_quoted(result: dict[str, Any], words: str) -> None:
    assert why(result) == words


def test_of_long_output_the_end_is_told() -> None:
    told = why({"msg": "", "stderr": "x " * LONGEST + "the cause"})
    assert told.startswith("…") and told.endswith("the cause") and len(told) == LONGEST + 1
