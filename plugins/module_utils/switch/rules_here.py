# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for a site that is in maintenance, cannot see the record, or is named by it. Pure; each returns None when it has no opinion.

None of them ever takes anything from another site: the only action here is to finish what was begun.
"""

from __future__ import annotations

from .conclusion import NONE, RESUME, Case, Verdict, blind, called, down_in_words, link_lost, thin_link
from .observations import GateView, MembersView, NoAnswer, NotLooked, Saw

WRITER_HERE = "WRITER_HERE"     # all is done: this site writes
SET_BACK = "RECORD_SET_BACK"


def maintenance(case: Case) -> Verdict | None:
    if not case.seen.maintenance:
        return None
    return Verdict("MAINTENANCE", NONE, f"{case.here} is in maintenance; nothing is done until somebody ends it.")


def no_record(case: Case) -> Verdict | None:
    seen = case.seen
    if isinstance(seen.record, NotLooked):
        return blind("the record", seen.record)
    if isinstance(seen.record, NoAnswer):
        return _silent_record(case, seen.record.reason)
    if seen.record.value.writer is None:
        return Verdict("NO_RECORD", NONE, "The record is absent; a vanished key is never a reason to take over (docs/runbooks/record.md).")
    return None


def _silent_record(case: Case, reason: str) -> Verdict:
    """Who cannot read the record knows nothing about the writer. The members tell whether that is everybody's trouble or only ours."""
    members = case.seen.members.value if isinstance(case.seen.members, Saw) else None
    gate = case.seen.gate
    selling = f"; the gate here is still open and shuts by itself within {case.timing.gate_valid:g} s" \
        if isinstance(gate, Saw) and gate.value.open else ""
    if members is None:
        return Verdict("QUORUM_LOST", NONE, "The record gives no answer, so nobody can know who writes; "
                       f"gates close by themselves and nobody may take over{selling} ({reason}).")
    if members.answering == 0:
        return Verdict("RECORD_UNREACHABLE", NONE, f"None of the {members.total} members that keep the record answers from here, so either "
                       f"{case.here} is cut off or all of them are down; from here nobody may take over{selling} ({reason}).")
    if members.quorum:
        return Verdict("RECORD_UNSTEADY", NONE, f"{_of(members)} that keep the record are in step, but it could not be read, as during an election; "
                       f"nothing is done until it can{selling} ({reason}).")
    return Verdict("QUORUM_LOST", NONE, f"{_of(members)} that keep the record are in step, which is not enough to know who writes; "
                   f"gates close by themselves and nobody may take over{selling} ({reason}).")


def set_back(case: Case) -> Verdict | None:
    """A record that is further back than it was, as after a restore from an old copy: whoever obeys it may write beside what was sold since. A site
    that it does not name believes the one that it names; that one believes only itself, so the two never hold each other up.
    """
    record, peer = case.record, case.seen.peer
    if record.remembered is not None and record.remembered > record.epoch:
        return Verdict(SET_BACK, NONE, f"The record names {case.there} at epoch {record.epoch}, but {case.here} remembers epoch {record.remembered}: "
                       "the record was set back, as by an old snapshot; a person must find out who wrote last (docs/runbooks/record.md).")
    if record.writer != case.seen.site and isinstance(peer, Saw) and peer.value.verdict == SET_BACK:
        return Verdict(SET_BACK, NONE, f"The record names {case.there} at epoch {record.epoch}, and {case.there} itself says that it was set back "
                       "and does not write by it; a person must find out who wrote last (docs/runbooks/record.md).")
    return None


def wrong_database(case: Case) -> Verdict | None:
    """Whatever is judged of a database by its gate and its rows is another's then, and so is whatever would be done to it."""
    gate = case.seen.gate
    if not isinstance(gate, Saw) or gate.value.others is None:
        return None
    return Verdict("WRONG_DATABASE", NONE, f"The address that the agent of {case.here} has for its database leads to one of "
                   f"{called(gate.value.others)}, by that server's own row: {case.here} neither shuts nor opens it, and is ready for nothing. "
                   "Correct the address (docs/runbooks/wrong-database.md).")


