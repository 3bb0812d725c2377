# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How ready the pair of sites is for the loss of the one that writes: a score, and for every point that is missing a reason and its cure. Pure.

100 is a standby that would take over this moment, with everything beside it in order. What was not looked at costs as much as what is wrong:
nobody can rely on it. The score is for people and trends; no switch asks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .conclusion import ago
from .laid_in import laid_in
from .reasons import Reason, reason

# What a writer may conclude while it sells as it should; what is wrong beside it costs by a name of its own.
SELLING = ("WRITER_HERE", "QUORUM_THIN", "LINK_THIN", "LINK_LOST", "UNPROTECTED", "PEER_SILENT")


@dataclass(frozen=True)
class Readiness:
    """`ready`: were the writer lost now, the other site would take over without any override; `asks`: but wait for a person (dr_mode managed)."""

    score: int
    ready: bool
    writer: str | None
    reasons: tuple[Reason, ...]
    asks: bool = False

    @property
    def words(self) -> list[str]:
        """The score and its reasons, for people."""
        moves = "move to the other site as soon as a person says so" if self.asks else "move to the other site"
        told = f"Readiness {self.score} of 100: were {(self.writer or 'the writer').upper()} lost now, the service would " \
               f"{moves if self.ready else 'NOT come back by itself'}."
        return [told, *(f"-{each.cost} {each.name}: {each.said} {each.cure}" for each in self.reasons)]


def score(agents: Mapping[str, Mapping[str, Any] | None], *, tunnels: Sequence[bool] | None = None, leads_to: str | None = None,
          pinned_to: str | None = None, dns_said: Sequence[str] = (), max_lag: float = 30.0, max_compared: float = 7 * 86400.0,
          dns: bool = True, now: float) -> Readiness:
    """agents: each site's agent's /status, None for one that gave none. tunnels: which carry packets, None when nobody looked. leads_to:
    the site that resolvers send users to, None when they disagree or nobody looked; dns_said: why. pinned_to: the site whose marker says that it has
    taken over: names lead there whatever becomes of it. max_lag, max_compared: seconds by which the copy may be behind, and since when it may have
    been compared last. dns: whether resolvers are part of it; not for an agent, which asks none. now: epoch seconds.
    """
    statuses = {site: status for site, status in agents.items() if status}
    writer = _writing(statuses)
    standby = next((site for site in sorted(agents) if site != writer), None)
    reasons = [*_takeover(statuses, standby), *_writer(statuses, writer), *_record(statuses), *_beside(statuses, writer, standby, max_lag),
               *_proof(statuses, standby, max_compared), *laid_in(statuses, writer, standby, now)]
    if tunnels is None or not tunnels or not all(tunnels):
        down = "nobody has looked at the tunnels" if not tunnels else f"{sum(tunnels)} of {len(tunnels)} tunnels carry packets"
        reasons.append(reason("link", f"{down}."))
    held = pinned_to if pinned_to and writer and pinned_to != writer else None
    if dns and (leads_to is None or leads_to != writer or held):
        pinned = [f"The marker of {held.upper()} stands, so names lead there whatever becomes of it: take it away."] if held else []
        reasons.append(reason("dns", " ".join([_where(leads_to, writer, statuses), *dns_said, *pinned])))
    if pinned_to and pinned_to == writer:
        reasons.append(reason("takeover", f"the marker of {pinned_to.upper()} stands, so users would go on being sent there. Once the copy is "
                                          "proven, take it away."))
    ready = not any(each.name == "takeover" for each in reasons)
    asks = (statuses.get(standby or "") or {}).get("mode") == "managed"
    return Readiness(max(0, 100 - sum(each.cost for each in reasons)), ready, writer, tuple(reasons), asks)


def _where(leads_to: str | None, writer: str | None, statuses: Mapping[str, Mapping[str, Any]]) -> str:
    if leads_to is None:
        return "where users are sent is not known."
    if leads_to == writer:
        return "users are sent to the writer."
    there = f"users are sent to {leads_to.upper()}, "
    if leads_to not in statuses:
        return there + "which gives no answer: nobody here knows whether it hands them on."
    edge = (statuses[leads_to].get("observations") or {}).get("own_edge")       # as its own agent sees it
    if isinstance(edge, bool):
        return there + ("whose edge hands them on." if edge else "whose edge says that nothing behind it can serve.")
    return there + ("whose edge gives no answer." if isinstance(edge, Mapping) and "no_answer" in edge else
                    "and nobody looked whether its edge hands them on.")


