# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Journals of a simulated world: on the disks of its hosts, and where copies of them are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.multicloud.dr.plugins.module_utils.switch.chain import Chain
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Busy, Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.mirror import Mirror

from .fakes import FakeStore


class MemoryLines:
    """A disk that is a list; survives the process that wrote it. A kill may leave its last line torn. `known`: what it says, by its stamp."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.known: tuple[object, Chain] | None = None
        self._held = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        if self._held:
            raise Busy("Another switch is running.")
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def read(self) -> list[str]:
        return list(self.texts)

    def append(self, text: str) -> None:
        self.texts.append(text)

    def stamp(self) -> object:
        return (len(self.texts), self.texts[-1] if self.texts else "")


class HostJournal(Journal):
    """Everybody at one host reads the same disk again and again: what is on it is worked out once."""

    def __init__(self, disk: MemoryLines, clock: Callable[[], float], mirror: Mirror | None = None) -> None:
        super().__init__(disk, clock, mirror)
        self._disk = disk

    def chain(self) -> Chain:
        stamp = self._disk.stamp()
        if self._disk.known is None or self._disk.known[0] != stamp:
            self._disk.known = (stamp, super().chain())
        return self._disk.known[1]


class FakeLedger:
    """Where copies of journals are kept, silent whenever the store is."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.kept: dict[str, str] = {}

    def add(self, name: str, text: str) -> bool:
        self._store.read()
        return self.kept.setdefault(name, text) is text

    def under(self, prefix: str) -> list[tuple[str, str]]:
        self._store.read()
        return sorted((name, text) for name, text in self.kept.items() if name.startswith(prefix))
