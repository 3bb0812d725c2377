# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for a site that is not the one the record names: leave the writer alone, or take over from it. Pure.

A rule that would act names every observation it rests on; when one of those was not made, the verdict is BLIND and nothing is done. What
only makes the sentence better (members, peer, link, own edge) never decides whether to take over from a writer that is silent; a peer that says
that the record was set back has stopped that before (rules_here.py).
"""

from __future__ import annotations

from .conclusion import (
    ACCEPT_FLAPPING,
    ACCEPT_LAG,
    ACCEPT_SILENT_EDGE,
    ACCEPT_UNPROVEN,
    NONE,
    TAKE_OVER,
    Case,
    Verdict,
    blind,
    called,
    down_in_words,
    link_lost,
    proven_long_ago,
    thin_link,
    unproven,
)
from .observations import NoAnswer, NotLooked, ReplicaView, Saw
from .rules_here import thin_quorum

PLANNED = "PLANNED_SWITCH"      # somebody asks to move the service here, and nothing speaks against it
WAITING = "WAITING"             # the record may become free

# What may be found about a writer that lives, without speaking against asking it for the record.
_MOVABLE = ("NORMAL", "EDGE_LOST", "APP_DOWN", "PEER_MAINTENANCE", "PEER_SILENT", "QUORUM_THIN", "LINK_THIN", "OFFERED")


def held_elsewhere(case: Case) -> Verdict | None:
    """The record is another site's, and that site may hold it still."""
    record, there = case.record, case.there
    if record.unchanged_seconds >= case.takeover:
        return None
    if record.offered:
        return Verdict("OFFERED", NONE, f"{there} has stopped writing and offers the record to {called(record.offered)}; if that does not take "
                       f"it, {there} writes on in a moment.")
    if not record.renewed:
        return Verdict(WAITING, NONE, f"{case.here} has watched the record for {record.unchanged_seconds:.1f} s without seeing "
                       f"{there} renew it; it may be taken after {case.takeover:g} s, not before.")
    if record.unchanged_seconds > case.timing.ttl / 2:
        return Verdict(WAITING, NONE, f"{there} has not renewed the record for {record.unchanged_seconds:.1f} s; "
                       f"it may be taken after {case.takeover:g} s, not before.")
    if isinstance(case.seen.gate, Saw) and case.seen.gate.value.open:
        return Verdict("STALE_GATE", NONE, f"{there} holds the record and the gate of {case.here} is still open from before; the agent here "
                       "shuts it at once. If it stays open, stop that database.")
    return _writer(case) or _copy(case) or _rest(case)


def _writer(case: Case) -> Verdict | None:
    """What is wrong with the writer, as far as it can be seen from here."""
    there, edge = case.there, case.seen.writer_edge
    peer = case.seen.peer.value if isinstance(case.seen.peer, Saw) else None
    if peer is not None and peer.maintenance:
        return Verdict("PEER_MAINTENANCE", NONE, f"{there} is in maintenance: it keeps the record and sells nothing until somebody ends that or "
                       f"moves the service to {case.here} by a planned switch.")
    if peer is not None and not peer.writer and peer.verdict == "SWITCH_UNFINISHED":
        return Verdict("WRITER_UNFINISHED", NONE, f"{there} holds the record, and the switch to it is not finished, so nothing can be sold. Run that "
                       f"again (playbooks/fail_over.yml, with -e fail_over_home=true where {there} is the primary); where it fails for good, "
                       f"docs/runbooks/nobody-writes.md says how {case.here} takes the record back.")
    if peer is not None and not peer.writer and peer.verdict != "HANDING_OVER":
        return Verdict("WRITER_STALLED", NONE, f"{there} renews the record, but its gate is shut, so nothing can be sold ({peer.verdict}); "
                       "its agent mends that or lets the record go, and then it may be taken.")
    if isinstance(edge, NoAnswer) and link_lost(case.seen) is not None:
        return Verdict("SITES_APART", NONE, f"{there} renews the record, so it sells, but neither its edge nor anything of it over the link answers "
                       f"here: {case.here} and {there} are cut off from each other, and promoting the copy here would split the data.")
    if isinstance(edge, NoAnswer):
        return Verdict("EDGE_LOST", NONE, f"{there} holds the record, so its database still takes writes, but its edge gives no answer; "
                       "repair the edge or move the service by a planned switch.")
    if isinstance(edge, Saw) and not edge.value:
        return Verdict("APP_DOWN", NONE, f"{there} holds the record and its database takes writes, but its edge says that nothing behind it can "
                       "serve; repair the application or move the service by a planned switch.")
    return None


