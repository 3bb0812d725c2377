# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the quorum rests on, asked of three real etcd members: who is let in, what a lost member and a lost quorum cost, what renews itself."""

from __future__ import annotations

import datetime
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import access, members, upkeep
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd import EtcdMembers, EtcdNews, EtcdStore, record_key
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import Access, Etcd
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Unanswered
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .quorum_servers import ETCDCTL, HAD, LIMIT, MISSING, Member, Quorum

pytestmark = [pytest.mark.long, pytest.mark.skipif(not HAD, reason=MISSING)]
T = TypeVar("T")
PROJECT = Path(__file__).parents[2]
ROOT, AGENT = "root-password", "agent-password"
KEY = record_key("tickets")


@pytest.fixture
def quorum(tmp_path: Path) -> Iterator[Quorum]:
    made = Quorum(tmp_path)
    try:
        yield made
    finally:
        made.end()


def root(quorum: Quorum, *, open_: bool = False, urls: list[str] | None = None) -> Etcd:
    return access.at(urls or quorum.urls, 5.0, quorum.authority.files(), "root", ROOT, open_=open_)


def as_agent(quorum: Quorum, password: str = AGENT) -> Access:
    return Access(**quorum.authority.files(), user="agent", password=password)


def guarded(quorum: Quorum) -> None:
    """Users and roles as role quorum makes them."""
    access.make(root(quorum, open_=True), ROOT, "agent", AGENT)


def store(quorum: Quorum, *asked: Member) -> EtcdStore:
    return EtcdStore([member.url for member in asked] or quorum.urls, KEY, 3.0, as_agent(quorum))


def test_only_who_has_certificate_and_password_writes_and_only_the_record(quorum: Quorum) -> None:
    bare = Access(**quorum.authority.files())
    assert Etcd(quorum.urls, 3.0, bare).ask("/v3/kv/range", {"key": "AA=="})["header"]          # before there are users, a certificate is enough
    assert access.missing(root(quorum), "agent", Etcd(quorum.urls, 3.0, as_agent(quorum))) == ["users and roles"]
    guarded(quorum)
    assert access.missing(root(quorum), "agent", Etcd(quorum.urls, 3.0, as_agent(quorum))) == []
    assert store(quorum).swap(0, Record("nhn", 1, 1))
    agent = Etcd(quorum.urls, 3.0, as_agent(quorum))
    for path, body in (("/v3/kv/put", {"key": "L290aGVy", "value": ""}), ("/v3/cluster/member/remove", {"ID": "1"}), ("/v3/auth/disable", {})):
        with pytest.raises(Unanswered, match="permission denied"):
            agent.ask(path, body)
    for who in (bare, as_agent(quorum, "wrong-password")):
        with pytest.raises(Unanswered, match=r"permission denied|invalid user ID or password") as told:
            EtcdStore(quorum.urls, KEY, 3.0, who).swap(1, Record("aws", 2, 2))
        assert "password-" not in str(told.value) and AGENT not in str(told.value)
    context = ssl.create_default_context(cafile=quorum.authority.files()["ca"])
    with pytest.raises(OSError, match=r"certificate required|bad certificate|reset"), \
            socket.create_connection(("127.0.0.1", int(quorum.urls[0].rsplit(":", 1)[1])), timeout=3) as raw, \
            context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped:
        wrapped.sendall(b"POST /v3/kv/range HTTP/1.1\r\nHost: etcd\r\nContent-Length: 2\r\n\r\n{}")
        raise AssertionError(wrapped.recv(100))


def test_who_may_read_the_record_hears_of_each_renewal(quorum: Quorum) -> None:
    """By the member that is asked, whoever was told of it; without the password nobody hears anything."""
    guarded(quorum)
    writer = store(quorum, quorum.members[0])
    seen, rung = writer.swap(0, Record("nhn", 1, 1)), threading.Semaphore(0)
    news = EtcdNews([quorum.members[1].url], KEY, 3.0, as_agent(quorum))

    def listen() -> None:
        with suppress(Unanswered):
            for _ in news.heard():
                rung.release()
    threading.Thread(target=listen, daemon=True).start()
    counter, end = 1, time.monotonic() + 20
    while not rung.acquire(timeout=0.2):            # until the stream is there
        counter += 1
        assert seen and time.monotonic() < end
        seen = writer.swap(seen.revision, Record("nhn", 1, counter))
    while rung.acquire(timeout=0.5):
        pass
    for more in (1, 2):
        assert seen
        seen = writer.swap(seen.revision, Record("nhn", 1, counter + more))
        assert rung.acquire(timeout=10.0)
    with pytest.raises(Unanswered, match=r"permission denied|invalid auth token|user name is empty"):
        list(EtcdNews(quorum.urls[:1], KEY, 3.0, Access(**quorum.authority.files())).heard())