def held_here(case: Case) -> Verdict | None:
    seen, record, here = case.seen, case.record, case.here
    if record.writer != seen.site:
        return None
    if record.offered:
        return Verdict("HANDING_OVER", NONE, f"{here} has stopped writing and offers the record to {called(record.offered)}; "
                       "it takes the offer back when nobody asks for it any more.")
    if isinstance(seen.gate, Saw) and record.epoch + 1 in (seen.gate.value.epoch, seen.gate.value.inherits):    # what is left undone waits
        return Verdict("HANDING_OVER", NONE, f"{here} has stopped writing because another site asked for the record; it offers it once nothing "
                       "older runs, and writes on when nobody asks for it any more.")
    if seen.unfinished:
        return Verdict("SWITCH_UNFINISHED", RESUME, f"{here} holds the record, but its switch stopped at step '{seen.unfinished}'.")
    if isinstance(seen.gate, NotLooked):
        return blind("the gate here", seen.gate)
    if isinstance(seen.gate, NoAnswer):
        return Verdict("DATABASE_SILENT", NONE, f"{here} holds the record and its database gives no answer ({seen.gate.reason}).")
    gate: GateView = seen.gate.value
    if gate.epoch != record.epoch and gate.inherits == record.epoch:
        return Verdict("SERVER_CHANGED", NONE, f"{here} holds the record and another of its database servers wrote at epoch {record.epoch}; "
                       "the agent opens the gate of the one that answers now as soon as it is certain that the other has stopped.")
    if gate.epoch != record.epoch:
        return Verdict("SWITCH_UNFINISHED", RESUME,
                       f"{here} holds the record at epoch {record.epoch}, but its gate was never opened for it.")
    if not gate.open:
        return Verdict("GATE_SHUT", NONE, f"{here} holds the record and its gate is shut; the agent opens it with the next renewal.")
    name, because = _writing(case)
    return Verdict(name, NONE, because, writes=True)


def _writing(case: Case) -> tuple[str, str]:
    """The writer writes. What is worth getting up for all the same, the worst first: users, then the copy, then the record."""
    seen, here, epoch = case.seen, case.here, case.record.epoch
    if isinstance(seen.own_edge, NoAnswer):
        return "WRITER_UNSEEN", (f"{here} is the writer at epoch {epoch} and its gate is open, but its own edge gives no answer "
                                 f"({seen.own_edge.reason}); users come in by the other site's, if at all.")
    if isinstance(seen.own_edge, Saw) and not seen.own_edge.value:
        return "APP_DOWN", f"{here} is the writer at epoch {epoch} and its gate is open, but its edge says that nothing behind it can serve."
    if seen.alone and not (isinstance(seen.peer, Saw) and seen.peer.value.following is not None):
        return "UNPROTECTED", (f"{here} is the writer at epoch {epoch} and alone: no copy has followed it since it was made that, so what is sold "
                               "now exists once.")
    if isinstance(seen.peer, NoAnswer):
        if (link := link_lost(seen)) is not None:
            return "LINK_LOST", (f"{here} is the writer at epoch {epoch} and sells on; nothing of the other site answers over the link"
                                 f"{down_in_words(link)}, so what is sold now is here alone until that is mended.")
        there = "; its host answers, so it is the agent that is down" if isinstance(seen.link, Saw) and seen.link.value.across else ""
        return "PEER_SILENT", (f"{here} is the writer at epoch {epoch}; the other site's agent gives no answer, so nobody here knows whether "
                               f"a copy follows{there}.")
    if isinstance(seen.peer, Saw):
        lag = seen.peer.value.lag_seconds
        if seen.peer.value.following is False:
            return "UNPROTECTED", f"{here} is the writer at epoch {epoch} and no copy follows it: what is sold now exists once."
        if half := seen.peer.value.unfinished:
            return "UNPROTECTED", (f"{here} is the writer at epoch {epoch} and the copy of it {half}: it holds part of the rows, so what is sold now "
                                   "exists once.")
        if lag is not None and lag > case.limits.lag_seconds:
            return "UNPROTECTED", (f"{here} is the writer at epoch {epoch} and its copy is {lag:.1f} s behind (limit "
                                   f"{case.limits.lag_seconds:g} s): so much would be lost.")
    if hangs := thin_link(seen):
        return "LINK_THIN", f"{here} is the writer at epoch {epoch}; {hangs}"
    if thin := thin_quorum(case):
        return "QUORUM_THIN", f"{here} is the writer at epoch {epoch}; {thin}"
    return WRITER_HERE, f"{here} is the writer at epoch {epoch} and its gate is open."


def thin_quorum(case: Case) -> str | None:
    """What to say when the record could not bear the loss of another member; None when it could, or nobody knows."""
    members = case.seen.members.value if isinstance(case.seen.members, Saw) else None
    if members is None or members.led >= members.total or members.total < 3:
        return None
    return f"only {_of(members)} that keep the record are in step: mend the other before one more is lost, as then nobody may write."


def _of(members: MembersView) -> str:
    return f"{members.led} of {members.total} members"
