# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""May the record be made anew, from nothing, because whatever kept it is lost for good? Pure: weighs what was seen, and asks nobody.

What keeps two sites from writing is that gates follow a record, and the record a majority. So it has to be certain that no majority is left anywhere:
either most members were seen, and were stopped for longer than any gate stays open by itself; or those that nobody sees are named as gone for good,
by a person, with a name. What is named and does answer is not gone.

The new record begins at an epoch after every one that anybody remembers. Where somebody who may remember more was not seen it begins far after it, so
that no number is given to two reigns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ..switch.journal import OVERRIDDEN
from ..switch.record import Refused

OVERRIDE = "rebuild_record"         # named with the epoch at which the record begins anew, so it counts once
LONGEST = 24 * 3600.0               # seconds ahead that an override may be good for
UNSEEN = 1000                       # epochs that are left out where somebody who may remember more was not seen
UNTIL = "%Y-%m-%dT%H:%MZ"
NAMED = """-e quorum_glass_by=NAME -e '{"quorum_glass_reason": "WHY"}' -e quorum_glass_until="""      # and so on


@dataclass(frozen=True)
class Base:
    """One database, as a host sees it. `error`: why it does not, empty when it does. `epoch`, `by`: of the latest row of dr.gate, 0 and "" where
    there is none. `open_for`: seconds for which its gate is valid.
    """

    site: str
    error: str = ""
    epoch: int = 0
    by: str = ""
    open_for: float = 0.0


@dataclass(frozen=True)
class Place:
    """What one host of a member sees. `member`: its name. `record`: what the members say of the record, as world_writer tells it. `voices`: members
    whose etcd says anything at all at its address. `doors`: sites whose edge answers. `agent`: what the agent here says of itself, None when it
    does not. `remembers`: the highest epoch kept by its agent, and of its snapshots' records (`snapshot`). `unread`: what is there and
    could not be read. `used`: epochs for which an override was used from here; `torn`: lines of that which nobody can read any more. `stopped_for`:
    seconds since its own member ran, None while it does.
    """

    member: str
    record: Mapping[str, Any]
    bases: tuple[Base, ...]
    voices: tuple[str, ...] = ()
    doors: tuple[str, ...] = ()
    agent: Mapping[str, Any] | None = None
    remembers: int = 0
    snapshot: int = 0
    unread: tuple[str, ...] = ()
    used: tuple[int, ...] = ()
    torn: int = 0
    stopped_for: float | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Place:
        """What quorum_glass_info returns. Raises KeyError, TypeError."""
        parts = {name: tuple(plain[name]) for name in ("voices", "doors", "unread", "used")}
        return cls(**{**plain, **parts, "bases": tuple(Base(**each) for each in plain["bases"])})


@dataclass(frozen=True)
class Asked:
    """What a person says. `gone`: members and sites' databases that are lost for good. `takeover`: TTL and margin of the agents, in seconds.
    `members`: {member: site, "" for the third place}. `until` as text, `now` in epoch seconds.
    """

    members: Mapping[str, str]
    writer: str
    override: str = ""
    by: str = ""
    reason: str = ""
    until: str = ""
    gone: tuple[str, ...] = ()
    takeover: float = 11.0
    now: float = 0.0

    @property
    def sites(self) -> list[str]:
        return [site for site in self.members.values() if site]


@dataclass(frozen=True)
class Found:
    """`epoch`: at which the record begins anew. `proven`: most members were seen, so nothing rests on a word. `sentence`: for people."""

    epoch: int
    proven: bool
    sentence: str
    line: dict[str, Any] = field(default_factory=dict)


def judge(places: Sequence[Place], asked: Asked, *, using: bool = False) -> Found:
    """May it be done, by this override? `using`: now, and not only as far as one can see while members may still run. Raises Refused with all that
    speaks against it, or with the name of the override.
    """
    if faults := [*_names_faults(asked), *(_standing(places, asked) or _doubts(places, asked))]:
        raise Refused(" ".join(faults))
    if using and (runs := [_runs(place, asked) for place in places if place.stopped_for is None or place.stopped_for < asked.takeover]):
        raise Refused(" ".join(runs))
    epoch = _epoch(places, asked)
    proven = 2 * len(places) > len(asked.members)
    if faults := _override_faults(asked, epoch, places):
        raise Refused(" ".join(faults))
    rests = "Most members were seen silent" if proven else f"That no other member lives rests on the word of {asked.by}"
    sentence = (f"{asked.writer} goes on at epoch {epoch}, by {asked.override} of {asked.by}, until {asked.until}: {asked.reason}. {rests}"
                f"{'; gone for good: ' + ', '.join(asked.gone) if asked.gone else ''}.")
    return Found(epoch, proven, sentence, {
        "overrides": [asked.override], "by": asked.by, "reason": asked.reason, "until": asked.until, "writer": asked.writer, "epoch": epoch,
        "gone": list(asked.gone), "proven": proven, "detail": sentence})


