# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lost record is restored by the role's own tasks, with real members, while a site that was succeeded tries all the time to go on by it: whatever
the snapshot says, it never meets the record as it was. Hosts are addresses on loopback here, and systemd is two lines of shell.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import access, offline, upkeep
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd import EtcdStore, record_key
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import Access
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Unanswered
from cryptography.x509.oid import ExtendedKeyUsageOID

from .quorum_servers import ETCD, ETCDCTL, HAD, LOOPBACK, MISSING, ROLE, SEARCH, Authority, free_ports

pytestmark = pytest.mark.skipif(not HAD, reason=MISSING)
PROJECT = Path(__file__).parents[2]
ROOT, AGENT = "root-password", "agent-password"
ADDRESSES = dict(zip(("nhn", "aws"), LOOPBACK[1:], strict=True))
OLD = Record("nhn", 3, 900, takeover=2.0)
START = 'set -a; . {home}/etcd.env; set +a; setsid {etcd} >> {home}/etcd.log 2>&1 & echo $! > {home}/pid'
STOP = 'kill -9 $(cat {home}/pid 2>/dev/null) 2>/dev/null; rm -f {home}/pid'


class World:
    """Two hosts whose record is lost. In the snapshot, which lies on nhn's, nhn writes at epoch 3; aws's agent remembers 4."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client, self.peer = free_ports(2)
        self.authority = Authority(folder)
        self.authority.member()
        self.authority.sign("client", common=None, usages=[ExtendedKeyUsageOID.CLIENT_AUTH])
        for name, epoch in (("nhn", 3), ("aws", 4)):
            home = folder / name
            (home / "snapshots").mkdir(parents=True)
            (home / "epoch").write_text(f"{epoch}\n")
            (home / "etcd.env").write_text(self._environment(name))
        self._keep_snapshot()
        self._write_tasks()

    def _environment(self, name: str) -> str:
        at = ADDRESSES[name]
        own = f",https://127.0.0.1:{self.client}" if name == "nhn" else ""      # whom the play asks; the machine has that address once
        given = {
            "NAME": name, "DATA_DIR": self.folder / name / "data", "INITIAL_CLUSTER_STATE": "existing",
            "LISTEN_CLIENT_URLS": f"https://{at}:{self.client}{own}", "ADVERTISE_CLIENT_URLS": f"https://{at}:{self.client}",
            "LISTEN_PEER_URLS": f"https://{at}:{self.peer}", "INITIAL_ADVERTISE_PEER_URLS": f"https://{at}:{self.peer}",
            "TRUSTED_CA_FILE": self.folder / "ca.crt", "CERT_FILE": self.folder / "member.crt", "KEY_FILE": self.folder / "member.key",
            "CLIENT_CERT_AUTH": "true", "PEER_TRUSTED_CA_FILE": self.folder / "ca.crt", "PEER_CERT_FILE": self.folder / "member.crt",
            "PEER_KEY_FILE": self.folder / "member.key", "PEER_CLIENT_CERT_AUTH": "true", "PEER_CERT_ALLOWED_CN": "quorum-member",
        }
        return "".join(f"ETCD_{key}={shlex.quote(str(value))}\n" for key, value in given.items())

    def shell(self, name: str, template: str) -> str:
        return template.format(home=self.folder / name, etcd=ETCD)

    def stores(self, timeout: float = 5.0) -> list[EtcdStore]:
        """One for each member that there may be, as agents ask them."""
        as_agent = Access(**self.authority.files(), user="agent", password=AGENT)
        return [EtcdStore([f"https://{at}:{self.client}"], record_key("tickets"), timeout, as_agent) for at in ADDRESSES.values()]

    def answered(self, limit: float = 60.0) -> Record | None:
        """The record, once somebody says it."""
        end = time.monotonic() + limit
        while True:
            for store in self.stores():
                try:
                    return store.read().record
                except Unanswered:
                    if time.monotonic() > end:
                        raise
            time.sleep(0.1)

    def _keep_snapshot(self) -> None:
        """Of a quorum of one, which is lost then."""
        home, peer = self.folder / "nhn", f"https://{ADDRESSES['nhn']}:{self.peer}"
        begin = f"export ETCD_INITIAL_CLUSTER=nhn={peer} ETCD_INITIAL_CLUSTER_STATE=new; "
        subprocess.run(["sh", "-c", self.shell("nhn", START.replace("set +a;", f"set +a; {begin}"))], check=True)
        try:
            url, files = f"https://{ADDRESSES['nhn']}:{self.client}", self.authority.files()
            root = access.at([url], 5.0, files, "root", ROOT, open_=True)
            end = time.monotonic() + 60
            while True:
                try:
                    access.make(root, ROOT, "agent", AGENT)
                    break
                except Unanswered:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.2)
            assert self.stores()[0].swap(0, OLD)
            upkeep.snapshot({"endpoint": url, "topology": "tickets", "files": files, "user": "root", "password": ROOT,
                             "directory": str(home / "snapshots"), "keep": 2, "etcdctl": ETCDCTL},
                            lambda: datetime.datetime(2026, 1, 2, 10, 10, tzinfo=datetime.UTC))
        finally:
            self.end()
        subprocess.run(["rm", "-r", home / "data"], check=True)

    def _write_tasks(self) -> None:
        """The role's, with the machine's own places made those of each host, and its files whose play it is."""
        def here(task: dict[str, Any]) -> dict[str, Any]:
            if owned := task.get("ansible.builtin.file", {}):           # etcd's package makes its user, and is not installed here
                task = {**task, "ansible.builtin.file": {key: value for key, value in owned.items() if key not in ("owner", "group")}}
            service = task.pop("ansible.builtin.systemd_service", None)
            if service is None:
                return task
            state = {"started": START, "stopped": STOP}[service["state"]]
            line = f"{state} || true".format(home=f"{self.folder}/{{{{ inventory_hostname }}}}", etcd=ETCD)
            return {**task, "ansible.builtin.shell": {"cmd": line}}
        for name in ("restore.yml", "restore_lost.yml", "restore_members.yml"):
            text = (ROLE / "tasks" / name).read_text(encoding="utf-8").replace("/var/lib/multicloud-dr/epoch", '"{{ __quorum_state }}/epoch"')
            (self.folder / name).write_text(yaml.safe_dump([here(task) for task in yaml.safe_load(text)], sort_keys=False), encoding="utf-8")
        (self.folder / "play.yml").write_text(yaml.safe_dump([{
            "hosts": "all", "gather_facts": False, "any_errors_fatal": True,
            "vars_files": [str(ROLE / "defaults" / "main.yml"), str(ROLE / "vars" / "main.yml")],
            "tasks": [{"ansible.builtin.import_tasks": "restore.yml"}]}]), encoding="utf-8")
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {name: {**local, "quorum_name": name} for name in ADDRESSES}}}))

    def play(self, **named: Any) -> subprocess.Popen[str]:
        given = {
            "quorum_members": [{"name": name, "address": at, "site": name} for name, at in ADDRESSES.items()],
            "quorum_topology": "tickets", "quorum_client_port": self.client, "quorum_peer_port": self.peer, "quorum_takeover_seconds": 2.0,
            "quorum_password": AGENT, "quorum_root_password": ROOT, "quorum_data_directory": f"{self.folder}/{{{{ inventory_hostname }}}}/data",
            "__quorum_etc": str(self.folder), "__quorum_state": f"{self.folder}/{{{{ inventory_hostname }}}}", **named,
        }
        return subprocess.Popen(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", self.folder / "hosts.yml", self.folder / "play.yml", "-e", json.dumps(given)],
            cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "PATH": SEARCH, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "PYTHONUNBUFFERED": "1"})

    def end(self) -> None:
        for name in ADDRESSES:
            subprocess.run(["sh", "-c", self.shell(name, STOP)], check=False)


class Succeeded(threading.Thread):
    """The agent of a site that has heard of nothing: whatever member lets it in, it renews a record that names it, at once."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._stores, self._over = world.stores(1.0), threading.Event()
        self.met: list[Record] = []

    def run(self) -> None:
        while not self._over.wait(0.02):
            for store in self._stores:
                with contextlib.suppress(Unanswered):
                    seen = store.read()
                    if seen.record and (not self.met or seen.record != self.met[-1]):
                        self.met.append(seen.record)
                    if seen.record and seen.record.writer == "nhn":
                        store.swap(seen.revision, replace(seen.record, counter=seen.record.counter + 1))

    def __enter__(self) -> Succeeded:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self.join(30)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.long
