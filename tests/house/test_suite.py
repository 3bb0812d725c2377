# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `make test` says at its end about what failed: the reason, and not only where the run stopped."""

from __future__ import annotations

import io
import os
import sys

from tests import suite

REFUSED = """\x1b[36mINFO\x1b[0m default: create
  │ FAILED - RETRYING: [localhost]: Wait until it runs (150 retries left).
  │ TASK [Bring the lab up]
  │ fatal: [localhost]: FAILED! =>
  │     stderr: |-
  │         The lab cannot come up on this machine; nothing was touched.
  │           - Only 0.3 GB are free
  │ fatal: [localhost]: FAILED! => a later one
  └─ Return code: 2 ───
ERROR    default ➜ verify: Executed: Failed
"""


def test_a_story_tells_its_first_failed_task_without_colour_and_frame() -> None:
    told = suite.reasons(REFUSED, most=4)
    assert told == ["fatal: [localhost]: FAILED! =>", "    stderr: |-", "        The lab cannot come up on this machine; nothing was touched.",
                    "          - Only 0.3 GB are free"]


def test_pytest_tells_its_failures_and_anything_else_how_it_ended() -> None:
    failed = ["FAILED tests/a.py::b - assert 0", "ERROR tests/c.py"]
    assert suite.reasons("\n".join(["....", *failed, "1 failed"])) == failed
    assert suite.reasons("one\ntwo\nthree", most=2) == ["two", "three"]


def test_what_is_said_is_kept_and_its_exit_code_counts() -> None:
    log, program = io.BytesIO(), "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert suite.spoken([sys.executable, "-c", program], dict(os.environ), log, aloud=False) == 3
    assert sorted(log.getvalue().split()) == [b"err", b"out"]
