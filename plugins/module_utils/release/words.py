# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a task failed, in one line: the words of whoever said no, and not of those who pass it on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST = 1500
PASSED_ON = ("non-zero return code", "One or more items failed", "MODULE FAILURE")


def why(result: Mapping[str, Any]) -> str:
    """Of a task's result, or of those of its loop. Long output is told by its end, where programs say what stopped them."""
    failed = [one for one in result.get("results") or () if isinstance(one, Mapping) and one.get("failed")]
    told = [_said(one) for one in failed] or [_said(result)]
    words = " ".join(" ".join(one.split()) for one in told if one)
    return f"…{words[-LONGEST:]}" if len(words) > LONGEST else words or "nothing was said"


def _said(result: Mapping[str, Any]) -> str:
    msg = str(result.get("msg") or "")
    own = "" if any(msg.startswith(words) for words in PASSED_ON) else msg
    command = result.get("cmd")
    named = f"`{command if isinstance(command, str) else ' '.join(map(str, command))}`:" if command and result.get("rc") else ""
    return " ".join(part for part in (named, own, str(result.get("stderr") or "") or ("" if own else str(result.get("stdout") or ""))) if part) or msg