# In which of the tasks a first run is killed, controller and hosts alike; "" where none is.
@pytest.mark.parametrize("killed", ["", "Make a member of a new cluster of it", *(
    pytest.param(task, marks=pytest.mark.whole) for task in ("Say in it who wrote last", "Run it", "Leave no further copy"))])
def test_who_was_succeeded_never_meets_the_record_as_the_snapshot_has_it(world: World, killed: str) -> None:
    named = {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}
    with Succeeded(world) as agent:
        if killed:
            first = world.play(**named)
            assert first.stdout
            for line in first.stdout:
                if f"TASK [{killed}]" in line:
                    time.sleep(0.5)
                    break
            else:
                raise AssertionError(f"no task {killed}")
            os.killpg(first.pid, signal.SIGKILL)
            first.stdout.close()
            first.wait()
            time.sleep(2)
        run = world.play(**named)
        said = run.communicate(timeout=500)[0]
        assert run.returncode == 0, said
        assert world.answered() == Record("aws", 5, OLD.counter + 1)
        time.sleep(1)
    assert agent.met == [Record("aws", 5, OLD.counter + 1)], agent.met
    for name in ADDRESSES:
        assert not [left for left in ("restoring.db", "forward") if not killed and (world.folder / name / left).exists()]


@pytest.mark.long
def test_a_record_that_nobody_has_succeeded_is_restored_as_it_was(world: World) -> None:
    (world.folder / "aws" / "epoch").write_text("3\n")
    run = world.play(quorum_restore_writer="nhn")
    said = run.communicate(timeout=500)[0]
    assert run.returncode == 0, said
    assert world.answered() == OLD


