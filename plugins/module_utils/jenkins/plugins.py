# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which plugins lie in a folder of Jenkins, whether they are those that were asked for, and how a folder of them takes the place of another."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ENDS = (".jpi", ".hpi")


@dataclass(frozen=True)
class Plugin:
    """needs: those without which it does not start."""

    version: str
    needs: tuple[str, ...] = ()


def manifest(text: str) -> dict[str, str]:
    """The main section of a manifest; a line that begins with a blank goes on with the one before."""
    found: dict[str, str] = {}
    last = ""
    for line in text.replace("\r\n", "\n").split("\n\n", 1)[0].split("\n"):
        if line.startswith(" ") and last:
            found[last] += line[1:]
        elif ": " in line:
            last, value = line.split(": ", 1)
            found[last] = value
    return found


def read(path: Path) -> Plugin | None:
    """What an archive says of itself; None for one that is none, or that is cut short."""
    try:
        with zipfile.ZipFile(path) as archive:
            said = manifest(archive.read("META-INF/MANIFEST.MF").decode("utf-8", "replace"))
    except (OSError, KeyError, zipfile.BadZipFile, EOFError):
        return None
    if "Plugin-Version" not in said:
        return None
    needs = [need for need in said.get("Plugin-Dependencies", "").split(",") if need and "resolution:=optional" not in need]
    return Plugin(said["Plugin-Version"].split(" ")[0], tuple(need.partition(":")[0] for need in needs))


def there(folder: Path) -> dict[str, Plugin | None]:
    """{name: what it is} of every archive in a folder."""
    return {path.stem: read(path) for path in sorted(folder.glob("*")) if path.suffix in ENDS} if folder.is_dir() else {}


def wanted(pinned: Iterable[str]) -> dict[str, str]:
    """{name: version} of lines NAME:VERSION."""
    return {name: version for name, _unused, version in (line.partition(":") for line in pinned)}


def drift(have: Mapping[str, Plugin | None], want: Mapping[str, str]) -> list[str]:
    """What differs, a sentence each; empty when the folder has what was asked for, what that needs, and nothing else."""
    found = [f"{name} is not there, wanted {version}" if name not in have else f"{name} cannot be read" if seen is None
             else f"{name} is {seen.version}, wanted {version}"
             for name, version in want.items() if (seen := have.get(name)) is None or seen.version != version]
    needed = closure(have, want)
    found += [f"{name} cannot be read" for name in sorted(needed - set(want)) if name in have and have[name] is None]
    found += [f"{name} is not there, and needed" for name in sorted(needed - set(want) - set(have))]
    return found + [f"{name} is there, and nobody asked for it" for name in sorted(set(have) - needed - set(want))]


def closure(have: Mapping[str, Plugin | None], names: Collection[str]) -> set[str]:
    """The names, and whatever they need of what is there, and what that needs."""
    found, left = set(names), list(names)
    while left:
        plugin = have.get(left.pop())
        for need in plugin.needs if plugin else ():
            if need not in found:
                found.add(need)
                left.append(need)
    return found


def put(new: Path, folder: Path, owner: tuple[int, int]) -> None:
    """Move every archive of one folder into another of the same disk, and take away there what the first has not.

    An archive is replaced whole or not at all, so that a start in between meets old or new ones, and none that is cut short.
    """
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    os.chown(folder, *owner)
    names = {path.stem for path in new.iterdir() if path.suffix in ENDS}
    for path in sorted(new.iterdir()):
        if path.suffix in ENDS:
            os.chown(path, *owner)
            path.chmod(0o644)
            os.replace(path, folder / f"{path.stem}.jpi")
            (folder / f"{path.stem}.hpi").unlink(missing_ok=True)
    for path in list(folder.iterdir()):
        if path.suffix in ENDS and path.stem not in names:
            path.unlink()
            shutil.rmtree(folder / path.stem, ignore_errors=True)


def failed(said: str) -> str:
    """Of everything that the program which fetches plugins said, what to read first: its own words about a failure, else its end."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"(?i)unable|error|exception|failed|could not|not found", line) and not line.startswith("at ")]
    return " / ".join((told or lines)[-3:])[:600]
