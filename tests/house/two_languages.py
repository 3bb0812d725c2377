# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a page has to say alike in every language: commands, and what is named as code."""

from __future__ import annotations

import re

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """Of every block, without the comment behind them."""
    return [re.split(r"\s+#\s", line)[0] for block in FENCE.findall(text) for line in block.splitlines()]


def names(text: str) -> list[str]:
    """What stands as code in sentences; their order is each language's own."""
    return sorted(re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))