def told(world: World, **other: Any) -> dict[str, Any]:
    """What the module says, run as Ansible runs it."""
    note = json.loads((world.folder / "nhn" / "snapshots" / "newest.json").read_text())
    files = world.authority.files()
    asked = {"path": str(world.folder / "nhn" / "snapshots" / note["file"]), "checksum": note["sha256"], "directory": str(world.folder / "forward"),
             "topology": "tickets", "writer": "aws", "sites": ["nhn", "aws"], "epoch": 5, "takeover_seconds": 2.0,
             "member": {"certificate": str(world.folder / "member.crt"), "key": str(world.folder / "member.key")},
             "access": {**files, "user": "root", "password": ROOT}, **other}
    run = subprocess.run([sys.executable, "-m", "ansible_collections.multicloud.dr.plugins.modules.quorum_snapshot"], cwd=PROJECT, text=True,
                         input=json.dumps({"ANSIBLE_MODULE_ARGS": asked}), capture_output=True, check=False, timeout=200,
                         env={**os.environ, "PATH": SEARCH, "PYTHONPATH": str(PROJECT / "collections")})
    assert run.stdout, run.stderr
    said: dict[str, Any] = json.loads(run.stdout)
    return said


def test_a_snapshot_is_made_to_say_who_wrote_last_and_is_never_set_back(world: World) -> None:
    made = world.folder / "forward"
    dry = told(world, _ansible_check_mode=True)
    assert (dry["changed"], dry["sha256"], made.exists()) == (True, "", False)
    first = told(world)
    assert first["changed"] and first["sha256"] == offline.sha256(made / "snapshot.db")
    assert sorted(path.name for path in made.iterdir()) == ["etcd.log", "snapshot.db"]
    kept = world.folder / "kept.db"
    (made / "snapshot.db").rename(kept)
    again = told(world, path=str(kept), checksum=first["sha256"])
    assert again["changed"] is False and (made / "snapshot.db").exists()
    back = told(world, path=str(kept), checksum=first["sha256"], writer="nhn")
    assert "The record says aws at epoch 5 by now" in back["msg"] and not made.exists()


@pytest.mark.long
def test_the_gate_of_who_is_succeeded_has_run_out_before_the_snapshot_says_so(world: World) -> None:
    """Twenty seconds here, ten times what the record itself says: the longer of both counts. Who goes on himself is not waited for."""
    took = {}
    for writer in ("nhn", "aws"):
        began = time.monotonic()
        assert told(world, writer=writer, takeover_seconds=20.0)["changed"]
        took[writer] = time.monotonic() - began
    assert took["nhn"] < 20.0 <= took["aws"], took


@pytest.mark.parametrize(("other", "said"), [
    ({"checksum": "0" * 64}, "is not the snapshot that its note tells of"),
    ({"path": "/nowhere.db"}, "No such file"),
    ({"topology": "another"}, "The record is absent"),
    ({"writer": "AWS"}, "AWS is no site that keeps a member of the quorum; there are aws, nhn."),
])
def test_what_is_no_snapshot_of_the_record_is_refused(world: World, other: dict[str, Any], said: str) -> None:
    answer = told(world, **other)
    assert answer["failed"] and said in answer["msg"] and not (world.folder / "forward").exists()
