# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host remembers of the record when the store has forgotten it: the highest epoch that its agent ever saw, on disk.

The database remembers too, but only reigns that opened a gate and only as far as replication reached. A store that has lost its data looks
like one that never had any; whoever remembers an epoch knows the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Memory(Protocol):
    """One number that only grows."""

    def highest(self) -> int | None:
        """The highest epoch ever seen from this host, None when none was."""

    def remember(self, epoch: int) -> None:
        """Keep it, if it is higher."""


class Forgetful:
    """Remembers as long as its process lives: for those who keep no state."""

    def __init__(self) -> None:
        self._highest: int | None = None

    def highest(self) -> int | None:
        return self._highest

    def remember(self, epoch: int) -> None:
        self._highest = max(self._highest or epoch, epoch)


class OnDisk(Forgetful):
    """In a file. One that cannot be read counts as a memory of something: better to ask a person than to claim. One that cannot be written, on a
    full disk, say, is tried again with every look: sales do not end for it, and until a store forgets as well this process remembers. `say`: where
    that is told, once.
    """

    def __init__(self, path: Path, say: Callable[[str], object] = lambda _said: None) -> None:
        super().__init__()
        self._path, self._say, self._said = path, say, False
        try:
            text = path.read_text(encoding="ascii", errors="replace").strip()
            self._highest = int(text) if text.isdigit() else 0
        except FileNotFoundError:
            pass
        except OSError:
            self._highest = 0
        self._kept = self._highest          # what the file says

    def remember(self, epoch: int) -> None:
        super().remember(epoch)
        if self._kept == self._highest:
            return
        try:
            self._keep(f"{self._highest}\n")
        except OSError as error:
            if not self._said:
                self._say(f"That epoch {self._highest} was seen cannot be kept in {self._path} ({error}); this process remembers it and tries "
                          "again.")
            self._said = True
            return
        self._kept, self._said = self._highest, False

    def _keep(self, text: str) -> None:
        fresh = self._path.with_suffix(".new")
        with open(fresh, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
