# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the images that are not there yet: Debian by debootstrap, all others from it with `podman build`.

The two Debian suites are built side by side; everything is kept in podman's storage and shared by all clones of the project.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import files
from lab.images import CHOSEN, DIGESTS, FLAGS, IMAGES, PODMAN, REGISTRY, SUITES, Image, available, reference
from lab.images.pip import pip_flags
from lab.podman import ENVIRONMENT, PodmanError, podman
from lab.progress import say
from lab.world import BUILD, LOG

MIRROR = "http://deb.debian.org/debian"
WORK = Path("/var/cache/multicloud-dr-lab/work")      # half-made Debian trees; empty between runs
NETWORK_BUILDS_LIMIT = 900                            # seconds one image may take on a slow line


class BuildError(RuntimeError):
    """An image could not be made; the message ends with the last lines of the tool that failed."""


def ensure_images() -> dict[str, str]:
    """Build what is missing and note what this lab runs on: {image: reference}. Raises BuildError.

    An application that is not in the clone is said to be left out: everything but its pods works without it.
    """
    names = available()
    for name in sorted(IMAGES.keys() - set(names)):
        say(f"image {name} is left out: {IMAGES[name].recipe} has no Containerfile")
    present = existing()
    missing = [name for name in names if reference(name) not in present]
    if missing:
        say(f"building images: {', '.join(missing)}")
        _Builder(missing).run()
    chosen = {name: reference(name) for name in names}
    files.write(PODMAN, f'#!/bin/sh\nCONTAINERS_CONF={shlex.quote(ENVIRONMENT["CONTAINERS_CONF"])} exec podman "$@"\n', mode=0o755)
    files.write_json(FLAGS, ["--network=host", *pip_flags(os.environ, BUILD / "pip.conf")])
    files.write_json(CHOSEN, chosen)
    files.write_json(DIGESTS, {name: f"{REGISTRY}/{name}@{podman('image', 'inspect', '--format={{.Digest}}', image).strip()}"
                               for name, image in chosen.items()})
    return chosen


def existing() -> set[str]:
    """References of all images this machine holds for the lab, of whatever age."""
    listed = podman("images", "--format={{.Repository}}:{{.Tag}}", f"--filter=reference={REGISTRY}/*")
    return set(listed.split())


def prune() -> list[str]:
    """Remove images this clone's recipes no longer describe; another clone that has them builds its own again. Returns their names."""
    wanted = {reference(name) for name in available()}
    removed = []
    for old in sorted(existing() - wanted):
        try:
            podman("rmi", old)
            removed.append(old)
        except PodmanError as error:
            say(f"{old} stays: {error}")
    return removed


def clear_work() -> list[str]:
    """Remove what an interrupted build left: its mounts first, then its files. Returns what was found."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if line.split()[1].startswith(f"{WORK}/")]
    for mount in reversed(mounted):
        subprocess.run(["umount", mount], check=True)
    left = [str(folder) for folder in WORK.iterdir()] if WORK.is_dir() else []
    if WORK.is_dir():
        shutil.rmtree(WORK)
    return [*mounted, *left]


class _Builder:
    """One run over several images: at most two at a time, a base before what stands on it."""

    def __init__(self, names: Sequence[str]):
        self.names = names
        self.done = {name: threading.Event() for name in names}
        self.running: set[subprocess.Popen[bytes]] = set()
        self.stopped = threading.Event()

    def run(self) -> None:
        clear_work()
        chains = [[name for name in self.names if _suite(name) == suite] for suite in SUITES.values()]
        with ThreadPoolExecutor(len(chains)) as pool:
            futures = [pool.submit(self._chain, chain) for chain in chains if chain]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self._stop()
                raise
            finally:
                clear_work()

    def _chain(self, names: Iterable[str]) -> None:
        for name in names:
            started = time.monotonic()
            image = IMAGES[name]
            if image.base is None:
                self._debootstrap(image)
            else:
                self._containerfile(image, image.base)
            say(f"image {name} built in {time.monotonic() - started:.0f} s")

    def _debootstrap(self, image: Image) -> None:
        suite = next(suite for suite, name in SUITES.items() if name == image.name)
        tree = WORK / suite
        tree.mkdir(parents=True)
        self._call(image.name, ["debootstrap", "--variant=minbase", suite, str(tree), MIRROR])
        shutil.copytree(image.recipe / "root", tree, dirs_exist_ok=True)
        for folder in ("doc", "info", "locale", "man"):
            shutil.rmtree(tree / "usr/share" / folder, ignore_errors=True)
        for folder in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(tree / folder)
            (tree / folder / "partial").mkdir(parents=True)
        archive = WORK / f"{suite}.tar"
        self._call(image.name, ["tar", "--one-file-system", "--numeric-owner", "-C", str(tree), "-cf", str(archive), "."])
        self._call(image.name, ["podman", "import", "--change=CMD [\"bash\"]", str(archive), reference(image.name)])
        shutil.rmtree(tree)
        archive.unlink()

    def _containerfile(self, image: Image, base: str) -> None:
        self._call(image.name, ["podman", "build", "--network=host", "--layers=false", f"--build-arg=BASE={reference(base)}",
                                f"--tag={reference(image.name)}", *(pip_flags(os.environ, BUILD / "pip.conf") if image.name == "ticketing" else []),
                                str(image.recipe)])

    def _call(self, name: str, argv: Sequence[str]) -> None:
        if self.stopped.is_set():
            raise BuildError(f"image {name}: stopped")
        log = LOG / f"image-{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=ENVIRONMENT,
                                       start_new_session=True)
            self.running.add(process)
            try:
                code = process.wait(NETWORK_BUILDS_LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = process.wait()
            finally:
                self.running.discard(process)
        if code:
            raise BuildError(f"image {name}: `{argv[0]}` ended with {code}. Its last lines ({log}):\n{files.tail(log, 15)}")

    def _stop(self) -> None:
        self.stopped.set()
        for process in list(self.running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def _suite(name: str) -> str:
    image = IMAGES[name]
    return _suite(image.base) if image.base else name
