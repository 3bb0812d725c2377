# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host remembers of its rehearsals: the one that is under way, so that whoever comes after one that was killed knows what to remove; and how
the last one went.

In the state directory: under-way.json (written before anything is made), environment (the application's, as long as it runs), status.json.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..faults import Fault
from ..waiting import PENDING, READY, Clock, wait

TURN_SECONDS = 5.0


class Kept:
    """The files of one state directory."""

    def __init__(self, directory: str) -> None:
        self.directory = Path(directory)

    @property
    def environment(self) -> Path:
        """Where the application's environment is while it runs."""
        return self.directory / "environment"

    @contextmanager
    def turn(self, clock: Clock) -> Iterator[None]:
        """For a block that no other run is in. Raises Fault where one is, and stays."""
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        with open(self.directory / "lock", "w", encoding="ascii") as lock:
            def taken() -> bool:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    return False
                return True

            try:
                wait(taken, lambda mine: READY if mine else PENDING, TURN_SECONDS, 1.0, clock, doing="start", to="a rehearsal")
            except Fault as fault:
                raise Fault("start", "a rehearsal", left="Another one is under way on this host.", then="Run again when it has ended.") from fault
            yield

    def under_way(self) -> dict[str, Any] | None:
        """{instance, mark, container, began, id?} of what was begun and not cleared away, None when there is nothing."""
        return self._read("under-way.json")

    def begin(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Remember what is going to be made, with the mark that it is to carry."""
        kept = {**facts, "mark": f"multicloud-dr-rehearsal-{secrets.token_hex(8)}"}
        self._write("under-way.json", kept)
        return kept

    def go_on(self, **facts: Any) -> None:
        """Remember more of it."""
        self._write("under-way.json", {**(self.under_way() or {}), **facts})

    def cleared(self) -> None:
        """Nothing of it is left."""
        self.environment.unlink(missing_ok=True)
        (self.directory / "under-way.json").unlink(missing_ok=True)

    def status(self) -> dict[str, Any]:
        """How the last one went, {} at first."""
        return self._read("status.json") or {}

    def tell(self, at: float, *, ok: bool, said: str, **figures: Any) -> dict[str, Any]:
        """Keep how one went. When the last that went well was stays, with the outage that it lets expect."""
        before = self.status()
        good: dict[str, Any] = {"good": at} if ok else {name: before[name] for name in ("good", "rto_seconds") if name in before}
        status = {**figures, **good, "ok": ok, "said": said, "at": at}
        self._write("status.json", status)
        return status

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            return dict(json.loads((self.directory / name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise Fault("read", str(self.directory / name), left="It is damaged, so what it stood for is not known.",
                        then="See what is left of a rehearsal (docs/runbooks/rehearsal.md), then remove the file.") from error

    def _write(self, name: str, facts: Mapping[str, Any]) -> None:
        """In one step and on disk: a run may be killed at any moment."""
        fresh = self.directory / f".{name}"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(facts, file, indent=1, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(self.directory / name)
