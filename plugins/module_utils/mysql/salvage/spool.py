# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Things that were found, in their order and on disk: after a long outage a million rows may be left behind, and a host has other things to do.

Eight bytes of each are in memory. The file has no name, so nobody else reads it and nothing is left of it by a run that is killed; what is small
never comes to the disk at all.
"""

from __future__ import annotations

import pickle
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from ...faults import Fault

IN_MEMORY = 1 << 22             # bytes of all things of a spool before it goes to disk

Thing = TypeVar("Thing")


class Spool(Generic[Thing]):
    """folder: on a disk, made where it is not there; where it cannot be, or None, the system's own for such files."""

    def __init__(self, folder: str | Path | None = None) -> None:
        if folder:
            with suppress(OSError):         # whoever writes the report there says so
                Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = str(folder) if folder and Path(folder).is_dir() else None
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=self._folder)        # noqa: SIM115 - closed with the last that uses it
        self._places = array("Q")
        self._end = 0

    def append(self, thing: Thing) -> None:
        """Raises Fault when the disk is full."""
        written = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
        try:
            self._file.seek(self._end)
            self._file.write(written)
            self._file.flush()              # what does not fit is told here, not where it is read
        except OSError as error:
            with suppress(OSError):         # it would try once more
                self._file.close()
            raise Fault("keep what was found", f"in {self._folder or tempfile.gettempdir()}", left=f"{error.strerror}. Nothing was changed in any "
                        "database.", then="Make room there, then run again.") from error
        self._places.append(self._end)
        self._end += len(written)

    def extend(self, things: Iterable[Thing]) -> Spool[Thing]:
        """Returns itself. Raises as `append`."""
        for thing in things:
            self.append(thing)
        return self

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, place: int) -> Thing:
        self._file.seek(self._places[place])
        found: Thing = pickle.load(self._file)
        return found

    def __iter__(self) -> Iterator[Thing]:
        return (self[place] for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """As a list would: the same things in the same order."""
        return hasattr(other, "__iter__") and list(self) == list(other)

    __hash__: Any = None
