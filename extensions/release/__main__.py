# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release up to where it would be published, which nothing here does: `python -m extensions.release` leaves the archive, its checksum, the
changelog and the bill of materials in build/release, after it has seen that two builds are the same bytes, that nothing is in there that does not
belong, and that it works from a place that has nothing else.

The clone is not touched. To cut the release for good: docs/releasing.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from extensions.release.archive import checksum, pack, strangers
from extensions.release.tree import BIN, NAME, ROOT, build, files, installed

LEFT = ROOT / "build" / "release"
TOOLS = LEFT / "tools"
WANTED = Path(__file__).with_name("requirements.txt")


class Stopped(Exception):
    """It is not fit to be released; says why."""


def run(argv: Sequence[str | Path], where: Path, more: dict[str, str] | None = None) -> str:
    """What it says. Raises Stopped."""
    done = subprocess.run(argv, cwd=where, env={**os.environ, "ANSIBLE_NOCOLOR": "1", **(more or {})}, check=False, text=True, capture_output=True)
    if done.returncode:
        raise Stopped(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{(done.stdout + done.stderr).strip()}")
    return done.stdout


def epoch() -> int:
    """Seconds since 1970 that the release is of: SOURCE_DATE_EPOCH, or when what is checked out was committed. Raises Stopped."""
    told = os.environ.get("SOURCE_DATE_EPOCH") or run(["git", "log", "-1", "--format=%ct"], ROOT)
    try:
        return int(told)
    except ValueError:
        raise Stopped(f"SOURCE_DATE_EPOCH is {told!r}, and has to be whole seconds since 1970") from None


def tools() -> Path:
    """The programs of requirements.txt beside this, installed once."""
    there = TOOLS / "requirements.txt"
    if not there.exists() or there.read_text() != WANTED.read_text():
        run([sys.executable, "-m", "venv", "--clear", TOOLS], ROOT)
        run([TOOLS / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", WANTED], ROOT)
        shutil.copy(WANTED, there)
    return TOOLS / "bin"


def source(into: Path, version: str, when: int) -> Path:
    """The files of the clone, with the changelog of that version written and its fragments used up."""
    place = into.joinpath("ansible_collections", *NAME)
    for name in files():
        if not (ROOT / name).is_dir():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name, follow_symlinks=False)
    changelog, more = tools() / "antsibull-changelog", {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(into)}
    run([changelog, "lint"], place, more)
    run([changelog, "release", "--version", version, "--date", f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d}"], place, more)
    for empty in (place / "changelogs").rglob(".plugin-cache.yaml"):
        empty.unlink()
    run(["git", "init", "--quiet", place], place)
    return place


def built(place: Path, into: Path, when: int) -> Path:
    """The archive, made of a source by itself. Raises Stopped."""
    try:
        archive = build(into, place)
    except subprocess.CalledProcessError as error:
        said = (error.stdout or b"") + (error.stderr or b"")
        raise Stopped(f"{' '.join(map(str, error.cmd))} ended with {error.returncode}:\n{said.decode(errors='replace').strip()}") from error
    pack(archive, when)
    return archive


def elsewhere(archive: Path, empty: Path) -> str:
    """Install it where nothing is, and use it from there by its full name; what was seen."""
    collections, home = empty / "collections", empty / "home"
    home.mkdir()
    wanted = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    for namespace, name in (each.split(".") for each in wanted):       # what Galaxy would bring
        (collections / "ansible_collections" / namespace).mkdir(parents=True, exist_ok=True)
        (collections / "ansible_collections" / namespace / name).symlink_to(installed(namespace, name))
    shutil.copytree(ROOT / "inventories" / "production", home / "production")
    more = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "HOME": str(home), "ANSIBLE_CONFIG": "/dev/null", "PATH": f"{BIN}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "0"}
    run([BIN / "ansible-galaxy", "collection", "install", "--offline", "--collections-path", collections, archive], home, more)
    place = collections.joinpath("ansible_collections", *NAME)
    modules = sorted(path.stem for path in (place / "plugins" / "modules").glob("*.py"))
    run([BIN / "ansible-doc", "-t", "module", *(f"{'.'.join(NAME)}.{name}" for name in modules)], home, more)
    playbooks = sorted(path.stem for path in (place / "playbooks").glob("*.yml"))
    run([BIN / "ansible-playbook", "-i", "production", "--syntax-check", *(f"{'.'.join(NAME)}.{name}" for name in playbooks)], home, more)
    run([BIN / "ansible-playbook", "-i", "production", "--syntax-check", place / "site.yml"], home, more)
    return f"{len(modules)} modules tell of themselves, {len(playbooks)} playbooks and site.yml are read, by their full names"


def main() -> int:
    """The dry run; 1 where it is not fit."""
    started = time.monotonic()
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    try:
        when = epoch()
        with tempfile.TemporaryDirectory(prefix="release.") as scratch:
            once, twice, empty = (Path(scratch) / name for name in ("once", "twice", "empty"))
            for each in (once, twice, empty):
                each.mkdir()
            place = source(once, galaxy["version"], when)
            again = Path(shutil.copytree(place, twice / "elsewhere"))
            archive, other = built(place, once, when), built(again, twice, when)
            if (sum_ := checksum(archive)) != checksum(other):
                raise Stopped("two builds of the same files differ")
            if odd := strangers(archive):
                raise Stopped(f"in the archive, and does not belong there: {', '.join(odd)}")
            seen = elsewhere(archive, empty)
            LEFT.mkdir(parents=True, exist_ok=True)
            shutil.copy(archive, LEFT / archive.name)
            (LEFT / f"{archive.name}.sha256").write_text(f"{sum_}  {archive.name}\n")
            shutil.copy(place / "CHANGELOG.md", LEFT / "CHANGELOG.md")
            bill = LEFT / f"{archive.name.removesuffix('.tar.gz')}.cdx.json"
            run([tools() / "python", Path(__file__).with_name("sbom.py"), ROOT, bill, str(when)], ROOT)
    except Stopped as why:
        print(f"No release: {why}", file=sys.stderr)
        return 1
    print(f"{archive.name}  sha256 {sum_}\nthe same bytes twice, as of {datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M:%S} UTC\n"
          f"installed into an empty place: {seen}\nin build/release: {archive.name}, its .sha256, {bill.name}, CHANGELOG.md\n"
          f"nothing was published, and the clone was not touched ({time.monotonic() - started:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
