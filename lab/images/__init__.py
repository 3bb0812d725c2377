# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's container images: which there are, and the reference each has.

host        a small Debian 12 virtual machine: systemd, sshd, python3, sudo, users `debian` and `admin`
appliance   the host image plus strongSwan and HAProxy: what a cloud runs for you (gateways, load balancers); systemd starts neither
mysql       MySQL server (Debian sid has the real one), its data directory initialised, run as `mysqld`
python      Debian 12 with python3, venv and pip: what the application's image is built on
ticketing   the application, from app/Containerfile

A tag is a hash over everything an image is made of, so an image that exists is the right one and every clone can share it.
What is needed to make one is its recipe, a folder here; `build` makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.world import BUILD, ROOT

REGISTRY = "localhost/multicloud-dr"
RECIPES = Path(__file__).parent
CHOSEN = BUILD / "images.json"      # {image: reference} this lab runs on, written by `lab up`
DIGESTS = BUILD / "digests.json"    # {image: reference by digest} of the same, for those who must not run another one under the same tag
FLAGS = BUILD / "build_flags.json"    # what podman is told so that a build comes through to packages on this machine, for releases that build here
PODMAN = BUILD / "podman"               # and podman with the settings that this kind of machine wants
SUITES = {"bookworm": "debian-bookworm", "sid": "debian-sid"}
_NOT_PART = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


@dataclass(frozen=True)
class Image:
    """name; `base`, the image it is built on (a bare Debian suite has none); `recipe`, the folder with its Containerfile."""

    name: str
    base: str | None
    recipe: Path


IMAGES: Mapping[str, Image] = {image.name: image for image in (
    Image("debian-bookworm", None, RECIPES / "debian"),
    Image("debian-sid", None, RECIPES / "debian"),
    Image("host", "debian-bookworm", RECIPES / "host"),
    Image("mysql", "debian-sid", RECIPES / "mysql"),
    Image("python", "debian-bookworm", RECIPES / "python"),
    Image("appliance", "host", RECIPES / "appliance"),
    Image("ticketing", "python", ROOT / "app"),
)}


class ImageMissing(LookupError):
    """The lab that is up has no such image; the message says which it has."""


def available() -> list[str]:
    """The images that can be built from this clone: all whose recipe is there, in an order in which bases come first."""
    return [name for name, image in IMAGES.items() if image.recipe.is_dir() and (image.base is None or _is_containerfile(image))]


def reference(name: str) -> str:
    """What the image is called when built from the recipe as it is now, e.g. `localhost/multicloud-dr/host:3f2a9c0d11aa`."""
    return f"{REGISTRY}/{name}:{_hash(IMAGES[name])}"


def current(name: str) -> str:
    """The reference the running lab uses; stays the same when a recipe is edited meanwhile. Raises ImageMissing."""
    chosen: dict[str, str] = json.loads(CHOSEN.read_text()) if CHOSEN.exists() else {}
    if name not in chosen:
        raise ImageMissing(f"this lab has no image `{name}` (it has: {', '.join(chosen) or 'none'}); `.venv/bin/python -m lab up` builds them")
    return chosen[name]


def _is_containerfile(image: Image) -> bool:
    return (image.recipe / "Containerfile").is_file()


def _hash(image: Image) -> str:
    digest = hashlib.sha256(f"{image.name} {image.base and _hash(IMAGES[image.base])}\n".encode())
    for path in _files(image.recipe):
        digest.update(f"{path.relative_to(image.recipe)} {os.access(path, os.X_OK)} ".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in _NOT_PART or entry.name.endswith(".egg-info"):
            continue
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry
