# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying and comparing: ours and the peers' in turn, on the same servers, so that a busy moment of the machine hits all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.db import ours
from bench.db.servers import AWS, SCHEMA, TABLE, Pair, ask, boss, clear_target, make_rows, tool

Runs = list[dict[str, Any]]
DIFFERENT = 100         # rows that differ when comparing is timed, in one place (a batch that was lost), or else all over the table
MANY = 2_000_000        # from so many rows on, everything runs once: three times would take the better part of an hour


def login(server: Any) -> str:
    """-h -u -p of the peers. Passwords of servers that live as long as a measurement, on a network of its own."""
    return f"-h {server.host} -u {server.user} -p{server.password}"


def mysqldump(pair: Pair) -> None:
    """The classic, with what its manual advises for InnoDB."""
    tool(f"mysqldump {login(pair.source)} --single-transaction --quick --set-gtid-purged=OFF --no-tablespaces --databases {SCHEMA} 2>/dev/null "
         f"| mysql {login(pair.target)} 2>/dev/null")


def mydumper(pair: Pair) -> None:
    """Two threads each way, as there are cores; chunks, or a single table would be one thread's."""
    def login_(server: Any) -> str:
        return f"-h {server.host} -u {server.user} -p {server.password}"

    tool(f"rm -rf /tmp/dump; mydumper {login_(pair.source)} -B {SCHEMA} -o /tmp/dump -t 2 -r 100000 --trx-consistency-only 2>/dev/null; "
         f"myloader {login_(pair.target)} -d /tmp/dump -t 2; rm -rf /tmp/dump")


def pt_table_sync(pair: Pair) -> None:
    """Prints the statements that would make both alike. Its look at the replica speaks a dialect that MySQL 8.4 ended."""
    def dsn(server: Any) -> str:
        return f"h={server.host},u={server.user},p={server.password}"

    printed = tool(f"{{ pt-table-sync --print --no-check-replica --no-check-triggers --databases {SCHEMA} {dsn(pair.source)} {dsn(pair.target)} "
                   "2>/dev/null || [ $? = 2 ]; } | wc -l")       # 2: there are differences
    if int(printed) != DIFFERENT:
        raise RuntimeError(f"pt-table-sync printed {printed.strip()} statements, {DIFFERENT} rows differ")


class Peers:
    """Which peers are still run at a size: none whose last time, scaled up, would go beyond the deadline (monotonic seconds)."""

    def __init__(self, wanted: bool, deadline: float) -> None:
        self._wanted, self._deadline = wanted, deadline
        self._known: dict[str, tuple[int, float]] = {}

    def of(self, tools: dict[str, Callable[[], Any]], rows: int) -> dict[str, Callable[[], Any]]:
        left = {}
        for name, act in tools.items() if self._wanted else ():
            before, seconds = self._known.get(name, (rows, 0.0))
            if time.monotonic() + seconds * rows / before > self._deadline:
                print(f"  {name} is left out: it would take about {seconds * rows / before:.0f} s, and there is no time for it", flush=True)
            else:
                left[name] = act
        return left

    def took(self, rows: int, found: dict[str, Any]) -> None:
        """Remember how long each took."""
        self._known |= {name: (rows, each["median"]) for name, each in found.items()}


def measure(pair: Pair, rows: int, repeats: int, peers: Peers) -> dict[str, Any]:
    """Everything about tables of one size. Returns medians by tool, requests, peaks, and the single runs."""
    print(f"{rows:,} rows: making them", flush=True)
    make_rows(rows)
    once = rows >= MANY
    copies: dict[str, Callable[[], Any]] = {"ours": lambda: ours.run("copy", pair.source, pair.target, schemas=[SCHEMA])}
    compares: dict[str, Callable[[], Any]] = {"ours": lambda: ours.run("compare", pair.source, pair.target, schemas=[SCHEMA])}
    copies = {**peers.of({"mysqldump": lambda: mysqldump(pair), "myloader": lambda: mydumper(pair)}, rows), **copies}
    found: dict[str, Any] = {"rows": rows}
    found["copy"] = _in_turn(copies, 1 if once else repeats, "copy", before=clear_target, after=lambda: _whole(pair, rows))
    found["equal"] = compares["ours"]()         # what ours has copied last, nothing differs
    if found["equal"]["differing"]:
        raise RuntimeError(f"the copy differs: {found['equal']}")
    peers.took(rows, found["copy"])
    together, scattered = f"id > {rows // 2} AND id <= {rows // 2 + DIFFERENT}", f"id % {rows // DIFFERENT} = 77"
    mine = compares
    compares = {**peers.of({"pt-table-sync": lambda: pt_table_sync(pair)}, rows), **mine}
    for what, where, tools in (("compare", together, compares), ("scattered", scattered, mine)):
        boss(AWS, f"UPDATE {SCHEMA}.{TABLE} SET k = k + 1 WHERE {where};")
        found[what] = _in_turn(tools, 1 if once else repeats, what)
        if found[what]["ours"]["last"]["differing"] != DIFFERENT:
            raise RuntimeError(f"{found[what]['ours']['last']} is wrong: {DIFFERENT} rows differ")
        boss(AWS, f"UPDATE {SCHEMA}.{TABLE} SET k = k - 1 WHERE {where};")
    peers.took(rows, found["compare"])
    return found


def flip(pair: Pair, rows: int) -> dict[str, Any]:
    """One row of many differs by a bit: how long until it is named, and how much longer until it is mended."""
    key = rows * 2 // 3
    boss(AWS, f"UPDATE {SCHEMA}.{TABLE} SET k = k ^ 1 WHERE id = {key};")
    named = ours.run("compare", pair.source, pair.target, schemas=[SCHEMA])
    if [str(each["id"]) for each in named["keys"]] != [str(key)]:
        raise RuntimeError(f"row {key} was flipped, found was {named['keys']}")
    result = {"find": named}
    result["repair"] = ours.run("repair", pair.source, pair.target, schemas=[SCHEMA])
    if ask(pair.target, f"SELECT k FROM {SCHEMA}.{TABLE} WHERE id = {key}") != ask(pair.source, f"SELECT k FROM {SCHEMA}.{TABLE} WHERE id = {key}"):
        raise RuntimeError("the flipped row was not mended")
    return result


def _in_turn(tools: dict[str, Callable[[], Any]], repeats: int, what: str, before: Callable[[], None] = lambda: None,
             after: Callable[[], None] = lambda: None) -> dict[str, Any]:
    walls: dict[str, list[float]] = {name: [] for name in tools}
    last: dict[str, Any] = {}
    for _turn in range(repeats):
        for name, act in tools.items():
            before()
            began = time.monotonic()
            last[name] = act()
            walls[name].append(round(time.monotonic() - began, 3))
            after()
            print(f"  {what:8} {name:14} {walls[name][-1]:8.2f} s", flush=True)
    return {name: {"median": statistics.median(each), "walls": each, "last": last[name]} for name, each in walls.items()}


def _whole(pair: Pair, rows: int) -> None:
    """A tool that copied half a table was not fast."""
    there = ask(pair.target, f"SELECT COUNT(*) FROM {SCHEMA}.{TABLE}")
    if there != rows:
        raise RuntimeError(f"{there} of {rows} rows arrived")