def test_a_certificate_with_a_common_name_is_of_no_use_to_a_client(quorum: Quorum) -> None:
    """Why the role's clients have none: etcd's gateway turns them away, lest the name be taken for a user."""
    quorum.authority.sign("named", common="agent", usages=[ExtendedKeyUsageOID.CLIENT_AUTH])
    guarded(quorum)
    with pytest.raises(Unanswered, match="CommonName of client sending a request against gateway will be ignored"):
        EtcdStore(quorum.urls, KEY, 3.0, Access(**quorum.authority.files("named"), user="agent", password=AGENT)).read()


def test_an_agent_is_no_member(quorum: Quorum) -> None:
    files = quorum.authority.files()
    context = ssl.create_default_context(cafile=files["ca"])
    context.load_cert_chain(files["certificate"], files["key"])
    with pytest.raises(OSError, match=r"bad certificate|reset"), \
            socket.create_connection(("127.0.0.1", int(quorum.members[0].peer.rsplit(":", 1)[1])), timeout=3) as raw, \
            context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped:
        wrapped.sendall(b"GET /members HTTP/1.1\r\nHost: etcd\r\n\r\n")
        raise AssertionError(wrapped.recv(100))


def test_a_token_that_is_forgotten_or_void_is_bought_anew_and_nothing_is_written_twice(quorum: Quorum) -> None:
    guarded(quorum)
    first = quorum.members[0]
    agents = store(quorum, first)
    seen = agents.swap(0, Record("nhn", 1, 1))
    assert seen
    root(quorum).ask("/v3/auth/role/add", {"name": "another"})             # every token speaks of older users now
    seen = agents.swap(seen.revision, Record("nhn", 1, 2))
    assert seen, "a swap that was refused for its token was taken for a lost race"
    first.kill()
    first.start()
    first.wait()                                                           # and it knows no token any more
    again = agents.swap(seen.revision, Record("nhn", 1, 3))
    assert again and again.revision == seen.revision + 1


def test_the_agents_password_follows_the_vault_and_roots_is_refused(quorum: Quorum) -> None:
    guarded(quorum)
    newer = Etcd(quorum.urls, 3.0, as_agent(quorum, "newer-password"))
    assert access.missing(root(quorum), "agent", newer) == ["password of agent"]
    access.make(root(quorum, open_=True), ROOT, "agent", "newer-password")
    assert access.missing(root(quorum), "agent", newer) == []
    stranger = access.at(quorum.urls, 5.0, quorum.authority.files(), "root", "another", open_=False)
    with pytest.raises(access.RootRefused):
        access.missing(stranger, "agent", newer)


