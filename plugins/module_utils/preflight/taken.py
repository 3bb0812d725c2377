# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are the names still to be had? What somebody else has, and what stands there under our name and is something else. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .findings import Finding, World

BUCKET = re.compile(r"(?!xn--|sthree-)(?!.*(-s3alias|--ol-s3)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")      # without dots: no certificate covers those
REGISTRY = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


def judge(world: World) -> Iterable[Finding]:
    """Every name that cannot be used."""
    yield from _buckets(world)
    yield from _databases(world)
    yield from _registry(world)


def _buckets(world: World) -> Iterator[Finding]:
    seen = (world.aws["buckets"] or {}).get("wanted", {})
    latch, backups = world["aws_storage_bucket"], world["aws_storage_backup_bucket"]
    if latch and latch == backups:
        yield Finding("backup_bucket", f"{backups} is the marker's bucket as well, one key of which anybody may read",
                      "Give backups a bucket of their own.")
    for path, name in (("latch_bucket", latch), ("backup_bucket", backups)):
        if not name:
            continue
        if not BUCKET.fullmatch(str(name)):
            yield Finding(path, f"{name!r} is no name for a bucket", "3 to 63 of a-z, 0-9 and '-', beginning and ending with a letter or a digit.")
        elif seen.get(str(name)) == "taken":
            yield Finding(path, f"bucket {name} is somebody else's, or one of this account that the key may not see; a name is AWS's only once",
                          "Choose another name, such as one with your company's in it.")


def _databases(world: World) -> Iterator[Finding]:
    if databases := world.aws["databases"]:
        there = databases["instances"].get(str(world["aws_database_name"]))
        if there and there["engine"] != "mysql":
            yield Finding("world_names.aws.database", f"{world['aws_database_name']} exists at AWS and is {there['engine']}",
                          "Choose another topology_name, or remove it.")
    if rds := world.nhn["rds"]:
        name = str(world["nhn_database_name"])
        other = [each for each in rds["instances"] if each["name"] == name and each["role"] not in ("MASTER", "CANDIDATE_MASTER")]
        if other:
            yield Finding("world_names.nhn.database", f"{name} exists at NHN Cloud and is {other[0]['role']}",
                          "After a failover inside NHN Cloud its heir has the data: docs/runbooks/replica.md. Or choose another topology_name.")


def _registry(world: World) -> Iterator[Finding]:
    name = world["nhn_registry_name"]
    if name and not REGISTRY.fullmatch(str(name)):
        yield Finding("nhn_registry_name", f"{name!r} is no name for a registry", "a-z, 0-9, and one '.', '_' or '-' at a time between them.")
