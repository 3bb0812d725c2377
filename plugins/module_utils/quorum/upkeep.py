# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done for a member by the clock, and what it says of itself: `python3 -m multicloud_dr.quorum.upkeep CONFIG snapshot|defragment|status`.

/etc/multicloud-dr/quorum/upkeep.json, written by role `quorum`:
  name: this member · endpoint: its own URL · others: {name: URL} · topology · files: {ca, certificate, key} · member_certificate: a path
  user, password: root's · directory: where snapshots go · keep: how many of them · metrics: URL that answers on loopback

A snapshot is etcd's own, fetched and checked by etcdctl. Beside the newest lies newest.json, which says what the record was in it:
{file, made, revision, sha256, record: {writer, epoch, counter, takeover} or null}.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..aloud import aloud
from ..switch.etcd import EtcdStore, record_key
from ..switch.etcd_wire import Access, Etcd
from ..switch.journal import OVERRIDDEN, Journal
from ..switch.record import Record, Unanswered

ETCDCTL = "/usr/bin/etcdctl"
GLASS = "break-glass.jsonl"     # beside the snapshots: which overrides were used from this host
LIMIT = 60.0            # seconds that etcdctl may take
WORTH = 1 << 20         # bytes of a member's file that hold nothing: below that a defragmentation is not worth its pause


class NotDone(Exception):
    """Something was not done; the message says why and what to do."""


def snapshot(config: Mapping[str, Any], now: Callable[[], datetime.datetime]) -> str:
    """Keep a snapshot, and no more than so many. Returns a sentence."""
    directory = Path(config["directory"])
    store = EtcdStore([config["endpoint"]], record_key(config["topology"]), 5.0, _access(config))
    path = directory / f"{now():%Y-%m-%dT%H%M%SZ}.db"
    for _unused in range(3):
        before = store.read().record
        _etcdctl(config, "snapshot", "save", str(path))
        after = store.read().record
        if _reign(before) == _reign(after):       # so the record in it is that of this writer
            break
    else:
        path.unlink()
        raise NotDone("the record changed its writer three times while a snapshot was made; try again")
    told = json.loads(_etcdctl(config, "snapshot", "status", str(path), "--write-out=json"))
    note = {"file": path.name, "made": f"{now():%Y-%m-%dT%H:%M:%SZ}", "revision": int(told["revision"]),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "record": {"writer": after.writer, "epoch": after.epoch, "counter": after.counter, "takeover": after.takeover} if after else None}
    fresh = directory / "newest.json.new"
    fresh.write_text(json.dumps(note, sort_keys=True) + "\n")
    fresh.replace(directory / "newest.json")
    for old in sorted(directory.glob("*.db"))[:-int(config["keep"])]:
        old.unlink()
    return f"Kept {path.name} at revision {note['revision']}."


def defragment(config: Mapping[str, Any]) -> str:
    """Give back what a member's file holds of nothing. It answers nobody meanwhile, so only when all the others answer. Returns a sentence."""
    own = Etcd([config["endpoint"]], 30.0, _access(config))
    status = _status(config)
    size, used = int(status["dbSize"]), int(status.get("dbSizeInUse", status["dbSize"]))
    if size - used < WORTH:
        return f"{size} bytes, of which {used} are used: nothing to gain."
    silent = sorted(name for name, url in config["others"].items() if not _answers(config, url))
    if silent:
        raise NotDone(f"{', '.join(silent)} gives no answer. A defragmentation now could leave the record without a quorum; "
                      "it will be done the next time.")
    own.ask("/v3/maintenance/defragment", {})
    return f"{size} bytes became {int(_status(config)['dbSize'])}."


def status(config: Mapping[str, Any], now: datetime.datetime) -> list[str]:
    """What an operator should know of this member, a sentence each. Reads only."""
    said = [_health(config)]
    for what, path in (("Certificate of the member", config["member_certificate"]), ("Certificate of its clients", config["files"]["certificate"]),
                       ("Certificate of the quorum's own CA", config["files"]["ca"])):
        try:
            ends = certificate_ends(Path(path).read_bytes())
            said.append(f"{what}: until {ends:%Y-%m-%d}" + (", WHICH IS OVER" if ends < now else f" ({(ends - now).days} days)"))
        except (OSError, ValueError) as error:
            said.append(f"{what}: cannot be read ({error})")
    try:
        note = json.loads((Path(config["directory"]) / "newest.json").read_text())
        record = note["record"]
        words = f"writer {record['writer']}, epoch {record['epoch']}" if record else "nobody had claimed the record"
        said.append(f"Newest snapshot: {note['made']}, {words}")
    except (OSError, ValueError, KeyError):
        said.append("Newest snapshot: none on this host")
    return [*said, *_glass(Path(config["directory"]).parent / GLASS)]


