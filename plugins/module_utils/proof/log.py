# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The buyers' log: lines of JSON, one an attempt."""

from __future__ import annotations

import json
from pathlib import Path

from .buyer import Attempt


def read(path: str | Path) -> list[Attempt]:
    """Every whole line of the log; empty when there is none yet. A last line still being written is left for the next reading."""
    try:
        text = Path(path).read_text()
    except FileNotFoundError:
        return []
    return [Attempt(**json.loads(line)) for line in text[:text.rfind("\n") + 1].splitlines()]
