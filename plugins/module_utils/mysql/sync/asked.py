# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of a comparison, a repair or a copy, judged all at once before a server is asked anything. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...faults import BadInput

SYSTEM = frozenset({"mysql", "sys", "information_schema", "performance_schema"})
_CHECKPOINT = re.compile(r"[A-Za-z0-9_]{1,48}")
_LEAST = {"chunk_rows": 1, "settle_seconds": 0, "shown": 0, "threads": 1}
MOST = {"threads": 64, "chunk_rows": 10_000_000}


def refuse_unfit(given: Mapping[str, Any]) -> None:
    """given: the parameters of rds_sync. Raises BadInput with every fault, each with its path."""
    if faults := list(_faults(given)):
        raise BadInput(faults)


def _faults(given: Mapping[str, Any]) -> Iterator[str]:
    for side in ("source", "target"):
        if not str(given[side]["host"]).strip():
            yield f"{side}.host: is empty"
        if not 1 <= given[side]["port"] <= 65535:
            yield f"{side}.port: {given[side]['port']} is no port (1 to 65535)"
    yield from name_faults(given["schemas"], given["ignore"], given["checkpoint"])
    for name, least in _LEAST.items():
        if given[name] < least:
            yield f"{name}: {given[name]} is less than {least}"
        elif given[name] > MOST.get(name, given[name]):
            yield f"{name}: {given[name]} is more than {MOST[name]}"
    if given["max_lag_seconds"] is not None and not given["max_lag_seconds"] > 0:
        yield f"max_lag_seconds: {given['max_lag_seconds']:g} is no lag that a replica can keep to; leave it out for no limit"
    yield from _progress_faults(given["progress_file"])
    if given["mode"] == "copy":
        yield from (f"{name}: a copy takes none" for name in ("checkpoint", "max_lag_seconds") if given[name] is not None)
        if given["ignore"]:
            yield "ignore: a copy leaves no table out"
    if given["mode"] == "compare" and given["accept_writer_target"]:
        yield "accept_writer_target: a comparison writes nothing into the target"
    if given["mode"] == "repair" and given["accept_writer_target"] and given["checkpoint"] is not None:
        yield "checkpoint: none is kept in a writer, so it does not go together with accept_writer_target"
    if given["mode"] != "compare" and given["keep"]:
        yield f"keep: only a comparison tells whether a copy is equal; mode is {given['mode']}"


def refuse_unfit_progress(path: str | None) -> None:
    """For those who ask for no comparison. Raises BadInput before hours of work are told to a file that cannot be."""
    if faults := list(_progress_faults(path)):
        raise BadInput(faults)


def _progress_faults(path: str | None) -> Iterator[str]:
    if path and not Path(path).parent.is_dir():
        yield f"progress_file: {path}: its folder is not there"
    elif path and Path(path).is_dir():
        yield f"progress_file: {path}: is a folder"


def name_faults(schemas: Sequence[str], ignore: Sequence[str], checkpoint: str | None) -> Iterator[str]:
    """What is wrong with the names of schemas, of tables to leave out, and of a checkpoint (None for none), each with its path."""
    if not schemas:
        yield "schemas: names none"
    for number, name in enumerate(schemas):
        if not name.strip():
            yield f"schemas[{number}]: is empty"
        elif name.lower() in SYSTEM:
            yield f"schemas[{number}]: {name} is the server's own"
        elif Counter(schemas[:number])[name]:
            yield f"schemas[{number}]: {name} is named twice"
    for number, label in enumerate(ignore):
        if len(label.split(".", 1)) != 2 or not all(label.split(".", 1)):
            yield f"ignore[{number}]: {label!r} is not schema.table"
    if checkpoint is not None and not _CHECKPOINT.fullmatch(checkpoint):
        yield f"checkpoint: {checkpoint!r} cannot name a table: letters, digits and _, 1 to 48 of them"
