# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes what both machines boot from: a disk with the lab's appliance, Debian's kernel and a small initrd. No loop device, no mount."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab import images, ownership
from lab.images.build import BuildError, _Builder, existing
from lab.machines.place import CACHE, LOG
from lab.podman import ENVIRONMENT, podman
from lab.progress import say

RECIPE = Path(__file__).with_name("image")
BASES = ("debian-bookworm", "host", "appliance")
PARTS = ("root.ext4", "vmlinuz", "initrd")
DISK_BYTES = 2 * 2**30                  # of which the file holds what is written
NEEDED = {"qemu-system-x86_64": "qemu-system-x86", "mke2fs": "e2fsprogs", "nsenter": "util-linux", "nft": "nftables"}


def missing() -> list[str]:
    """Debian's packages that the machines need and that are not installed; `make emulator` installs them."""
    return sorted({package for program, package in NEEDED.items() if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")})


def tag() -> str:
    """A short name for all that the disk is made of."""
    found = hashlib.sha256(images.reference("appliance").encode())
    for path in sorted(path for path in RECIPE.rglob("*") if path.is_file()):
        found.update(str(path.relative_to(RECIPE)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def ensure() -> Path:
    """The folder with PARTS, made when there is none. Raises BuildError."""
    folder = CACHE / tag()
    if not all((folder / part).exists() for part in PARTS):
        _bases()
        say("building the machines' disk (a minute)")
        _build(folder)
    return folder


def prune() -> None:
    """Remove disks of other recipes."""
    for old in CACHE.iterdir() if CACHE.is_dir() else ():
        if old.name != tag():
            shutil.rmtree(old)


def _bases() -> None:
    present = existing()
    if lacking := [name for name in BASES if images.reference(name) not in present]:
        with ownership.lock("machines"):
            _Builder(lacking).run()


def _build(folder: Path) -> None:
    image = f"{images.REGISTRY}/machine:{tag()}"
    CACHE.mkdir(parents=True, exist_ok=True)
    _call(["podman", "build", "--network=host", "--layers=false", f"--build-arg=BASE={images.reference('appliance')}", f"--tag={image}", str(RECIPE)])
    container = podman("create", image, "true").strip()
    try:
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            work = Path(name)
            podman("export", f"--output={work / 'tree.tar'}", container)
            (work / "tree").mkdir()
            _call(["tar", "--numeric-owner", "-C", str(work / "tree"), "-xf", str(work / "tree.tar")])
            (work / "tree.tar").unlink()
            made = work / "made"
            made.mkdir()
            for part, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd", "initrd.img-*")):
                next((work / "tree/boot").glob(pattern)).replace(made / part)
            with (made / "root.ext4").open("wb") as disk:
                disk.truncate(DISK_BYTES)
            _call(["mke2fs", "-q", "-t", "ext4", "-F", "-d", str(work / "tree"), str(made / "root.ext4")])
            shutil.rmtree(folder, ignore_errors=True)
            made.replace(folder)
    finally:
        podman("rm", "--force", container)
        podman("rmi", image, check=False)       # all of it is on the disk now


def _call(argv: Sequence[str]) -> None:
    LOG.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=900)
    (LOG / "image.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        raise BuildError(f"the machines' disk: `{argv[0]}` ended with {done.returncode}. Its last lines ({LOG / 'image.log'}):\n"
                         + "\n".join((done.stdout + done.stderr).splitlines()[-15:]))
