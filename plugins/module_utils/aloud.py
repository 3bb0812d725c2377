# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a program that runs on a host speaks: a line at once, for its journal or whoever runs it. Modules never do, as Ansible reads what they say."""

from __future__ import annotations

import sys
from typing import TextIO


def aloud(words: object, to: TextIO | None = None) -> None:
    """Say it, on standard output unless another is named, and keep nothing back."""
    where = to or sys.stdout
    where.write(f"{words}\n")
    where.flush()
