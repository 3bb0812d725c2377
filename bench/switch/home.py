# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service comes home to NHN after whatever happened, without a new world: mend, follow, compare, move, follow again. Run again, it changes
nothing. What does not converge within its limit is raised, never passed over.

The library that the roles use does the work: rds_reseed's in both directions, rds_sync's comparison, the planned switch on NHN's own host.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import boto3
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import Plan, Reseeded, reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.keeping import begun_in, keep
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import NoAddress, lookup
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.probes import edge_answers
from botocore.exceptions import BotoCoreError, ClientError

from lab import faults, ownership

from .history import History
from .hosts import NAMESERVER, SITES, World
from .judge import Held, Switched

T = TypeVar("T")

SCHEMAS = ("tickets", "dr")
OWN = ("dr.gate", "dr.crossing", "dr.compared")         # each server has rows of its own there, or they tell of a copy
LOOK_EVERY = 0.25
PEER_PORT = 8081        # where an edge answers for its own site's application alone
SILENT = 5.0            # seconds without a heartbeat after which a copy is silent, though its threads say that they run
LIMIT = 120.0           # seconds for any single wait
DOMAIN = "tickets.lab.test"

SWITCH = """
import json, sys
from multicloud_dr.switch import assembly, config, journal, steps
try:
    for step in steps.run(assembly.make_switch(config.read_config(), planned=sys.argv[1] == "planned"), float(sys.argv[2])):
        print(json.dumps(step), flush=True)
except (steps.SwitchRefused, steps.StepFailed, journal.Busy) as error:
    print(json.dumps({"refused": f"{type(error).__name__}: {error}"}), flush=True)
"""


class NotHome(RuntimeError):
    """The service did not come home; the message says what was waited for and what was seen last."""


@dataclass
class Home:
    """seconds by phase; moves: what was done, empty when all was well; salvaged: purchases that only a report has now;
    switch: the planned one, None when NHN wrote already."""

    seconds: dict[str, float] = field(default_factory=dict)
    moves: list[str] = field(default_factory=list)
    salvaged: list[Held] = field(default_factory=list)
    switch: Switched | None = None
    rows_compared: int = 0


def bring_home(world: World, history: History, folder: Path, say: Callable[[str], None] = lambda _: None) -> Home:
    """folder: where salvage reports go. Raises NotHome, Fault."""
    home, began = Home(), time.monotonic()

    def phase(name: str) -> None:
        nonlocal began
        home.seconds[name] = round(time.monotonic() - began, 2)
        began = time.monotonic()
        history.event("home", phase=name, seconds=home.seconds[name])
        say(f"  {name} {home.seconds[name]:.1f} s")

    home.moves += mend_all()
    phase("mend")
    writer = until("one writer that both agents know", lambda: _one_writer(world))
    until("every database", lambda: _databases_answer(world))
    phase("writer")
    if writer != "nhn":
        until("NHN's edge", lambda: isinstance(edge_answers(world.sites["nhn"].config["edges"]["nhn"]), Saw) or None)
        home.moves += unlatch(world)            # health checkers take longer than all that follows, and that edge leads on to AWS meanwhile
        until("NHN to follow AWS", lambda: _follow(world, "nhn", home, folder))
        phase("nhn follows")
        _compare(world, "aws", "nhn", home)
        phase("equal")
        until("NHN's application", lambda: _serves(world, "nhn"))
        phase("application")
        home.switch = move_to(world, "nhn")
        home.moves.append("planned switch to nhn")
        phase("switch")
    home.moves += unlatch(world)
    until("AWS to follow NHN", lambda: _follow(world, "aws", home, folder))
    phase("aws follows")
    _compare(world, "nhn", "aws", home)
    phase("equal again")
    until("the standby to be ready and users to be led to NHN", lambda: _settled(world))
    phase("settled")
    return home


def _serves(world: World, site: str) -> bool:
    """The application of that site answers behind its own edge."""
    seen = edge_answers(f"http://{world.sites[site].address}:{PEER_PORT}/readyz")
    if seen != Saw(True):
        raise Waiting(f"{seen}")
    return True


def mend_all() -> list[str]:
    """Everything that is broken in the lab, mended."""
    broken = list(faults.in_force())
    if broken:
        with ownership.lock("mend"):
            for name in broken:
                faults.mend(faults.find(name))
    return [f"mend {name}" for name in broken]


def until(what: str, look: Callable[[], T | None], limit: float = LIMIT) -> T:
    """Wait until a look gives something. Raises NotHome."""
    deadline, last = time.monotonic() + limit, ""
    while True:
        try:
            if (found := look()) is not None:
                return found
        except (Fault, OSError, NoAddress, Waiting) as error:
            last = str(error)
        if time.monotonic() > deadline:
            raise NotHome(f"Waited {limit:.0f} s for {what}; last seen: {last or 'not so'}")
        time.sleep(LOOK_EVERY)


class Waiting(Exception):
    """Not yet; the message says what is seen."""