def named(places: Sequence[Place], asked: Asked) -> Asked:
    """The same, by the override that the refusal would name. For who rehearses."""
    return replace(asked, override=f"{OVERRIDE}:{_epoch(places, asked)}")


def used_for(lines: Iterable[Mapping[str, Any]], epoch: int, now: float) -> Mapping[str, Any]:
    """The line by which an override was used for that epoch. Raises Refused when none was, or when it counts no more."""
    name = f"{OVERRIDE}:{epoch}"
    used = next((line for line in lines if line.get("step") == OVERRIDDEN and name in line.get("overrides", ())), None)
    if used is None:
        raise Refused(f"No override was used for epoch {epoch}.")
    if (read_until(str(used.get("until"))) or 0.0) <= now:
        raise Refused(f"{name} counted until {used.get('until')}, and that is over.")
    return used


def read_until(text: str) -> float | None:
    """Epoch seconds; None for what is no time of that form."""
    try:
        return datetime.strptime(text, UNTIL).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _names_faults(asked: Asked) -> list[str]:
    """What is said that means nothing."""
    known = {*asked.members, *asked.sites}
    found = [] if asked.writer in asked.sites else [
        f"quorum_glass_writer: {asked.writer or 'nothing'} is no site that keeps a member of the quorum; there are {', '.join(asked.sites)}. Name "
        "the one that wrote last: it goes on, and where it is lost the other one takes over from it as ever."]
    return found + [f"quorum_glass_gone: {name} is neither a member nor a site; there are {', '.join(sorted(known))}."
                    for name in asked.gone if name not in known]


def _standing(places: Sequence[Place], asked: Asked) -> list[str]:
    """Who speaks for a record that lives, or for a gate that is open."""
    found = []
    for place in places:
        said = place.record
        if said.get("answered") and said.get("writer"):
            found.append(f"The record lives: {said['because']}")
        elif not said.get("answered") and said.get("refused"):
            found.append(f"Somebody is there who does not say the record ({said['because']}): mend that first, or stop it where it keeps nothing.")
        agent = place.agent or {}
        if agent.get("writer"):
            found.append(f"The agent on the host of {place.member} says that its gate is open.")
        elif agent.get("reads"):
            found.append(f"The agent on the host of {place.member} reads a record that lives ({agent['reads']}).")
        found += [f"The database of {base.site} takes writes for {base.open_for:.1f} s more, as the host of {place.member} sees it: run this again "
                  "when it does not." for base in place.bases if base.open_for > 0]
        found += [f"The member of {name} answers at its address, and its host does not: stop it, or bring its host back."
                  for name in place.voices if name not in {each.member for each in places}]
        found += [f"The edge of {site} answers, and its host does not: {site} may be selling, and it is this host that is cut off."
                  for site in place.doors if site not in {asked.members[each.member] for each in places}]
    return list(dict.fromkeys(found))


def _doubts(places: Sequence[Place], asked: Asked) -> list[str]:
    """What nobody knows, and what is said against what was seen."""
    seen, bases = {place.member for place in places}, _bases(places)
    unlooked = {site: _why(site, places) for site in asked.sites if site not in bases}
    found = [f"What the host of {place.member} has to say could not be understood ({'; '.join(place.unread)}): mend that, or move it aside where "
             "nothing is lost with it." for place in places if place.unread]
    found += [f"The host of member {name} does not answer. Bring it back; where it is gone for good, have its cloud delete it and name it: "
              f"quorum_glass_gone={name}." for name in asked.members if name not in seen and name not in asked.gone]
    found += [f"The database of {site} was not looked at ({why}). Bring it back; where it is gone for good, name it: quorum_glass_gone={site}."
              for site, why in unlooked.items() if site not in asked.gone]
    found += [f"{name} was named gone, and answers." for name in asked.gone if not _unseen(name, asked, seen, bases)]
    if not bases:
        return [*found, "No database was looked at, so there is nothing to sell by, and nobody knows who wrote last."]
    latest = max(bases.values(), key=lambda base: base.epoch)
    if latest.by and latest.by != asked.writer and not unlooked:
        found.append(f"By dr.gate {latest.by} wrote last (epoch {latest.epoch}), and not {asked.writer}. Name that one; where it shall not write, "
                     "the other one takes over from it once there is a record (playbooks/fail_over.yml).")
    return found + _smaller(places, latest.epoch)


