# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a rehearsal, in order, and the clearing away that ends every one of them, whatever became of it.

What is going to be made is written down before it is made. So whoever comes after a run that was killed (systemd at once, the next run else) knows
what to look for: the container by its name, the instance by its id, or by its mark while nobody had heard that.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from typing import Any

from ..backup.instances import Seen, answering
from ..faults import Fault, TimedOut
from ..proof.report import floor_seconds
from ..waiting import PENDING, READY, wait
from . import clone, refusals, visitor
from .parts import CONTAINER, Parts
from .still import Beside, Watch

HEARD_SECONDS = 60.0    # within which an instance that was asked for shows
URL = "mysql+pymysql://{account}:{password}@{host}:{port}/{schema}"


class NotHere(Fault):
    """This site writes, so there is nothing to rehearse: no failure, and no rehearsal either."""


class Steps:
    """How long each took, in seconds; told as they end."""

    def __init__(self, parts: Parts, say: Callable[[str], object]) -> None:
        self._clock, self._say = parts.clock, say
        self.took: dict[str, float] = {}
        self._at = self._clock.now()

    def done(self, name: str, said: str) -> None:
        now = self._clock.now()
        self.took[f"{name}_seconds"] = round(now - self._at, 2)
        self._at = now
        self._say(f"{name}: {said} ({self.took[f'{name}_seconds']} s)")


def rehearse(parts: Parts, say: Callable[[str], object] = print) -> dict[str, Any]:
    """One rehearsal. Returns what the status keeps of it. Raises Fault when it did not go well, which the status keeps as well."""
    with parts.kept.turn(parts.clock):
        began = parts.clock.now()
        removed: list[str] = []
        try:
            removed = _cleared(parts, say)
            _refuse(parts)
            try:
                figures = _rehearsed(parts, say)
            finally:
                cleared = _cleared(parts, say, own=True)
        except NotHere:
            raise
        except Exception as error:          # whatever it was, the status must not go on telling of an earlier one that went well
            said = error.told().replace("\n", " ") if isinstance(error, Fault) else f"It ended in {type(error).__name__}, which nobody foresaw."
            parts.kept.tell(parts.now(), ok=False, said=said, removed=removed)
            raise
        figures |= {"seconds": round(parts.clock.now() - began, 1), "removed": removed, "cleared": cleared}
        return parts.kept.tell(parts.now(), ok=True, said="", **figures)


def foreseen(parts: Parts) -> list[str]:
    """What would be done, as sentences. Raises Fault for what would be refused. Makes nothing."""
    left = parts.kept.under_way()
    if not left:
        _refuse(parts)
    return [*([f"What is left of the rehearsal that was begun at {left['began']:.0f} would be removed first: {left['instance']}."] if left else []),
            f"Instance {parts.instance} would be made, filled from {parts.live}, sold from once and removed."]


def clear(parts: Parts, say: Callable[[str], object] = print) -> list[str]:
    """Remove what a run has left that was killed; what was removed. Does nothing beside one that is under way."""
    with parts.kept.turn(parts.clock):
        killed = parts.kept.under_way() is not None
        removed = _cleared(parts, say)
        if killed:
            parts.kept.tell(parts.now(), ok=False, said="It was killed; what it had made is removed.", removed=removed)
        return removed


def _refuse(parts: Parts) -> None:
    if refusals.writes(parts):
        raise NotHere("rehearse", f"at {parts.site.upper()}", left="It is the writer, and a rehearsal is made beside a standby. Nothing was made.",
                      then="Run it once the service is home (docs/runbooks/coming-home.md).")
    if told := refusals.against(parts):
        raise Fault("rehearse", "beside the standby", left=f"Nothing was made. {' '.join(told)}", then="Mend that and run again.")