@pytest.mark.parametrize("away", [0, 1, 2])
def test_any_two_decide_and_one_does_not(quorum: Quorum, away: int) -> None:
    guarded(quorum)
    assert store(quorum).swap(0, Record("nhn", 1, 1))
    quorum.members[away].kill()
    seen = settled(store(quorum).read)
    assert seen.record == Record("nhn", 1, 1)
    quorum.members[(away + 1) % 3].kill()
    with pytest.raises(Unanswered):
        EtcdStore(quorum.urls, KEY, 1.0, as_agent(quorum)).read()
    view = EtcdMembers(quorum.urls, 1.0, as_agent(quorum)).look()
    assert (view.total, view.answering, view.quorum) == (3, 1, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a member is put into a network of its own")
def test_who_was_cut_off_and_comes_back_unseats_nobody(quorum: Quorum) -> None:
    """It has asked for votes all the while. Had each time been a new term, the leader would have to go, and the gate with the record: etcd 3.4, which
    Debian has, asks beforehand whether anybody would vote for it only where it is told to (--pre-vote; later ones by themselves)."""
    guarded(quorum)

    def term() -> int:
        return int(settled(lambda: root(quorum).ask("/v3/maintenance/status", {}))["raftTerm"])

    leader = settled(lambda: root(quorum).ask("/v3/maintenance/status", {}))["leader"]
    away = next(member for member in quorum.members if f"{int(leader):x} became leader" not in member.log)
    before, said = term(), len(away.log)
    away.kill()
    away.start(apart=True)
    for _ in range(3):
        away.says("is starting a new election", said)
        said = away.log.index("is starting a new election", said) + 1
    away.kill()
    away.start()
    away.wait()
    assert settled(lambda: root(quorum, urls=[away.url]).ask("/v3/maintenance/status", {}))["leader"] == leader
    assert term() == before


def settled(ask: Callable[[], T]) -> T:
    """The answer once there is one: while a leader is elected, and until all members were in touch for five seconds, etcd asks for patience."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            return ask()
        except Unanswered:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def rejoin(quorum: Quorum, lost: Member) -> members.Step:
    """What module quorum_member and the role do for a host, on the real thing."""
    others = members.Cluster(root(quorum, urls=[member.url for member in quorum.members if member is not lost], open_=True))
    own = members.Cluster(access.at([lost.url], 2.0, quorum.authority.files(), "", "", open_=True))
    has_data = (lost.data / "member" / "wal").is_dir()
    step = members.plan(settled(others.members), lost.name, lost.peer, has_data=has_data, foreign=has_data and members.foreign(others, own))
    if step.action in ("join", "replace"):
        lost.kill()
        for gone in step.remove:
            settled(partial(others.remove, gone))
        if has_data:
            lost.data.rename(lost.data.with_name(f"{lost.name}.aside"))
        told = settled(lambda: others.add(lost.peer))
        lost.start({"INITIAL_CLUSTER": members.initial_cluster(told, lost.name, lost.peer), "INITIAL_CLUSTER_STATE": "existing"})
        lost.wait()
    return step


def test_a_member_whose_disk_is_lost_does_not_begin_by_itself_and_comes_back_by_the_others(quorum: Quorum) -> None:
    guarded(quorum)
    assert store(quorum).swap(0, Record("nhn", 1, 1))
    lost = quorum.members[0]
    lost.kill()
    lost.lose_disk()
    lost.start()
    assert lost.process and lost.process.wait(20) != 0, "an empty member without its cluster's word went on"
    assert rejoin(quorum, lost).action == "join"
    assert settled(store(quorum, lost).read).record == Record("nhn", 1, 1)       # it knows the users as well
    assert rejoin(quorum, lost).action == "none"
    quorum.members[1].kill()                                              # and it counts
    two = store(quorum, lost, quorum.members[2])
    assert two.swap(settled(two.read).revision, Record("nhn", 1, 2))


def upkeep_config(quorum: Quorum, member: Member, directory: Path) -> dict[str, Any]:
    return {"name": member.name, "endpoint": member.url, "others": {other.name: other.url for other in quorum.members if other is not member},
            "topology": "tickets", "files": quorum.authority.files(), "member_certificate": str(directory.parent / "member.crt"), "user": "root",
            "password": ROOT, "directory": str(directory), "keep": 2, "metrics": member.metrics, "etcdctl": ETCDCTL}


def _put(quorum: Quorum, there: list[Member], writer: str, epoch: int, *, check: bool = False, absent: bool = False) -> dict[str, Any]:
    """What the module says, run as Ansible runs it."""
    asked = {"endpoints": [member.url for member in there], "topology": "tickets", "writer": writer, "sites": ["nhn", "aws"], "epoch": epoch,
             "takeover_seconds": 2.0, "absent": absent,
             "access": {**quorum.authority.files(), "user": "agent", "password": AGENT}, "_ansible_check_mode": check}
    run = subprocess.run([sys.executable, "-m", "ansible_collections.multicloud.dr.plugins.modules.quorum_record"], cwd=PROJECT, text=True,
                         input=json.dumps({"ANSIBLE_MODULE_ARGS": asked}), capture_output=True, check=False, timeout=60,
                         env={**os.environ, "PYTHONPATH": str(PROJECT / "collections")})
    said: dict[str, Any] = json.loads(run.stdout)
    said.pop("invocation", None)
    return said


def test_a_snapshot_becomes_a_new_cluster_and_the_old_ones_member_is_a_stranger_to_it(quorum: Quorum, tmp_path: Path) -> None:
    guarded(quorum)
    seen = store(quorum).swap(0, Record("aws", 4, 77))
    (tmp_path / "snapshots").mkdir()
    config = upkeep_config(quorum, quorum.members[0], tmp_path / "snapshots")
    moments = iter(datetime.datetime(2026, 1, day, tzinfo=datetime.UTC) for day in range(1, 20))
    for _ in range(3):
        moment = next(moments)
        upkeep.snapshot(config, lambda at=moment: at)
    assert [path.name for path in sorted((tmp_path / "snapshots").glob("*.db"))] == ["2026-01-02T000000Z.db", "2026-01-03T000000Z.db"]
    note = json.loads((tmp_path / "snapshots" / "newest.json").read_text())
    assert seen and note["record"] == {"writer": "aws", "epoch": 4, "counter": 77, "takeover": None} and note["revision"] == seen.revision
    told = upkeep.status(config, datetime.datetime.now(datetime.UTC))
    assert told[0].startswith("Member nhn: etcd 3.") and "(29 days)" in told[1]
    assert told[-1] == "Newest snapshot: 2026-01-03T00:00:00Z, writer aws, epoch 4"

    assert store(quorum).swap(seen.revision, Record("nhn", 5, 80))         # the last change before both are lost is in no snapshot
    away, *there = quorum.members
    for member in there:
        member.kill()
        member.lose_disk()
        subprocess.run([str(ETCDCTL), "snapshot", "restore", str(tmp_path / "snapshots" / note["file"]), f"--name={member.name}",
                        f"--data-dir={member.data}", f"--initial-advertise-peer-urls={member.peer}", "--initial-cluster-token=test-again",
                        "--initial-cluster=" + ",".join(f"{each.name}={each.peer}" for each in there)],
                       env={"ETCDCTL_API": "3"}, check=True, capture_output=True)
        member.start()
    for member in there:
        member.wait()
    assert settled(store(quorum, *there).read).record == Record("aws", 4, 77)
    assert _put(quorum, there, "aws", 5, check=True) == _put(quorum, there, "aws", 5) == {"changed": True, "writer": "aws", "epoch": 5}
    assert _put(quorum, there, "aws", 5)["changed"] is False
    assert "never set back" in _put(quorum, there, "nhn", 5)["msg"]
    assert _put(quorum, there, "nhn", 6)["changed"], "another site, once nobody has renewed it for long enough"
    assert rejoin(quorum, away).action == "replace"
    assert settled(store(quorum, away).read).record == Record("nhn", 6, 79)
    assert (tmp_path / "nhn.aside" / "member").is_dir()


def test_a_record_that_is_gone_from_a_quorum_that_lives_is_put_by_name_and_once(quorum: Quorum) -> None:
    guarded(quorum)
    assert "The record is absent" in _put(quorum, quorum.members, "aws", 6)["msg"]
    assert "AWS is no site" in _put(quorum, quorum.members, "AWS", 6, absent=True)["msg"]
    assert _put(quorum, quorum.members, "aws", 6, absent=True)["changed"]
    assert settled(store(quorum).read).record == Record("aws", 6, 1)
    assert _put(quorum, quorum.members, "aws", 6, absent=True)["changed"] is False
    assert "never set back" in _put(quorum, quorum.members, "nhn", 6, absent=True)["msg"]


def test_who_is_not_let_in_hears_that_somebody_is_there(quorum: Quorum) -> None:
    """And who is let in by a member that has lost the others hears nothing: that is a lost quorum."""
    guarded(quorum)
    stranger = EtcdStore(quorum.urls, record_key("tickets"), 2.0, as_agent(quorum, "another"))
    with pytest.raises(Unanswered) as told:
        stranger.read()
    assert told.value.refused, told.value
    for member in quorum.members[1:]:
        member.kill()
    for asks in (stranger, store(quorum)):
        with pytest.raises(Unanswered) as told:
            asks.read()
        assert not told.value.refused, told.value


def test_a_member_gives_space_back_only_while_both_others_answer(quorum: Quorum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded(quorum)
    config = upkeep_config(quorum, quorum.members[0], tmp_path)
    assert "nothing to gain" in upkeep.defragment(config)
    monkeypatch.setattr(upkeep, "WORTH", 0)
    assert " bytes became " in upkeep.defragment(config)
    quorum.members[2].kill()
    with pytest.raises(upkeep.NotDone, match=r"third gives no answer\. A defragmentation now could leave the record without a quorum"):
        upkeep.defragment(config)


def test_renewed_certificates_are_taken_up_by_members_and_clients_that_go_on(quorum: Quorum) -> None:
    guarded(quorum)
    going_on = store(quorum)
    seen = going_on.swap(0, Record("nhn", 1, 1))
    serial = quorum.authority.member(days=20)
    quorum.authority.sign("client", common=None, usages=[ExtendedKeyUsageOID.CLIENT_AUTH])
    files = quorum.authority.files()
    context = ssl.create_default_context(cafile=files["ca"])
    context.load_cert_chain(files["certificate"], files["key"])
    for url in quorum.urls:
        with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=3) as raw, \
                context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped:
            given = wrapped.getpeercert(binary_form=True)
            assert given and x509.load_der_x509_certificate(given).serial_number == serial
    assert seen and going_on.swap(seen.revision, Record("nhn", 1, 2))