def _writing(statuses: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Who writes, by the record of the latest reign that an agent knows. One that cannot read it any more tells what it saw last, perhaps of a reign
    that has ended: of the same epoch, who reads it is believed.
    """
    def of(status: Mapping[str, Any]) -> tuple[int, bool]:
        epoch = status["record"].get("epoch")
        return epoch if isinstance(epoch, int) else 0, not status["record"].get("said")

    known = [status for status in statuses.values() if (status.get("record") or {}).get("writer")]
    return str(max(known, key=of)["record"]["writer"]) if known else None


def _takeover(statuses: Mapping[str, Mapping[str, Any]], standby: str | None) -> list[Reason]:
    status = statuses.get(standby or "")
    if status is None:
        return [reason("takeover", f"the agent of {(standby or 'the standby').upper()} gives no answer, so nobody would take over.")]
    lost = status.get("if_lost")
    if not lost:
        return [reason("takeover", "the agent does not say what it would do; it is older than this playbook. Run site.yml with --tags site_agent.")]
    return [] if lost["action"] == "take_over" else [reason("takeover", f"{lost['verdict']}: {lost['because']}")]


def _writer(statuses: Mapping[str, Mapping[str, Any]], writer: str | None) -> list[Reason]:
    if writer is None:
        return [reason("writer", "nobody holds the record, as far as the agents know.")]
    status = statuses.get(writer)
    if status is None:
        return [reason("writer", f"the agent of {writer.upper()}, which holds the record, gives no answer.")]
    found = status["verdict"]
    return [] if status["writer"] and found["verdict"] in SELLING else [
        reason("writer", f"{found['verdict']}: {found['because']}")]


def _record(statuses: Mapping[str, Mapping[str, Any]]) -> list[Reason]:
    seen = [(status.get("observations") or {}).get("members") for status in statuses.values()]
    members = [each for each in seen if each and "total" in each]
    if not members:
        return [reason("record", "nobody has counted the members that keep the record.")]
    fewest = min(members, key=lambda each: each["led"])
    if fewest["total"] < 3:
        return [reason("record", f"the record is kept by {fewest['total']} of the 3 members that it takes to survive the loss of one.")]
    return [] if fewest["led"] == fewest["total"] else [
        reason("record", f"{fewest['led']} of {fewest['total']} members that keep the record are in step.")]


def _beside(statuses: Mapping[str, Mapping[str, Any]], writer: str | None, standby: str | None, max_lag: float) -> list[Reason]:
    reasons = []
    copy = (statuses.get(standby or "", {}).get("observations") or {}).get("replica") or {}
    if not copy.get("following") or copy.get("lag_seconds") is None or copy["lag_seconds"] > max_lag:
        lag = copy.get("lag_seconds")
        what = "follows nobody" if copy.get("following") is False else "is not known to follow" if lag is None else f"is {lag:.1f} s behind"
        reasons.append(reason("copy", f"the database of {(standby or 'the standby').upper()} {what}."))
    if unguarded := [told for site in (writer, standby) if site and site in statuses and (told := _unguarded(site, statuses[site]))]:
        reasons.append(reason("guard", " ".join(unguarded)))
    for site, status in sorted(statuses.items()):
        journal = status.get("journal") or {}
        if "faults" not in journal:
            reasons.append(reason("journal", f"whether that of {site.upper()} holds is not known: {_why_not(journal)}."))
        elif journal["faults"]:
            reasons.append(reason("journal", f"that of {site.upper()} does not hold: {journal['faults'][0]}."))
        if status["maintenance"]:
            reasons.append(reason("maintenance", f"{site.upper()} is in maintenance."))
    return reasons


def _unguarded(site: str, status: Mapping[str, Any]) -> str:
    """Both sites count: what the copy lacks is missing when it is promoted, and its gate then keeps nobody from those tables."""
    ungated = (status.get("gate") or {}).get("ungated")
    if ungated is None:
        return f"whether every table of {site.upper()} refuses writes while its gate is shut is not known."
    return f"{len(ungated)} tables of {site.upper()} take writes while its gate is shut." if ungated else ""


def _why_not(look: Mapping[str, Any]) -> str:
    """Why nothing was seen, of what to_plain made of it."""
    return str(look.get("no_answer") or look.get("not_looked") or "its agent does not say")


def _proof(statuses: Mapping[str, Mapping[str, Any]], standby: str | None, max_compared: float) -> list[Reason]:
    """That of a copy which is not proven at all is in the verdict already, and costs what an outage without end does."""
    status = statuses.get(standby or "")
    if status is None:
        return []                   # nobody would take over, then
    compared = (status.get("observations") or {}).get("compared") or {}
    if "equal" not in compared:
        return [reason("proof", f"what the last comparison of the copy of {(standby or 'the standby').upper()} found is not known: "
                                f"{_why_not(compared)}.")]
    age = compared.get("age_seconds")
    if not compared.get("equal") or age is None or age <= max_compared:
        return []
    return [reason("proof", f"the copy of {(standby or 'the standby').upper()} was last compared {ago(age)}.")]