def _copy(case: Case) -> Verdict | None:
    """What is wrong with the copy here while the writer sells."""
    here, there, replica = case.here, case.there, case.seen.replica
    if isinstance(replica, NoAnswer):
        return Verdict("STANDBY_DOWN", NONE, f"{there} still sells; the database of {here} gives no answer, so nothing protects it.")
    if isinstance(replica, NotLooked):
        return None
    if replica.value.unfinished:
        return Verdict("REPLICA_UNFINISHED", NONE, f"{there} still sells, but the database of {here} {replica.value.unfinished}: it holds part of "
                       "the rows and protects nothing. Whoever began that goes on with it (role db_replica).")
    if replica.value.broken:
        return Verdict("REPLICA_BROKEN", NONE, f"{there} still sells, but the copy in {here} has stopped and will not go on by itself: "
                       f"{replica.value.broken} What is sold now is not protected; status.yml names the cure.")
    if (link := link_lost(case.seen)) is not None:
        return Verdict("LINK_LOST", NONE, f"{there} still sells, but nothing of it answers over the link{down_in_words(link)}; promoting the copy in "
                       f"{here} now would split the data.")
    if _fresh(replica.value, case.limits.lag_seconds):
        return None
    if isinstance(case.seen.peer, Saw):
        return Verdict("REPLICA_LATE", NONE, f"{there} still sells and its agent answers over the link, but the copy in {here} "
                       f"{_behind(replica.value)}; what it lacks would be lost now. status.yml says what is wrong with it.")
    if replica.value.lag_seconds is None and not replica.value.following:
        return Verdict("LINK_LOST", NONE, f"{there} holds the record and renews it, and its agent does not say here whether it sells; the database "
                       f"of {here} is no copy of it, and promoting that now could split the data.")
    return Verdict("LINK_LOST", NONE, f"{there} still sells; promoting the copy in {here} now would split the data.")


def _rest(case: Case) -> Verdict:
    there = case.there
    if isinstance(case.seen.peer, NoAnswer):
        answers = "; its host does, so it is the agent that is down" if isinstance(case.seen.link, Saw) and case.seen.link.value.across else ""
        return Verdict("PEER_SILENT", NONE, f"{there} holds the record and renews it and its rows arrive here, but its agent gives no answer over "
                       f"the link ({case.seen.peer.reason}){answers}.")
    if hangs := thin_link(case.seen):
        return Verdict("LINK_THIN", NONE, f"{there} holds the record and renews it; {hangs}")
    if thin := thin_quorum(case):
        return Verdict("QUORUM_THIN", NONE, f"{there} holds the record and renews it; {thin}")
    return Verdict("NORMAL", NONE, f"{there} holds the record and renews it; there is nothing to take over.")


def silent_writer(case: Case) -> Verdict:
    """The last rule: the record is another site's and has been unchanged for long enough, so that site's gate is shut by now."""
    seen, record, there, here = case.seen, case.record, case.there, case.here
    if isinstance(seen.writer_edge, NotLooked):
        return blind(f"the edge of {there}", seen.writer_edge)
    if isinstance(seen.replica, NotLooked):
        return blind(f"the copy in {here}", seen.replica)
    if isinstance(seen.replica, NoAnswer):
        return Verdict("STANDBY_DOWN", NONE, f"{there} is silent and the database of {here} gives no answer: there is nothing to promote.")
    copy = seen.replica.value
    lag = copy.lag_seconds
    if copy.unfinished:
        return Verdict("STANDBY_UNFINISHED", NONE, f"{there} is silent, but the database of {here} {copy.unfinished}: it holds part of the rows, and "
                       f"nobody may sell by them. Bring {there} back, or restore the last backup (playbooks/restore.yml).")
    wrote = seen.gate.value.epoch or seen.gate.value.inherits if isinstance(seen.gate, Saw) else None
    if lag is None and wrote is None:
        return Verdict("STANDBY_EMPTY", NONE, f"{there} is silent, but no heartbeat has ever reached {here}: its database is not a copy.")
    if copy.stuck:
        return Verdict("STANDBY_STUCK", NONE, f"{there} is silent, but the copy in {here} cannot apply all that it has received "
                       f"({copy.broken}); cure it first, status.yml says how, or what was received is lost.")
    against = []
    if lag is None:
        against.append((ACCEPT_LAG, "STANDBY_EMPTY", f"{there} is silent, and {here}, which wrote last at epoch {wrote}, has nothing of its reign: "
                        f"all that {there} has sold in it would be lost, and nothing if it never opened its gate."))
        if isinstance(found := case.doubts(against), Verdict):
            return found
    if isinstance(seen.compared, NotLooked):
        return blind(f"the last comparison of the copy in {here}", seen.compared)
    if lag is not None and lag > case.limits.lag_seconds:
        against.append((ACCEPT_LAG, "STANDBY_BEHIND", f"{there} is silent, but the copy in {here} was {lag:.1f} s behind "
                        f"(limit {case.limits.lag_seconds:g} s); promoting it would lose that much."))
    if why := unproven(seen.compared):
        against.append((ACCEPT_UNPROVEN, "STANDBY_UNPROVEN", f"{there} is silent, but the copy in {here} {why}; a person must say whether to sell "
                        "by it."))
    if seen.takeovers >= case.limits.takeovers:
        against.append((ACCEPT_FLAPPING, "FLAPPING", f"{there} is silent, but {here} has taken over {seen.takeovers} times within the last hour; "
                        "a person must find out why before the next time."))
    found = case.doubts(against)
    if isinstance(found, Verdict):
        return found
    lacks = "what it has sold in this reign is not here" if lag is None else f"its copy here may lack {lag:.2f} s at most"
    silent = f"{there} has not renewed the record for {record.unchanged_seconds:.1f} s, so its gate is shut ({lacks})"
    if old := proven_long_ago(seen.compared, case.limits):
        silent = f"{silent.removesuffix(')')}; {old})"
    if isinstance(seen.writer_edge, NoAnswer):
        return Verdict("SITE_LOST", TAKE_OVER, f"{silent}, and its edge gives no answer; {here} takes over.", overridden=found)
    return Verdict("WRITER_STOPPED", TAKE_OVER, f"{silent} although its edge answers: nothing can be sold there; {here} takes over.",
                   overridden=found)