def _glass(path: Path) -> list[str]:
    """Each time that the record was made anew by hand, which nobody should have to find out by chance."""
    try:
        lines = Journal(path, time.time).lines()
    except OSError as error:
        return [f"Whether the record was ever made anew by hand cannot be read ({error})"]
    when = [f"{datetime.datetime.fromtimestamp(line['time'], datetime.UTC):%Y-%m-%dT%H:%MZ}" for line in lines]
    return [f"BREAK-GLASS at {at}: {line.get('detail', 'nobody knows by whom')}"
            for at, line in zip(when, lines, strict=True) if line["step"] == OVERRIDDEN]


def certificate_ends(pem: bytes) -> datetime.datetime:
    """When the first certificate of a PEM file runs out."""
    from cryptography import x509  # on hosts only what asks for dates needs it
    found = x509.load_pem_x509_certificate(pem)
    aware = getattr(found, "not_valid_after_utc", None)     # from cryptography 42 on
    return aware or found.not_valid_after.replace(tzinfo=datetime.UTC)


def _health(config: Mapping[str, Any]) -> str:
    name = config["name"]
    try:
        told = _status(config)
        with urllib.request.build_opener().open(f"{config['metrics']}/metrics", timeout=3) as answer:
            figures = answer.read().decode()
    except (Unanswered, OSError) as error:
        return f"Member {name}: gives no answer ({error})"
    led = "leads" if told.get("leader") == told["header"]["member_id"] else "follows" if told.get("leader") else "HAS NO LEADER: there is no quorum"
    alarms = f"; SAYS {', '.join(told['errors'])}" if told.get("errors") else ""
    return (f"Member {name}: etcd {told['version']}, {led}, {int(told['dbSize']) // 1024} KiB"
            f"{_figure(figures, 'etcd_server_leader_changes_seen_total', ', {} changes of leader seen')}{alarms}")


def _status(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the member says of itself. To whoever has a certificate: to ask as somebody needs a quorum, and this must be known without one."""
    return Etcd([config["endpoint"]], 3.0, Access(**config["files"])).ask("/v3/maintenance/status", {})


def _figure(text: str, name: str, words: str) -> str:
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return words.format(int(float(found[1]))) if found else ""


def _answers(config: Mapping[str, Any], url: str) -> bool:
    try:
        Etcd([url], 3.0, _access(config)).ask("/v3/kv/range", {"key": "AA=="})
    except Unanswered:
        return False
    return True


def _etcdctl(config: Mapping[str, Any], *arguments: str) -> str:
    """What etcdctl prints. Who we are travels in its environment: a command line is for all to read."""
    files = config["files"]
    given = {"ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": config["endpoint"], "ETCDCTL_CACERT": files["ca"], "ETCDCTL_CERT": files["certificate"],
             "ETCDCTL_KEY": files["key"], "ETCDCTL_USER": config["user"], "ETCDCTL_PASSWORD": config["password"]}
    done = subprocess.run([config.get("etcdctl", ETCDCTL), *arguments], env={**os.environ, **given}, capture_output=True, text=True, check=False,
                          timeout=LIMIT)
    if done.returncode:
        raise NotDone(f"etcdctl {' '.join(arguments[:2])}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed silently'}")
    return done.stdout


def _access(config: Mapping[str, Any]) -> Access:
    return Access(**config["files"], user=config["user"], password=config["password"], open=True)


def _reign(record: Record | None) -> tuple[str, int] | None:
    return (record.writer, record.epoch) if record else None


def main(arguments: list[str]) -> int:
    """Entry point of the timers' services, and of the role's status."""
    path, what = arguments
    config = json.loads(Path(path).read_text())

    def now() -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)
    try:
        aloud("\n".join(status(config, now())) if what == "status" else snapshot(config, now) if what == "snapshot" else defragment(config))
    except (NotDone, Unanswered, OSError, subprocess.TimeoutExpired) as error:
        aloud(error, to=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
