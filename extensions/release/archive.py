# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same bytes from the same files: an archive of ansible-galaxy's with names in order, one time for all and nobody's user, and what is in it.

ansible-galaxy lists files as its file system does and stamps them with the hour, so two of its archives differ.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

# First parts of paths that a collection is made of here. Whatever else is in an archive does not belong there.
BELONGS = frozenset({"MANIFEST.json", "FILES.json", "README.md", "README.ko.md", "LICENSE", "CHANGELOG.md", "changelogs", "docs", "extensions",
                     "inventories", "meta", "playbooks", "plugins", "roles", "site.yml", "tests"})


def pack(archive: Path, epoch: int) -> None:
    """Write it anew, in its place. epoch: the time that every file gets, in seconds since 1970."""
    with tarfile.open(archive) as packed:
        held = {member.name: (member, packed.extractfile(member)) for member in packed.getmembers()}
        files = {name: (member, stream.read() if stream else b"") for name, (member, stream) in held.items()}
    listed = json.loads(files["FILES.json"][1])
    listed["files"].sort(key=lambda entry: entry["name"])
    manifest = json.loads(files["MANIFEST.json"][1])
    _put(files, "FILES.json", listed)
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files["FILES.json"][1]).hexdigest()
    _put(files, "MANIFEST.json", manifest)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as out:
        for name in sorted(files):
            member, data = files[name]
            clean = tarfile.TarInfo(name)
            clean.type, clean.linkname, clean.size, clean.mtime = member.type, member.linkname, len(data), epoch
            clean.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            out.addfile(clean, io.BytesIO(data))
    with archive.open("wb") as file, gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=epoch) as squeezed:
        squeezed.write(raw.getvalue())


def _put(files: dict[str, tuple[tarfile.TarInfo, bytes]], name: str, value: Any) -> None:
    files[name] = files[name][0], json.dumps(value, indent=1, sort_keys=True).encode()


def strangers(archive: Path) -> list[str]:
    """What is in it and does not belong there."""
    with tarfile.open(archive) as packed:
        names = sorted(member.name for member in packed.getmembers())
    return [name for name in names if name.split("/")[0] not in BELONGS or "__pycache__" in name or name.startswith("inventories/lab")
            or (name.startswith("tests/") and name != "tests/config.yml")]


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