def _one_writer(world: World) -> str | None:
    seen = {name: site.status() for name, site in world.sites.items()}
    told = {name: (status or {}).get("record", {}).get("writer") for name, status in seen.items()}
    writer = told["aws"]
    writing = [name for name in SITES if world.sites[name].writes()]
    if writer and told["nhn"] == writer and writing == [writer]:
        return str(writer)
    verdicts = {name: (status or {}).get("verdict", {}).get("verdict") for name, status in seen.items()}
    raise Waiting(f"records name {told}, {writing} write, verdicts {verdicts}")


def _databases_answer(world: World) -> bool:
    for site in SITES:
        with world.server(site, "dr_agent").connected(connect_timeout=2.0, read_timeout=5.0) as conn:
            value(conn, "SELECT 1")
    return True


def unlatch(world: World) -> list[str]:
    """Take the marker away that sends users to AWS."""
    latch = world.sites["aws"].config["latch"]
    client = boto3.client("s3", region_name=latch["region"], endpoint_url=latch["endpoint_url"], aws_access_key_id=latch["access_key"],
                          aws_secret_access_key=latch["secret_key"])
    try:
        client.head_object(Bucket=latch["bucket"], Key=latch["key"])
    except ClientError:
        return []
    try:
        client.delete_object(Bucket=latch["bucket"], Key=latch["key"])
    except (BotoCoreError, ClientError) as error:
        raise NotHome(f"The marker could not be taken away: {error}") from error
    return ["take the marker away"]


def _follow(world: World, replica: str, home: Home, folder: Path) -> bool:
    """One try. A copy whose connection a cut has killed is silent, and says that it runs, until it is started anew: the next try sees that."""
    other = next(site for site in SITES if site != replica)
    config = world.sites[replica].config
    steering = {"nhn": "dr_agent", "aws": "admin"}[replica]
    reader = world.server(other, "dr_agent")
    source = Source(reader.host, reader.port, "dr_repl", world.secrets["db_replication_password"], True)
    wish = Wish("replicating", world.server(replica, steering), str(config["database"]["dialect"]), reader=reader, source=source, schemas=SCHEMAS,
                lag_seconds=SILENT, wait_seconds=LIMIT)
    done: Reseeded = reseed(Plan(wish, world.server(replica, "dr_sync"), other, replica, str(folder)))
    home.moves += [f"{replica}: {move}" for move in done.moves]
    if done.report:
        for row in done.report.rows:
            if row.table == "tickets.purchases" and row.values:
                home.salvaged.append(Held(str(row.values["idempotency_key"]), str(row.values["ticket"]), ""))
    return True


def _compare(world: World, source: str, target: str, home: Home) -> None:
    def account(site: str) -> Server:
        return world.server(site, "dr_agent" if site in (source, "nhn") else "admin")

    began, epoch = time.monotonic(), begun_in(world.server(source, "dr_agent"))
    found = compare(account(source), account(target), SCHEMAS, ignore=OWN)
    if not found.equal:
        raise NotHome(f"{target} is not equal to {source}: {found.differing_rows} rows differ, {found.unsettled_rows} never held still; "
                      f"{(found.definitions + [str(each) for each in found.differences])[:5]}")
    home.rows_compared += found.rows_compared
    if not keep(world.server(source, "dr_agent"), account(target), found, SCHEMAS, OWN, epoch=epoch, age=time.monotonic() - began, limit=LIMIT):
        raise NotHome(f"That {target} is equal has not arrived there within {LIMIT:.0f} s")


def switch_command(planned: bool, patience: float) -> list[str]:
    """A switch to the site of the host that runs this, in the agent's own code."""
    return ["env", "PYTHONPATH=/opt/multicloud-dr", "python3", "-c", SWITCH, "planned" if planned else "unplanned", f"{patience:g}"]


def told(text: str) -> tuple[list[dict[str, Any]], str | None]:
    """(steps, why it was refused) from what such a command printed."""
    steps, refused = [], None
    for text_line in text.splitlines():
        try:
            line = json.loads(text_line)
        except ValueError:
            continue
        if "refused" in line:
            refused = str(line["refused"])
        else:
            steps.append(line)
    return steps, refused


def move_to(world: World, site: str, limit: float = LIMIT) -> Switched:
    """A planned switch, asked for until it is not refused. Raises NotHome."""
    deadline, last, began = time.monotonic() + limit, "", time.time()        # what was refused half way may have shut the gate: it counts
    while time.monotonic() < deadline:
        steps, refused = told(world.sites[site].run(*switch_command(True, 20.0), timeout=limit, check=False))
        if refused is None and steps:
            return Switched(began, time.time(), steps)
        last = refused or "it printed nothing"
        time.sleep(LOOK_EVERY)
    raise NotHome(f"The planned switch to {site} was refused for {limit:.0f} s: {last}")


def _settled(world: World) -> bool:
    status = world.sites["aws"].status()
    ready = (status or {}).get("if_lost", {}).get("verdict")
    edge = str(world.sites["nhn"].config["edges"]["nhn"])
    answers = lookup(DOMAIN, NAMESERVER)[0]
    healthy = edge_answers(edge)
    if ready == "SITE_LOST" and answers in edge and healthy == Saw(True) and world.sites["nhn"].writes():
        return True
    raise Waiting(f"if NHN were lost the verdict of AWS would be {ready}, the name leads to {answers}, NHN's edge says {healthy}")
