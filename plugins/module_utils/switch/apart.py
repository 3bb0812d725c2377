# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent asks a cloud's library once in months is asked in a process of its own: boto3, once imported, keeps some 30 MB for as long as the
agent lives. `python3 -m multicloud_dr.switch.apart` is that process; what it is to do comes by its standard input, where nobody else sees a key.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

LIMIT = 30.0        # seconds for one question: those of the library's own limits, and to start


class Apart:
    """Stands in for `part`, an object of settings: its methods run elsewhere, the rest of it is here. Each raises OSError as the part does, and when
    the process does not end in time."""

    def __init__(self, part: Any, limit: float = LIMIT) -> None:
        self._part, self._limit = part, limit

    def __str__(self) -> str:
        return str(self._part)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return partial(self._ask, name) if callable(found) else found

    def _ask(self, method: str, *given: Any) -> Any:
        command = [sys.executable, "-m", f"{__package__}.apart"]
        try:
            done = subprocess.run(command, input=pickle.dumps((self._part, method, given)), stdout=subprocess.PIPE, timeout=self._limit, check=True,
                                  env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
        except subprocess.TimeoutExpired as error:
            raise OSError(f"{self}: no answer within {self._limit:g} s") from error
        except subprocess.CalledProcessError as error:
            raise OSError(f"{self}: the process that asks ended with {error.returncode}") from error
        answer, words = pickle.loads(done.stdout)
        if words is not None:
            raise OSError(words)
        return answer


def main(read: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
    """One question and its answer: (what it was, None) or (None, what an OSError said)."""
    part, method, given = pickle.loads(read())
    told: tuple[Any, str | None]
    try:
        told = (getattr(part, method)(*given), None)
    except OSError as error:
        told = (None, str(error))
    write(pickle.dumps(told))


if __name__ == "__main__":
    main(sys.stdin.buffer.read, sys.stdout.buffer.write)
