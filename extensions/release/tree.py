# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection as others get it: built by ansible-galaxy from the files that git knows, and laid out below an empty ansible_collections/.

Whatever lies in a clone besides, of a lab or an editor, is left out; changes that are not committed yet are not.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NAME = ("multicloud", "dr")


def files(root: Path = ROOT) -> list[str]:
    """What git keeps or would take in, by its path below the root; sorted."""
    told = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True).stdout
    return sorted({name for name in told.decode().split("\0") if name and (root / name).exists()})


def build(into: Path, root: Path = ROOT) -> Path:
    """The archive that ansible-galaxy makes, in a folder that exists."""
    source = into / "source"
    for name in files(root):
        if not (root / name).is_dir():          # a link to the clone itself is one
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, source / name, follow_symlinks=False)
    subprocess.run([BIN / "ansible-galaxy", "collection", "build", source, "--output-path", into, "--force"], check=True, capture_output=True)
    shutil.rmtree(source)
    told = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))
    return into / f"{told['namespace']}-{told['name']}-{told['version']}.tar.gz"


def lay_out(archive: Path, into: Path) -> Path:
    """Unpack it where ansible-test wants a collection, beside links to those that it depends on; the folder of the collection."""
    collections = into / "ansible_collections"
    place = collections.joinpath(*NAME)
    place.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    wanted = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    for namespace, name in (dependency.split(".") for dependency in wanted):
        (collections / namespace).mkdir(exist_ok=True)
        (collections / namespace / name).symlink_to(installed(namespace, name))
    return place


def installed(namespace: str, name: str) -> Path:
    """Where the package `ansible` has a collection."""
    import ansible_collections  # it may be a part of the path here that has no file of its own

    for each in ansible_collections.__path__:
        if (place := Path(each) / namespace / name).is_dir() and place.resolve() != ROOT:
            return place
    raise FileNotFoundError(f"collection {namespace}.{name} is not installed: run `make setup`")