def _rehearsed(parts: Parts, say: Callable[[str], object]) -> dict[str, Any]:
    steps, application, kept = Steps(parts, say), parts.application, parts.kept
    mark = kept.begin({"instance": parts.instance, "container": CONTAINER, "began": parts.now()})["mark"]
    identity = parts.instances.make(parts.instance, None, mark)
    kept.go_on(id=identity)
    server = answering(parts.instances.server(Seen(parts.instance, identity, mark)), parts.clock)
    steps.done("instance", f"{parts.instance} answers at {server.host}.")
    beside = Beside(parts.live)
    try:
        with Watch(beside.look, parts.limit("still_seconds", 5.0), parts.clock.now, end=beside.end) as watch:
            there = clone.copied(parts.live, server, parts.schemas, watch)
    finally:
        beside.close()
    watch.check()
    steps.done("copy", f"{there['rows']} rows of {there['tables']} tables, proven to be the same.")
    gate, password = clone.OwnGate(server, parts.site), secrets.token_hex(16)
    clone.have_account(server, str(application["account"]), password, str(application["schema"]))
    if statements := parts.config.get("prepare_sql"):
        gate.open(60.0)
        clone.run_statements(server, statements)
        gate.close()
    url = URL.format(account=application["account"], password=password, host=server.host, port=server.port, schema=application["schema"])
    parts.podman.run(str(application["image"]), application["command"], {
        **application.get("environment", {}), "SITE": f"{parts.site}-rehearsal", "DATABASE_URL": url, "RELEASE": mark}, kept.environment,
        int(application.get("memory_mb", 512)))
    try:
        figures = _sold(parts, steps, gate, mark)
    except Fault:
        say(f"The application said last: {parts.podman.logs()}")        # for this host's own log: it may hold more than a status shall
        raise
    return {**there, **figures, **steps.took, "replication_pause_seconds": round(watch.pause_seconds, 2),
            "heartbeat_gap_seconds": round(watch.gap_seconds, 2)}


def _sold(parts: Parts, steps: Steps, gate: clone.OwnGate, mark: str) -> dict[str, Any]:
    """From an application that has just been started to a purchase that nobody else knows of."""
    visitor.wait_ready(parts.url, parts.clock)
    steps.done("application", "it serves pages.")
    _refuse_open_door(parts)
    seats = visitor.choose(parts.url)
    visitor.refused_while_shut(parts.url, seats[0])
    steps.done("guard", "its gate is shut, and it sells nothing.")
    began = parts.clock.now()
    gate.open(600.0)
    sold = visitor.sell(parts.url, seats, parts.limit("sale_seconds", 30.0), parts.clock)
    first = round(parts.clock.now() - began, 3)
    steps.done("sale", f"seat {sold.seat} of event {sold.event}, at epoch {sold.epoch}.")
    visitor.refuse_reached(str(parts.application["live_url"]), mark, sold.key)
    floor = floor_seconds(parts.config["timing"])
    return {"first_sale_seconds": first, "floor_seconds": floor, "rto_seconds": round(floor + first, 2)}


def _refuse_open_door(parts: Parts) -> None:
    """The application was told to listen on loopback; see whether it does. Raises Fault."""
    for address in own_addresses():
        try:
            socket.create_connection((address, int(parts.application["port"])), timeout=1.0).close()
        except OSError:
            continue
        raise Fault("keep users away from the copy", left=f"It answers at {address}:{parts.application['port']}, although it was told to listen at "
                    f"{parts.application['address']} alone. It is removed at once.", then="See rehearsal_command.")


def own_addresses() -> list[str]:
    """Of this host, but for loopback: those that it would speak from."""
    found = set()
    for towards in ("192.0.2.1", "10.255.255.254", "192.168.255.254"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            try:
                asked.connect((towards, 9))             # sends nothing
                found.add(str(asked.getsockname()[0]))
            except OSError:
                continue                                # no way there
    return sorted(address for address in found if not address.startswith("127."))


def _cleared(parts: Parts, say: Callable[[str], object], own: bool = False) -> list[str]:
    """Remove all that is written down as ours; what that was. own: of this very run, so that nobody is told of something left over."""
    kept, removed, stays = parts.kept, list[str](), list[str]()
    left = kept.under_way()
    try:
        if parts.podman.remove():
            removed.append(f"container {CONTAINER}")
    except Fault as fault:              # it must not keep the instance, which costs more
        stays.append(fault.told())
    if left:
        if there := _ours(parts, left):
            parts.instances.remove(there)
            removed.append(f"instance {there.name} ({there.identity})")
        if "id" in left and _ours(parts, left):
            stays.append(f"Instance {left['instance']} is there still.")
    if stays:
        raise Fault("clear away", "what a rehearsal made", left=" ".join(stays).replace("\n", " "),
                    then="The next run tries again; docs/runbooks/rehearsal.md says how to do it by hand.")
    kept.cleared()
    if removed and not own:
        say(f"An earlier rehearsal had left {', '.join(removed)}; that is gone now.")
    return removed


def _ours(parts: Parts, left: dict[str, Any]) -> Seen | None:
    """The instance that was begun, by its id, or by its mark where nobody heard an id: then it is waited for, as it may just be coming."""
    name = str(left["instance"])
    if "id" in left:
        there = parts.instances.seen(name)
        return there if there and there.identity == left["id"] else None
    try:
        found = wait(lambda: parts.instances.seen(name), lambda seen: READY if seen else PENDING, HEARD_SECONDS, 5.0, parts.clock)
    except TimedOut:
        return None                                     # it was never asked for
    return found if found and found.mark == left["mark"] else None
