# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a replica, by name, and what cures it. Pure: from what was seen to a diagnosis; nothing here asks a server.

A number of MySQL's is not yet a diagnosis (1236 has several causes), and the worst case has no number at all: both threads say
"Yes" and nothing arrives.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..faults import Fault
from .connection import ACCESS_DENIED
from .replica_status import BY_WORKER, FULL, Channel, ReplicaStatus


@dataclass(frozen=True)
class Diagnosis:
    """name: one of those below; words: MySQL's own, or what was seen, in one sentence; cure: what to do. final: waiting will not mend it."""

    name: str
    words: str
    cure: str
    final: bool = True

    def facts(self) -> dict[str, Any]:
        """Plain data for results."""
        return asdict(self)


RESEED = "Seed it again without a dump: role db_replica, tasks_from reseed. Rows that only this replica has go to a salvage report first."

SILENT = ("Nothing comes through: look at the tunnels first. Once they carry packets, wait until the replica notices by itself "
          "(replica_net_timeout), or stop and start it.")

BEHIND = ("Look at what the applier waits for (SHOW PROCESSLIST on the replica): a lock that somebody holds, a long statement, a large table "
          "without a key, or too few appliers (replica_parallel_workers).")

# (name, cure) of what has more than one number. From 8.0 on a server has numbers of its own (13 thousand and some) for much that a thread says;
# the older ones are those that came before.
_SPOILED = ("relay_log_spoiled", f"What was fetched and not yet applied is spoiled on the replica's own disk: a row that broke off, a disk that was "
                                 f"full. {RESEED}")
_UNLIKE = ("table_unlike", "A table is built otherwise on the replica than on the source: migrate it there as it was migrated on the source, then "
                           "start again.")
_ONE_ID = ("same_server_id", "Both servers have the same server_id: give one of them another in its parameter group. (The same server_uuid: one was "
                             "cloned from the other's disk, and has to be made anew.)")
_LOCKED = ("account_locked", "The replication account is locked on the source: unlock it there (ALTER USER ... ACCOUNT UNLOCK), then run "
                             "rds_replication again.")
_EXPIRED = ("password_expired", "The replication account's password has expired on the source: give it one anew (nhn_rds_user or db_accounts), then "
                                "run rds_replication again with it.")
_PRIVILEGE = ("missing_privilege", "The source's account lacks REPLICATION SLAVE, or ours may not steer replication here.")
_PACKET = ("packet_too_large", "A row is larger than the replica fetches (replica_max_allowed_packet) or than the source sends (max_allowed_packet): "
                               "raise both, up to 1 GiB, then start again.")
_GTIDS_OFF = ("gtids_off", "One of both has GTIDs and the other has not, so what is missing here cannot be asked for by name; no log is lost by "
                           "that. Set gtid_mode and enforce_gtid_consistency to ON on both (nhn_database_parameters, aws_database_parameters), then "
                           "start again.")
_DONE = ("done_already", "A migration that is in the source's log is done here already, or a schema or table was made or dropped here by hand. "
                         f"Nothing of that may be skipped. {RESEED}")
_NO_ROOM = ("no_room", "The replica's disk, or a table of its, is full: make room there, then start it again (rds_replication, state replicating).")
_WAITED = ("waited_too_long", "Somebody held rows on the replica for longer than the applier waits and tries again (SHOW PROCESSLIST tells who). "
                              "See that they are free, then start it again (rds_replication, state replicating).")
_NO_ACCOUNT = ("account_unlike", "A statement of the source's makes an account that is here already, or alters or drops one that is not: drop it "
                                 "here, or make it, so that the statement finds what it needs; start again, and have db_accounts put it right.")
_FULL = ("source_full", "The source has no connection left for the replica: raise max_connections there, or see who holds them. The replica goes on "
                        "trying.")
