# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record in a snapshot is put forward before anybody can read it.

A snapshot that is older than the last change of the record names a site that may have been succeeded. Were it served first and put forward then,
that site's agent would renew it in between, and sell. So it is put forward in a copy of its data that an etcd of its own serves: on loopback, at a
port that nobody is told, for as long as that takes. What comes of it is another snapshot.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..switch.etcd import EtcdStore, record_key
from ..switch.etcd_wire import Access
from ..switch.record import Record, Unanswered
from . import forward

LIMIT = 60.0            # seconds in which that etcd has to answer, and in which each of its tools has to end
TIMEOUT = 5.0           # seconds for each of its answers
SAID = 300              # characters of what failed


class NotDone(Exception):
    """It was not done; the message says why."""


@dataclass(frozen=True)
class Tools:
    """Programs, by their paths. `bound` starts another so that it ends with whoever started it, however that ends."""

    etcd: str
    etcdctl: str
    bound: str


@dataclass(frozen=True)
class Told:
    """What the record is to say, and for how long a record that names another site has to be seen unchanged: until then its gate may be open."""

    topology: str
    writer: str
    epoch: int
    takeover: float


def sha256(path: Path) -> str:
    """Of a whole file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put_forward(tools: Tools, snapshot: Path, directory: Path, member: Mapping[str, str], access: Access, told: Told, *, check: bool = False) -> bool:
    """Leave snapshot.db in `directory`, which is emptied first: what `snapshot` holds, with the record put forward. `member`: {certificate, key}
    of a member; `access`: as root. Returns whether anything had to be put. Raises Refused, Unanswered, NotDone.
    """
    shutil.rmtree(directory, ignore_errors=True)        # of a run that was interrupted
    directory.mkdir(mode=0o700, parents=True)
    try:
        with _served(tools, snapshot, directory, member, access.ca) as (url, ended):
            store = EtcdStore([url], record_key(told.topology), TIMEOUT, access)
            changed = forward.pending(_answered(store, ended, directory), told.writer, told.epoch)
            if not check:
                forward.put(store, told.writer, told.epoch, told.takeover, time.monotonic, time.sleep)
                _run([tools.etcdctl, "snapshot", "save", str(directory / "saving.db")], _client(url, access))
        if check:
            shutil.rmtree(directory)
        else:
            (directory / "saving.db").replace(directory / "snapshot.db")
            shutil.rmtree(directory / "data")
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return changed


@contextlib.contextmanager
def _served(tools: Tools, snapshot: Path, directory: Path, member: Mapping[str, str], authority: str) \
        -> Iterator[tuple[str, Callable[[], bool]]]:
    """Yields the URL under which the snapshot's data is served, and whether that has ended. Who asks has to be who he was before: users are part of
    the data.
    """
    client, peer = (f"https://127.0.0.1:{port}" for port in _free_ports(2))
    _run([tools.etcdctl, "snapshot", "restore", str(snapshot), "--name=forward", f"--data-dir={directory / 'data'}",
          f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=forward={peer}", "--initial-cluster-token=forward"], {"ETCDCTL_API": "3"})
    crt, key = member["certificate"], member["key"]
    given = {"NAME": "forward", "DATA_DIR": str(directory / "data"), "LISTEN_CLIENT_URLS": client, "ADVERTISE_CLIENT_URLS": client,
             "LISTEN_PEER_URLS": peer, "INITIAL_ADVERTISE_PEER_URLS": peer,
             "TRUSTED_CA_FILE": authority, "CERT_FILE": crt, "KEY_FILE": key, "CLIENT_CERT_AUTH": "true",
             "PEER_TRUSTED_CA_FILE": authority, "PEER_CERT_FILE": crt, "PEER_KEY_FILE": key, "PEER_CLIENT_CERT_AUTH": "true"}
    with (directory / "etcd.log").open("wb") as log, subprocess.Popen(
            [tools.bound, "--pdeathsig", "KILL", tools.etcd], env={f"ETCD_{name}": value for name, value in given.items()},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
        try:
            yield client, lambda: process.poll() is not None
        finally:
            process.kill()


def _answered(store: EtcdStore, ended: Callable[[], bool], directory: Path) -> Record | None:
    """The record, once it is served. Raises NotDone with that etcd's last words."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            return store.read().record
        except Unanswered as error:
            if ended() or time.monotonic() > end:
                log = (directory / "etcd.log").read_text(errors="replace").strip().splitlines()
                raise NotDone(f"the snapshot's data is not served: {error}; its etcd said last: {(log or ['nothing'])[-1][:SAID]}") from error
            time.sleep(0.2)


def _run(argv: list[str], environment: Mapping[str, str]) -> None:
    """Who we are travels in the environment: a command line is for all to read."""
    try:
        done = subprocess.run(argv, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
        raise NotDone(f"{' '.join(argv[:3])} did not end within {LIMIT:g} s") from error
    if done.returncode:
        raise NotDone(f"{' '.join(argv[:3])}: {(done.stderr.strip().splitlines() or ['failed silently'])[-1][:SAID]}")


def _client(url: str, access: Access) -> dict[str, str]:
    return {"ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": url, "ETCDCTL_CACERT": access.ca, "ETCDCTL_CERT": access.certificate, "ETCDCTL_KEY": access.key,
            "ETCDCTL_USER": access.user, "ETCDCTL_PASSWORD": access.password}


def _free_ports(count: int) -> list[int]:
    """On loopback, and none that anybody is told of."""
    with contextlib.ExitStack() as held:
        return [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]
