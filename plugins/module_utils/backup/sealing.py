# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sealing and opening with `age`: streams through a child process, never whole in memory, never in clear on disk.

The identity file is the key: who holds it can open. Sealing needs its public half only, which age takes from the same file.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from ..faults import Answer, Fault

BLOCK = 1 << 18
END_SECONDS = 30                # for the child to end once its input has


def sealed(plain: Iterable[bytes], identity_file: str) -> Iterator[bytes]:
    """`plain`, encrypted. Raises Fault, and what `plain` raises."""
    return _through(["age", "--encrypt", "--identity", identity_file], plain, "seal")


def opened(cipher: Iterable[bytes], identity_file: str) -> Iterator[bytes]:
    """`cipher`, decrypted. Raises Fault for a wrong key or for bytes that were changed; what was yielded before then is not to be used."""
    return _through(["age", "--decrypt", "--identity", identity_file], cipher, "open")


def _through(command: list[str], source: Iterable[bytes], doing: str) -> Iterator[bytes]:
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError as error:
        raise Fault(doing, "the backup", left="The program age is not installed.", then="Install the package age on this host.") from error
    if not child.stdin or not child.stdout or not child.stderr:
        raise AssertionError
    trouble: list[BaseException] = []
    words: list[bytes] = []
    feeder = threading.Thread(target=_feed, args=(source, child.stdin, trouble), daemon=True)
    listener = threading.Thread(target=lambda: words.append(child.stderr.read()), daemon=True)      # type: ignore[union-attr]
    feeder.start()
    listener.start()
    try:
        while block := child.stdout.read(BLOCK):
            yield block
        code = child.wait(END_SECONDS)
        feeder.join(END_SECONDS)
        listener.join(END_SECONDS)
        if trouble:
            raise trouble[0]
        if code:
            said = b"".join(words).decode(errors="replace").strip().splitlines()
            raise Fault(doing, "the backup", answer=Answer("age", code=str(code), words=said[0] if said else ""),
                        then="Check that this host has the key the backup was sealed with, then that the object is whole.")
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            pipe.close()


def _feed(source: Iterable[bytes], into: Any, trouble: list[BaseException]) -> None:
    try:
        for block in source:
            into.write(block)
    except BrokenPipeError:
        pass                    # the child has ended, and says why itself
    except BaseException as error:      # handed to the reading thread, which raises it
        trouble.append(error)
    finally:
        with contextlib.suppress(BrokenPipeError):
            into.close()