# {error number: (name, cure)}. Numbers of the thread that fetches and of the thread that applies do not overlap.
_BY_NUMBER: dict[int, tuple[str, str]] = {
    1045: ("wrong_password", "The replication account or its password is not what the source has: compare db_replica_replication_user and its "
                             "password with the account there."),
    1062: ("row_conflict", f"A row was there already: somebody wrote on the replica. Nothing of that may be skipped. {RESEED}"),
    1032: ("row_missing", "A row was missing: somebody wrote on the replica, or it was seeded at another position. Nothing of that may be skipped. "
                          f"{RESEED}"),
    1227: _PRIVILEGE,
    1397: ("unknown_xa", "The source's log ends a transaction that was prepared (XA PREPARE) before this replica's place in it: its rows are not "
                         f"here. {RESEED}"),
    1396: _NO_ACCOUNT, **dict.fromkeys((1205, 1213), _WAITED), **dict.fromkeys((1021, 1026, 1114), _NO_ROOM),
    **dict.fromkeys((1007, 1008, 1050, 1051, 1060, 1061, 1068, 1091, 1359, 1360, 1826, 3822), _DONE),
    1449: ("missing_definer", "A trigger's or view's owner is missing on the replica: make the account (db_accounts), then start again."),
    2061: ("unprimed", "The source has not got the password in its caching_sha2_password cache and this replica cannot ask over TLS: log in to "
                       "the source once over TLS as the replication account (rds_replication does), then start again."),
    **dict.fromkeys((1153, 13125), _PACKET), **dict.fromkeys((1594, 13121), _SPOILED), **dict.fromkeys((1677, 13146), _UNLIKE),
    **dict.fromkeys((3118, 3955), _LOCKED), **dict.fromkeys((1820, 1862), _EXPIRED), **dict.fromkeys((13148, 13149, 13150), _GTIDS_OFF),
}
_FATAL = frozenset({1593, 13117})               # "Fatal error: %s", of the thread that fetches
_DUMP = frozenset({1236, 13114})                # "Got fatal error %d from source when reading data from binary log: '%s'"
_COMMAND = frozenset({1597, 13120})             # "Source command %s failed: %s (Errno: %d)"
_FOREIGN = re.compile(r"table '((?:mysql|sys)\.[^']+)'", re.IGNORECASE)
_HEARTBEAT = "mysql.rds_heartbeat2"
_MAINTENANCE = ("foreign_schema", "NHN Cloud keeps its own books in rds_maintenance. Let the replica ignore that schema: parameter "
                                  "replicate-ignore-db=rds_maintenance (aws_database_parameters).")
_NO_TABLE = ("missing_table", "A table is missing on the replica: it is in a schema that was not seeded. Name that schema in db_replica_schemas and "
                              "seed again.")


