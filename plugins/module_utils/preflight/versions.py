# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of MySQL at both clouds, and whether one may follow the other. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .findings import Finding, World

Version = tuple[int, int, int]


def nhn_version(given: object) -> Version | None:
    """MYSQL_V8408 is 8.4.8; None for what is none."""
    found = re.fullmatch(r"MYSQL_V(\d)(\d)(\d{1,2})", str(given))
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def aws_version(given: object) -> Version | None:
    """8.4.8 is that; None for what is none, such as 8.4, where AWS chooses the rest."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", str(given))
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def judge(world: World) -> Iterable[Finding]:
    """The standby follows the primary, and one day the other way round. A server may follow an older one, never a newer; of another series only
    the next."""
    source, target = nhn_version(world["nhn_database_version"]), aws_version(world["aws_database_engine_version"])
    if world["nhn_database_version"] is not None and source is None:
        yield Finding("nhn_database_version", f"{world['nhn_database_version']!r} is no version as NHN Cloud spells one",
                      "Write MYSQL_V8408 for 8.4.8.")
    if world["aws_database_engine_version"] is not None and target is None:
        yield Finding("aws_database_engine_version", f"{world['aws_database_engine_version']!r} leaves AWS to choose the rest of it",
                      "Write all three numbers, such as 8.4.8.")
    if source is None or target is None:
        return
    if target < source:
        yield Finding("aws_database_engine_version",
                      f"{_told(target)} is older than NHN Cloud's {_told(source)}, and a replica must not be older than what it follows",
                      f"Ask for {_told(source)} or newer at AWS, or for an older one at NHN Cloud.")
    elif target[:2] != source[:2]:
        yield Finding("aws_database_engine_version", f"{_told(target)} is of a later series than NHN Cloud's {_told(source)}: "
                      "the service could move to AWS, and never follow home", "Ask for the same series at both clouds.")


def _told(version: Version) -> str:
    return ".".join(map(str, version))