def _smaller(places: Sequence[Place], reached: int) -> list[str]:
    """What is enough instead. reached: the latest epoch that a database knows of; what hosts remember is all that a restore goes by."""
    kept, remembered = max(place.snapshot for place in places), max(place.remembers for place in places)
    bare = any(place.record.get("answered") for place in places)
    if max(kept, remembered, reached) == 0:
        return ["Nobody remembers any record that there ever was: the agent of the primary makes the first one."]
    if max(kept, remembered) >= reached and ((kept and len(places) >= 2) or (bare and remembered)):
        there = "The quorum lives without a record" if bare else "There is a snapshot of the record"
        return [f"{there}, and hosts remember as much as databases do: playbooks/restore_record.yml is enough."]
    return []


def _why(site: str, places: Sequence[Place]) -> str:
    """Nobody has looked at its database."""
    said = [base.error for place in places for base in place.bases if base.site == site]
    return "; ".join(dict.fromkeys(said)) or "nobody here knows its address and account"


def _unseen(name: str, asked: Asked, seen: Collection[str], bases: Collection[str]) -> bool:
    """Is anything by that name, a member's host or a site's database, that nobody saw?"""
    return (name in asked.members and name not in seen) or (name in asked.sites and name not in bases)


def _bases(places: Sequence[Place]) -> dict[str, Base]:
    """Of each site's database that anybody has looked at, the latest that was seen."""
    found: dict[str, Base] = {}
    for base in (base for place in places for base in place.bases if not base.error):
        if base.site not in found or base.epoch > found[base.site].epoch:
            found[base.site] = base
    return found


def _epoch(places: Sequence[Place], asked: Asked) -> int:
    """After all that is remembered, and after every override that was ever used, or may have been."""
    highest = max([*(base.epoch for base in _bases(places).values()), *(max(place.remembers, place.snapshot) for place in places),
                   *(epoch for place in places for epoch in place.used)])
    return highest + max(place.torn for place in places) + (UNSEEN if asked.gone else 1)


def _runs(place: Place, asked: Asked) -> str:
    if place.stopped_for is None:
        return f"The member on the host of {place.member} runs."
    return f"The member on the host of {place.member} stands still since {place.stopped_for:.1f} s; {asked.takeover:g} s are needed."


def _override_faults(asked: Asked, epoch: int, places: Sequence[Place]) -> list[str]:
    wanted = f"{OVERRIDE}:{epoch}"
    used = re.fullmatch(rf"{OVERRIDE}:(\d+)", asked.override)
    found = []
    if used and int(used[1]) in {each for place in places for each in place.used}:
        found.append(f"{asked.override} was used already, and counts once. Nothing is known against another: {wanted}.")
    elif asked.override != wanted:
        until = f"{datetime.fromtimestamp(asked.now + 3600, UTC):{UNTIL}}"
        found.append(f"Nothing was seen that speaks against it. A person may name it, once, with who, why and until when: -e quorum_glass_writer="
                     f"{asked.writer} -e quorum_glass_override={wanted} {NAMED}{until}"
                     f"{' -e quorum_glass_gone=' + ','.join(asked.gone) if asked.gone else ''}")
    found += [f"quorum_glass_{name}: say {what}." for name, what, said in (("by", "who", asked.by), ("reason", "why", asked.reason))
              if not said.strip() and asked.override]
    ends = read_until(asked.until)
    if asked.override and ends is None:
        found.append(f"quorum_glass_until: say until when, as 2026-01-02T15:04Z; it is {asked.until or 'nothing'!r}.")
    elif asked.override and ends is not None and ends <= asked.now:
        found.append(f"quorum_glass_until: {asked.until} is over, so the override counts no more.")
    elif ends is not None and ends > asked.now + LONGEST:
        found.append(f"quorum_glass_until: {asked.until} is more than {LONGEST / 3600:g} hours ahead.")
    return found