def diagnose(
    seen: ReplicaStatus, *, silent_seconds: float | None = None, silent_limit: float = 30.0, errant: str = "", source_answers: bool = True,
    arrives: bool = False,
    source_now: str | None = None, other_server: str | None = None, retention_hours: int | None = None, keeps_by_procedure: bool = False,
) -> list[Diagnosis]:
    """Everything that is wrong, the most urgent first; [] for a healthy replica and for a server that follows nobody.

    silent_seconds: age of the newest heartbeat here while the source's own is fresh, or while the source does not answer (source_answers),
    None when that was not looked at; arrives: what the source has in its log is fetched all the same; errant: GTIDs this server has and the
    source has not; source_now: host:port at which the source answers now, None when nobody asked; other_server: the uuid of the server that
    answers at the source's address, where it is not the one that was followed; retention_hours: how long this server's own logs are kept;
    keeps_by_procedure: its provider has a procedure for that.
    """
    found: list[Diagnosis] = []
    if seen.source:
        found += [by_error(*error) for error in (seen.sql_error, seen.io_error) if error[0]]
        if seen.gave_up:
            found.insert(0, Diagnosis("gave_up", f"It tried {seen.retries} times to reach its source and will not try again by itself.",
                                      "Start it again (rds_replication, state replicating): providers' procedures leave MySQL's limit on retries "
                                      "in place, so a long cut ends replication for good."))
        if source_now and source_now != seen.source:
            found.append(Diagnosis("source_moved", f"It follows {seen.source}, and the source answers at {source_now}.",
                                   "Run rds_replication again: a source that is still the same server is followed at its new address from "
                                   "where the replica stands."))
        if other_server:
            found.append(Diagnosis("source_replaced", f"It follows the server {seen.source_uuid} at {seen.source}, and {other_server} answers there: "
                                   "it has failed over, and its log is another.", RESEED))
        if seen.running and silent_seconds is not None and silent_seconds > silent_limit and arrives:
            found.append(Diagnosis("behind", "All that its source writes arrives, and is not applied as fast: the newest heartbeat here is "
                                   f"{silent_seconds:.1f} s old.", BEHIND, final=False))
        elif seen.running and silent_seconds is not None and silent_seconds > silent_limit:
            found.append(Diagnosis("silent", f"Both threads say Yes and there is no error, but the newest heartbeat here is "
                                   f"{silent_seconds:.1f} s old, and the source "
                                   f"{'goes on beating' if source_answers else 'does not answer from here'}.",
                                   SILENT, final=False))
        if errant:
            found.append(Diagnosis("errant", f"This server has transactions its source never had: {errant}.",
                                   "Find out what they hold (rds_salvage) and decide on it; the source can never learn of them by replication."))
    if seen.channels:
        found.append(Diagnosis("other_channel", f"It {'also ' if seen.source else ''}follows {_named(seen.channels)}: rows that this collection does "
                               "not watch.", f"Where that is not meant to be, end it: {_ended(seen.channels)}", final=False))
    if keeps_by_procedure and retention_hours is None:
        found.append(Diagnosis("no_retention", "This server keeps its own binary logs only until its provider has backed them up (binlog retention "
                               "hours is NULL).", "Set it (db_replica_binlog_retention_hours, 72 or more): going back and salvage need them.",
                               final=False))
    return found


def by_error(number: int, words: str) -> Diagnosis:
    """The diagnosis of one error of MySQL's, whether known or not."""
    told = f"MySQL {number}: {words}"
    lower = words.lower()
    if number in _DUMP:
        return _fetching(told, lower)
    if number in _COMMAND and (inner := re.search(r"\(errno: (\d+)\)", lower)):
        return _refused(told, int(inner[1]))
    if number in _FATAL and (named := _disagreeing(lower)):
        return Diagnosis(named[0], told, named[1])
    if number in (1049, 1146):
        name, cure = _absent(words)
        return Diagnosis(name, told, cure)
    if number in _BY_NUMBER:
        return Diagnosis(_BY_NUMBER[number][0], told, _BY_NUMBER[number][1])
    if number in FULL:
        return Diagnosis(_FULL[0], told, _FULL[1], final=False)
    if 2000 <= number < 3000:       # the client's own: not reachable, and the thread tries again
        return Diagnosis("unreachable", told, "The source does not answer from here: look at the tunnels, its security group and whether it runs. "
                         "The replica goes on trying.", final=False)
    return Diagnosis("error", told, "Look it up in MySQL's manual; nothing here knows a cure for it.")


def _refused(told: str, number: int) -> Diagnosis:
    """The source let it in and then not ask: the account may not, or the connection broke."""
    return Diagnosis(_PRIVILEGE[0], told, _PRIVILEGE[1]) if number in ACCESS_DENIED else replace(by_error(number, told), words=told)


def _disagreeing(words: str) -> tuple[str, str] | None:
    if "equal mysql server" in words:
        return _ONE_ID
    return _GTIDS_OFF if "gtid_mode" in words else None


