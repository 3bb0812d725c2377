# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The salvage report: one JSON file a search, mode 0600, never overwritten. It holds whole rows, so it is as secret as the database.

{id, made, method (gtid or comparison), old {site, server_uuid}, writer {...}, since, complete, gtids, behind,
 counts {verdict: n}, rows [{id, table, key, change, verdict, because, renumber, values, writer_values, clash}]}
A value is null, text, a number (BIT), {"base64": ...} for bytes, {"base64", "charset", "text"} for text that is not UTF-8, {"number", "label"}
for ENUM and SET, or {"document", "kinds"} for JSON that is more than its text; base64 and number count, text and label are for reading; a
document is what both say.
"""

from __future__ import annotations

import base64
import errno
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ...faults import Fault
from .spool import Spool
from .values import Document, Encoded, Numbered

FOLDER = "/var/lib/multicloud-dr/salvage"


@dataclass(frozen=True)
class Left:
    """One row. values: as the old server holds it, None when it has none; writer_values: likewise; clash: {index: the row in the way}."""

    table: str
    key: dict[str, Any]
    change: str
    verdict: str
    because: str
    values: dict[str, Any] | None
    writer_values: dict[str, Any] | None
    clash: dict[str, dict[str, Any]]
    renumber: bool = False
    id: str = ""


@dataclass
class Report:
    """What was found, and how sure that is. complete: the writer's log reached back far enough to tell "never came" from "deleted"."""

    id: str
    made: str
    old_site: str
    old_uuid: str
    writer_site: str
    writer_uuid: str
    method: str = "comparison"
    gtids: str = ""
    since: str = ""
    complete: bool = True
    behind: bool = False
    rows: Sequence[Left] | Spool[Left] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """{verdict: rows}."""
        return dict(Counter(row.verdict for row in self.rows))

    def head(self) -> dict[str, Any]:
        """As it is written, without its rows."""
        return {
            "id": self.id, "made": self.made, "method": self.method, "old": {"site": self.old_site, "server_uuid": self.old_uuid},
            "writer": {"site": self.writer_site, "server_uuid": self.writer_uuid}, "since": self.since, "complete": self.complete,
            "gtids": self.gtids, "behind": self.behind, "counts": self.counts}

    def plain_rows(self) -> Iterator[dict[str, Any]]:
        """Each row as it is written."""
        for number, row in enumerate(self.rows, 1):
            yield {"id": row.id or f"r{number}", "table": row.table, "key": _plain(row.key), "change": row.change, "verdict": row.verdict,
                   "because": row.because, "renumber": row.renumber, "values": _plain(row.values), "writer_values": _plain(row.writer_values),
                   "clash": {index: _plain(other) for index, other in row.clash.items()}}


def new_report(old_site: str, old_uuid: str, writer_site: str, writer_uuid: str) -> Report:
    """An empty one, made now, under an id nobody else has."""
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Report(f"{made.translate(str.maketrans('', '', ':-'))}-{uuid.uuid4().hex[:6]}", made, old_site, old_uuid, writer_site, writer_uuid)


def save(report: Report, folder: str | Path = FOLDER) -> Path:
    """Write it, row by row, whole and on disk before this returns: whoever repairs afterwards overwrites what is in it. It has its name only
    once it is whole: half a report, which nobody can read, would stand in the way of what waits for a decision (waiting). Raises Fault."""
    place = Path(folder)
    path, part = place / f"{report.id}.json", place / f"{report.id}.json.part"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        written = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(written, "w", encoding="utf-8") as out:
                _write(report, out)
                out.flush()
                os.fsync(out.fileno())
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _fsync_folder(place)
    except OSError as error:
        raise Fault("write the salvage report", str(path), left=f"{error}. Nothing was changed in any database.",
                    then="Make room or give another folder, then run again.") from error
    return path


def _write(report: Report, out: TextIO) -> None:
    out.write(json.dumps(report.head(), ensure_ascii=False, indent=1).removesuffix("\n}") + ',\n "rows": [')
    for number, row in enumerate(report.plain_rows()):
        out.write(f"{',' if number else ''}\n  {json.dumps(row, ensure_ascii=False)}")
    out.write("\n ]\n}\n")


def _fsync_folder(place: Path) -> None:
    """So that the name is on disk too."""
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load(report_id: str, folder: str | Path = FOLDER) -> Report:
    """The report with this id. Raises Fault, naming those there are where it is none, and for a file that is no report any more."""
    place = Path(folder)
    path = place / f"{report_id}.json"
    if "/" in report_id or not path.is_file():
        known = sorted(each.stem for each in place.glob("*.json"))
        raise Fault("read the salvage report", report_id, left=f"There is none in {place}; there are: {', '.join(known) or 'none'}.",
                    then="Name one of them.")
    try:
        return _report(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Fault("read the salvage report", str(path), left=f"It cannot be read as one: {error!r}. Nothing was touched.",
                    then="Bring it back from where it was kept besides; nobody can decide on what is not told.") from error


def _report(given: Mapping[str, Any]) -> Report:
    return Report(
        given["id"], given["made"], given["old"]["site"], given["old"]["server_uuid"], given["writer"]["site"], given["writer"]["server_uuid"],
        given["method"], given["gtids"], given["since"], given["complete"], given["behind"],
        [Left(row["table"], _raw(row["key"]) or {}, row["change"], row["verdict"], row["because"], _raw(row["values"]), _raw(row["writer_values"]),
              {index: _raw(other) or {} for index, other in row["clash"].items()}, row["renumber"], row["id"]) for row in given["rows"]])


def _plain(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, bytes):
        plain = {"base64": base64.b64encode(value).decode()}
        return {**plain, "charset": value.charset, "text": value.shown} if isinstance(value, Encoded) else plain
    if isinstance(value, Document) and value.kinds:
        return {"document": str(value), "kinds": value.kinds}
    return {"number": int(value), "label": value.label} if isinstance(value, Numbered) else value


def _raw(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: _raw_value(value) for name, value in row.items()}


def _raw_value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "number" in value:
        return Numbered(value["number"], value["label"])
    if "document" in value:
        return Document(value["document"], value["kinds"])
    raw = base64.b64decode(value["base64"])
    return Encoded(raw, value["charset"]) if "charset" in value else raw
