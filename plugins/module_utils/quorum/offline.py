# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record in a snapshot is put forward before anybody can read it, or a first one is made of nothing.

A snapshot that is older than the last change of the record names a site that may have been succeeded. Were it served first and put forward then,
that site's agent would renew it in between, and sell. So it is put forward in a copy of its data that an etcd of its own serves: on loopback, at a
port that nobody is told, for as long as that takes. What comes of it is another snapshot. Made of nothing it holds users, the record, and who
wanted it so: all of it from the first moment on, or none.
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
from dataclasses import dataclass, replace
from pathlib import Path

from ..switch.etcd import EtcdLedger, EtcdStore, journal_key, record_key
from ..switch.etcd_wire import Access, Etcd
from ..switch.journal import Journal
from ..switch.mirror import Mirror
from ..switch.record import Record, Unanswered
from . import access as users
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
    with _emptied(directory):
        with _served(tools, snapshot, directory, member, access.ca) as (url, ended):
            store = EtcdStore([url], record_key(told.topology), TIMEOUT, access)
            changed = forward.pending(_answered(store, ended, directory), told.writer, told.epoch)
            if not check:
                forward.put(store, told.writer, told.epoch, told.takeover, time.monotonic, time.sleep)
                _save(tools, directory, url, access)
        if check:
            shutil.rmtree(directory)
        else:
            _keep(directory)
    return changed


def begin(tools: Tools, directory: Path, member: Mapping[str, str], access: Access, told: Told, user: tuple[str, str], journal: Journal,
          node: str) -> None:
    """Leave snapshot.db in `directory`, which is emptied first: users, the record, and `journal` as the one of `node`, and nothing else. `access`: as
    root; `user`: the agents' and its password. Raises Unanswered, NotDone.
    """
    with _emptied(directory):
        with _served(tools, None, directory, member, access.ca) as (url, ended):
            fresh = replace(access, open=True)          # there are no users yet
            store = EtcdStore([url], record_key(told.topology), TIMEOUT, fresh)
            _answered(store, ended, directory)
            users.make(Etcd([url], TIMEOUT, fresh), access.password, *user)
            mirror = Mirror(EtcdLedger([url], journal_key(told.topology), TIMEOUT, access), node, time.monotonic)
            mirror.copy(journal.chain())
            if mirror.said:
                raise NotDone(f"who wanted it so could not be written down: {mirror.said}")
            if store.swap(0, Record(told.writer, told.epoch, 1, takeover=told.takeover)) is None:
                raise NotDone("somebody else has put a record where nobody can be")
            _save(tools, directory, url, access)
        _keep(directory)


@contextlib.contextmanager
def _emptied(directory: Path) -> Iterator[None]:
    """An empty directory, which is there afterwards only when all went well."""
    shutil.rmtree(directory, ignore_errors=True)        # of a run that was interrupted
    directory.mkdir(mode=0o700, parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _save(tools: Tools, directory: Path, url: str, access: Access) -> None:
    _run([tools.etcdctl, f"--dial-timeout={LIMIT / 2:g}s", "snapshot", "save", str(directory / "saving.db")], _client(url, access))


def _keep(directory: Path) -> None:
    (directory / "saving.db").replace(directory / "snapshot.db")
    shutil.rmtree(directory / "data")


@contextlib.contextmanager
def _served(tools: Tools, snapshot: Path | None, directory: Path, member: Mapping[str, str], authority: str) \
        -> Iterator[tuple[str, Callable[[], bool]]]:
    """Yields the URL under which the snapshot's data is served, none where there is none, and whether that has ended. Who asks has to be who he was
    before: users are part of the data.
    """
    client, peer = (f"https://127.0.0.1:{port}" for port in _free_ports(2))
    first = {"INITIAL_CLUSTER": f"forward={peer}", "INITIAL_CLUSTER_STATE": "new", "INITIAL_CLUSTER_TOKEN": "forward"}
    if snapshot:
        first = {}
        _run([tools.etcdctl, "snapshot", "restore", str(snapshot), "--name=forward", f"--data-dir={directory / 'data'}",
              f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=forward={peer}", "--initial-cluster-token=forward"], {"ETCDCTL_API": "3"})
    crt, key = member["certificate"], member["key"]
    given = {"NAME": "forward", "DATA_DIR": str(directory / "data"), "LISTEN_CLIENT_URLS": client, "ADVERTISE_CLIENT_URLS": client,
             "LISTEN_PEER_URLS": peer, "INITIAL_ADVERTISE_PEER_URLS": peer,
             "TRUSTED_CA_FILE": authority, "CERT_FILE": crt, "KEY_FILE": key, "CLIENT_CERT_AUTH": "true",
             "PEER_TRUSTED_CA_FILE": authority, "PEER_CERT_FILE": crt, "PEER_KEY_FILE": key, "PEER_CLIENT_CERT_AUTH": "true", **first}
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
        raise NotDone(f"{_called(argv)} did not end within {LIMIT:g} s") from error
    if done.returncode:
        raise NotDone(f"{_called(argv)}: {(done.stderr.strip().splitlines() or ['failed silently'])[-1][:SAID]}")


def _called(argv: list[str]) -> str:
    return " ".join([part for part in argv if not part.startswith("--")][:3])


def _client(url: str, access: Access) -> dict[str, str]:
    return {"ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": url, "ETCDCTL_CACERT": access.ca, "ETCDCTL_CERT": access.certificate, "ETCDCTL_KEY": access.key,
            "ETCDCTL_USER": access.user, "ETCDCTL_PASSWORD": access.password}


def _free_ports(count: int) -> list[int]:
    """On loopback, and none that anybody is told of."""
    with contextlib.ExitStack() as held:
        return [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _unused in range(count)]