def _absent(words: str) -> tuple[str, str]:
    """A schema or a table is not there: a provider's own, or one that was to be seeded. Where the words name none, all are said."""
    if "'rds_maintenance" in words.lower():
        return _MAINTENANCE
    if foreign := _FOREIGN.search(words):
        return _ignored(foreign[1])
    if BY_WORKER in words:
        return _NO_TABLE[0], (f"Which one, a worker said that this account may not ask. If it is {_HEARTBEAT}: {_ignored(_HEARTBEAT)[1]} If it is in "
                              f"rds_maintenance: {_MAINTENANCE[1]} Otherwise: {_NO_TABLE[1]}")
    return _NO_TABLE


def _ignored(table: str) -> tuple[str, str]:
    return ("foreign_table", "The source's provider keeps its own books there"
            f"{' (a heartbeat, which it logs as a statement)' if table.lower() == _HEARTBEAT else ''}. Let the replica ignore that table: "
            f"parameter replicate_ignore_table={table} (nhn_database_parameters; on AWS replicate-ignore-table, aws_database_parameters), or skip "
            "the statement once.")


def _fetching(told: str, words: str) -> Diagnosis:
    """1236 is whatever the source's dump thread did not like."""
    if "same server" in words or ("server_id" in words and "same" in words):
        return Diagnosis(_ONE_ID[0], told, _ONE_ID[1])
    if "max_allowed_packet" in words:
        return Diagnosis(_PACKET[0], told, _PACKET[1])
    if "has gtid_mode" in words:
        return Diagnosis(_GTIDS_OFF[0], told, _GTIDS_OFF[1])
    if "errant" in words or "more gtids" in words or "replica has more" in words:
        return Diagnosis("errant", told, "This server has transactions its source never had. Find out what they hold (rds_salvage), then follow "
                         "by position.")
    return Diagnosis("binlogs_gone", told, "The source no longer has the binary logs this replica needs: NHN deletes them all when its high "
                     f"availability fails over, and others when their time is over. {RESEED}")


def refuse_beside(seen: ReplicaStatus, doing: str, to: str) -> None:
    """Raises Fault when the server follows others by channels with a name: it would not stand alone, and they are not ours to end."""
    if seen.channels:
        raise Fault(doing, to, left=f"It follows {_named(seen.channels)}, which is none of ours. Nothing was touched.",
                    then=f"End that first: {_ended(seen.channels)}")


def goes_on(channels: tuple[Channel, ...]) -> str:
    """What whoever took over has to know, and to do; "" without channels."""
    return f"It goes on following {_named(channels)}, which is none of ours. End that: {_ended(channels)}" if channels else ""


def _named(channels: tuple[Channel, ...]) -> str:
    return ", ".join(str(each) for each in channels)


def _ended(channels: tuple[Channel, ...]) -> str:
    """The procedures as AWS documents them for its multi-source replicas; NHN Cloud has none, so no such channel can be made there."""
    return " ".join(f"on AWS CALL mysql.rds_stop_replication_for_channel('{each.name}') and "
                    f"CALL mysql.rds_reset_external_source_for_channel('{each.name}'), elsewhere STOP REPLICA FOR CHANNEL '{each.name}' and "
                    f"RESET REPLICA ALL FOR CHANNEL '{each.name}'." for each in channels)


def parted(seen: ReplicaStatus) -> Diagnosis | None:
    """Why no place in the log of the server it follows says anything of what it holds; None while one does."""
    return next((each for each in diagnose(seen) if each.name in ("binlogs_gone", "errant")), None)


def final(seen: ReplicaStatus) -> bool:
    """What stopped it does not mend by waiting."""
    return any(each.final for each in diagnose(seen))


def with_cure(fault: Fault, seen: ReplicaStatus) -> Fault:
    """The same fault, with what is wrong by name first and what cures it; itself when nothing is known to be wrong."""
    found = diagnose(seen)
    if not found or fault.then == SILENT:
        return fault
    return type(fault)(fault.doing, fault.to, left=" ".join(f"{each.words} ({each.name})." for each in found),
                       then=" ".join([*(each.cure for each in found), fault.left]))
