# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One database container: its command line, its first start, and whether it answers."""

from __future__ import annotations

import ipaddress
import json
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import podman
from lab.hosts.mysql.flavours import FLAVOURS, Flavour
from lab.hosts.mysql.parameters import flags
from lab.world import HOSTS, MACHINE

IMAGES = "localhost/multicloud-dr/mysql"
DATA = "/var/lib/mysql"
RESTORE = "/run/lab/restore.tar.gz"     # a backup to begin with, when there is one

# The image's data directory came out of a package installation: its server uuid and TLS keys are every container's until they are
# thrown away. mysqld makes new ones. The init file holds a password and mysqld reads it as user mysql, hence the copy.
ENTRY = f"""\
set -eu
install -d -o mysql -g mysql /run/mysqld
cd {DATA}
if [ ! -e .first-start-done ]; then
  if [ -e {RESTORE} ]; then
    find . -mindepth 1 -delete
    tar xzf {RESTORE}
    chown -R mysql:mysql .
  fi
  rm -f auto.cnf ./*.pem
  touch .first-start-done
fi
install -o mysql -g mysql -m 0400 /run/lab/init.sql /run/mysqld/init.sql
exec mysqld "$@"
"""


def start(
    name: str, network: str, ip: str, port: int, *, flavour: str, admin_user: str, admin_password: str,
    parameters: Mapping[str, object] | None = None, labels: Sequence[str] = (), image: str | None = None,
    restore: Path | None = None,
) -> None:
    """Start a database container and return at once; `ready` tells when it answers. Starting one that runs is refused by podman.

    `flavour` is "nhn" or "aws". `parameters` is the instance's parameter group (raises UnknownParameter for what mysqld does not
    know). `restore`: begin with this backup (see backups.py), accounts and all. `labels` are flags as `lab.podman.labels` makes them.
    `image` defaults to the newest MySQL image the lab has built.
    """
    kind = FLAVOURS[flavour]
    arguments = command_line(kind, ip, port, parameters or {})
    folder = HOSTS / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    init = folder / "init.sql"
    with os.fdopen(os.open(init, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(kind.init_sql(admin_user, admin_password))
    if restore:         # its own, as the backup may be removed while the server lives
        mine = folder / "restore.tar.gz"
        mine.unlink(missing_ok=True)
        shutil.copyfile(restore, mine)
        restore = mine
    podman.podman(
        "run", "--detach", f"--name={name}", f"--network={network}:ip={ip},mac={_mac(ip)}", f"--dns={MACHINE}", "--stop-timeout=20", *labels,
        f"--volume={DATA}", f"--volume={init}:/run/lab/init.sql:ro",
        *([f"--volume={restore}:{RESTORE}:ro"] if restore else []), "--entrypoint", json.dumps(["/bin/sh", "-c", ENTRY, "mysqld"]),
        image or _newest_image(), *arguments,
    )


def command_line(flavour: Flavour, ip: str, port: int, parameters: Mapping[str, object]) -> list[str]:
    """mysqld's arguments. A parameter group overrides what the service sets by default, never what makes it this lab's server."""
    defaults = {
        "innodb_buffer_pool_size": "67108864", "innodb_redo_log_capacity": "67108864", "binlog_format": "ROW",
        "log_bin_trust_function_creators": "1", "server_id": str(int(ipaddress.ip_address(ip)) & 0xFFFFFFFF),
    }
    merged = {**defaults, **flavour.flags, **flags(parameters)}
    if merged["gtid_mode"] != "OFF":
        merged.setdefault("enforce_gtid_consistency", "WARN" if merged["gtid_mode"] == "OFF_PERMISSIVE" else "ON")
    many = [
        f"--{option.replace('_', '-')}={part.strip()}"
        for option, value in sorted(merged.items()) for part in (value.split(",") if option.startswith("replicate_") else [value])
    ]
    return [
        "--no-defaults", "--user=mysql", f"--datadir={DATA}", f"--port={port}", "--bind-address=*", "--mysqlx=OFF", "--skip-name-resolve",
        "--socket=/run/mysqld/mysqld.sock", "--init-file=/run/mysqld/init.sql", "--offline-mode=ON", *many,
    ]


def ready(name: str) -> bool:
    """True when the server takes connections, which it does only after its users, procedures and grants are all in place."""
    try:
        return sql(name, "SELECT @@GLOBAL.offline_mode;", rows=True) == [["0"]]
    except podman.PodmanError:
        return False


def sql(name: str, statements: str, *, rows: bool = False) -> list[list[str]]:
    """Run statements inside the container as the provider's superuser. Returns the rows, tab-separated fields split, NULL as "NULL".

    Raises lab.podman.PodmanError with MySQL's own words; statements go through stdin, so no password is in a process list.
    """
    superuser = FLAVOURS[flavour_of(name)].superuser
    out = podman.execute(
        name, ["mysql", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", f"--user={superuser}", "--batch", "--skip-column-names"],
        stdin=statements,
    )
    return [line.split("\t") for line in out.splitlines()] if rows else []


def flavour_of(name: str) -> str:
    """Which service a container is, from the init file it was started with."""
    first = (HOSTS / name / "init.sql").read_text(encoding="utf-8")
    for flavour in FLAVOURS.values():
        if f"'{flavour.superuser}'@'localhost'" in first:
            return flavour.name
    raise ValueError(f"{shlex.quote(name)} was not started by the lab")


def _mac(ip: str) -> str:
    """An address that stays when the container is started anew: its neighbours would go on asking the old one for most of a minute."""
    return "02:4d:" + ":".join(f"{part:02x}" for part in ipaddress.ip_address(ip).packed[:4])


def _newest_image() -> str:
    found = json.loads(podman.podman("images", "--format=json", "--sort=created", IMAGES) or "[]")
    if not found:
        raise podman.PodmanError(f"no {IMAGES} image: `.venv/bin/python -m lab up` builds it")
    return str(found[0]["Names"][0])
