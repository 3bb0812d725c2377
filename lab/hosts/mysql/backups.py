# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Physical backups of a database container, taken while it runs: MySQL's own CLONE, packed. docs/decisions/0010 says why not xbstream.

The real services take theirs below SQL; so does this, as the provider's superuser. Writes are held for the tenths of a second that
the clone of a small server needs, which gives the place in the binary log that belongs to it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab import files, podman
from lab.hosts.mysql.quoting import text
from lab.hosts.mysql.server import FLAVOURS, flavour_of, sql

CLONE = "/var/lib/mysql-files/clone"
LIMIT = 300                             # seconds for packing or replaying
REPLAYED = "/var/lib/mysql/.replayed"   # beside the data, so that it lives and dies with it


def take(name: str, archive: Path) -> dict[str, Any]:
    """Back the server up into `archive` (.tar.gz) and leave what is known about it beside it (.json): {file, position, uuid, size}.

    The archive appears whole or not at all. Raises PodmanError with MySQL's own words.
    """
    archive.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sql(name, "SET SESSION sql_log_bin = 0; SET @have = (SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name = 'clone');"
              "SET @do = IF(@have, 'DO 0', 'INSTALL PLUGIN clone SONAME ''mysql_clone.so'''); PREPARE p FROM @do; EXECUTE p;")
    podman.execute(name, ["rm", "-rf", CLONE])
    rows = sql(name, "FLUSH TABLES WITH READ LOCK; SHOW BINARY LOG STATUS; SELECT @@server_uuid; "
                     f"CLONE LOCAL DATA DIRECTORY = {text(CLONE)}; UNLOCK TABLES;", rows=True)
    try:
        half = archive.with_suffix(".half")
        _pack(name, half)
        facts = {"file": rows[0][0], "position": int(rows[0][1]), "uuid": rows[1][0], "size": half.stat().st_size}
        files.write_json(facts_of(archive), facts)
        half.replace(archive)
    finally:
        podman.execute(name, ["rm", "-rf", CLONE])
    return facts


def facts_of(archive: Path) -> Path:
    """Where what is known about an archive is kept."""
    return archive.with_suffix(".json")


def replay(name: str, source: str, upto: Mapping[str, Any]) -> None:
    """Apply the source's binary logs to a restored server, once: from `from_file`, `from_position` to `file`, `position` or to `time`
    (UTC, "YYYY-MM-DD hh:mm:ss"). Raises PodmanError, also when the logs no longer reach back that far."""
    if podman.execute(name, ["sh", "-c", f"[ ! -e {REPLAYED} ] || echo done"]).strip() == "done":
        return
    logs = [row[0] for row in sql(source, "SHOW BINARY LOGS;", rows=True)]
    if upto["from_file"] not in logs or upto.get("file", logs[-1]) not in logs:
        raise podman.PodmanError(f"the binary logs of {source} are {logs[0]} to {logs[-1]}; {upto['from_file']} is not among them")
    chosen = logs[logs.index(upto["from_file"]):logs.index(upto.get("file", logs[-1])) + 1]
    stop = [f"--stop-datetime={upto['time']}"] if upto.get("time") else [f"--stop-position={upto['position']}"]
    read = ["env", "TZ=UTC", "mysqlbinlog", "--no-defaults", f"--start-position={upto['from_position']}", *stop,
            *(f"/var/lib/mysql/{log}" for log in chosen)]
    boss = FLAVOURS[flavour_of(name)].superuser
    _pipe(["podman", "exec", source, *read],
          ["podman", "exec", "--interactive", name, "mysql", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", f"--user={boss}"])
    podman.execute(name, ["sh", "-c", f"echo done > {REPLAYED}"])


def _pack(name: str, target: Path) -> None:
    with target.open("wb") as out:
        done = subprocess.run(["podman", "exec", name, "sh", "-c", f"set -e; cd {CLONE}; tar cf - . | gzip -1"], stdout=out,
                              stderr=subprocess.PIPE, timeout=LIMIT, check=False, env=podman.ENVIRONMENT)
    if done.returncode:
        raise podman.PodmanError(f"pack the clone of {name}: {done.stderr.decode(errors='replace').strip()[-500:]}")


def _pipe(reader: list[str], writer: list[str]) -> None:
    with subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=podman.ENVIRONMENT) as first:
        done = subprocess.run(writer, stdin=first.stdout, capture_output=True, timeout=LIMIT, check=False, env=podman.ENVIRONMENT)
        said = (first.stderr.read() if first.stderr else b"").decode(errors="replace")
    if first.returncode or done.returncode:
        words = json.dumps([said[-500:], done.stderr.decode(errors="replace")[-500:]])
        raise podman.PodmanError(f"replay binary logs: {words}")