def planned(case: Case, found: Verdict) -> Verdict:
    """The verdict when somebody asks to move the service here although its writer lives. `found`: the one without asking, which stands
    unless the writer renews, or has just offered the record to this site, and the copy here follows closely.
    """
    seen, record, here = case.seen, case.record, case.here
    if found.writes or found.verdict not in _MOVABLE or (found.verdict == "OFFERED" and record.offered != seen.site):
        return found
    if isinstance(seen.replica, NotLooked):
        return blind(f"the copy in {here}", seen.replica)
    limit = min(case.limits.lag_seconds, case.timing.catch_up)      # what is on its way is waited for while nobody sells
    if isinstance(seen.replica, NoAnswer) or not _fresh(seen.replica.value, limit):
        why = f"gives no answer ({seen.replica.reason})" if isinstance(seen.replica, NoAnswer) else _behind(seen.replica.value)
        if isinstance(seen.replica, Saw) and _fresh(seen.replica.value, case.limits.lag_seconds):
            why = f"{why}, and nobody could buy while it catches up (limit {limit:g} s)"
        return Verdict("STANDBY_UNFIT", NONE, f"The copy in {here} {why}; the service is moved there once it follows closely.")
    if isinstance(seen.own_edge, NotLooked):         # it is the agent here that looks; without one nobody would write after the move
        return blind(f"the edge of {here}", seen.own_edge)
    if isinstance(seen.compared, NotLooked):
        return blind(f"the last comparison of the copy in {here}", seen.compared)
    against = []
    if doubt := unproven(seen.compared):
        against.append((ACCEPT_UNPROVEN, "STANDBY_UNPROVEN", f"The copy in {here} {doubt}. Compare it (playbooks/compare.yml); {case.there} writes "
                        "on."))
    if isinstance(seen.own_edge, NoAnswer):
        against.append((ACCEPT_SILENT_EDGE, "STANDBY_UNREACHABLE", f"The edge of {here} gives no answer ({seen.own_edge.reason}), so users could not "
                        f"reach the service there by it; {case.there} writes on."))
    elif isinstance(seen.own_edge, Saw) and not seen.own_edge.value:
        against.append((ACCEPT_SILENT_EDGE, "STANDBY_UNREACHABLE", f"The edge of {here} says that nothing behind it can serve, so users would find "
                        f"nobody there; {case.there} writes on."))
    used = case.doubts(against)
    if isinstance(used, Verdict):
        return used
    old = proven_long_ago(seen.compared, case.limits)
    return Verdict(PLANNED, TAKE_OVER, f"Somebody asks to move the service from {case.there}, which lives, to {here}, "
                   f"whose copy is {seen.replica.value.lag_seconds:.2f} s behind{f'; {old}' if old else ''}.", overridden=used)


def _behind(replica: ReplicaView) -> str:
    if replica.unfinished:
        return replica.unfinished
    if not replica.following:
        return "follows nobody" if replica.lag_seconds is None else f"has stopped following, {replica.lag_seconds:.1f} s behind"
    return "has never had a heartbeat" if replica.lag_seconds is None else f"is {replica.lag_seconds:.1f} s behind"


def _fresh(replica: ReplicaView, limit: float) -> bool:
    return not replica.unfinished and replica.following and replica.lag_seconds is not None and replica.lag_seconds <= limit
