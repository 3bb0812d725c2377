# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is missing of the things that a site has laid in (provisions.py), for the readiness score. Pure. Its limits are those of the alerts.

What was not looked at is missing as well. An agent of another release tells none of it: then nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .conclusion import ago
from .reasons import Reason, reason

DAY = 86400.0
ENDING = 21 * DAY               # a certificate, as the alert CertificateEnding has it
BACKUP_AGE, PROOF_AGE = 1.5 * DAY, 15 * DAY
REHEARSED_AGE = 8 * DAY         # a timer rehearses every week
APART = 0.5                     # seconds between both databases' clocks, how wrong that can be counted in

Statuses = Mapping[str, Mapping[str, Any]]


def laid_in(statuses: Statuses, writer: str | None, standby: str | None, now: float) -> list[Reason]:
    """All that is missing. statuses: of the agents that answer; now: epoch seconds."""
    return [*_room(statuses, standby), *_release(statuses, writer, standby), *_dates(statuses, now), *_backup(statuses, writer, now),
            *_rehearsal(statuses, now), *_clocks(statuses, standby)]


def _seen(statuses: Statuses, site: str | None, name: str) -> tuple[Mapping[str, Any] | None, str]:
    """(what was seen there, why nothing was)."""
    status = statuses.get(site or "")
    if status is None:
        return None, "its agent gives no answer"
    look = (status.get("provisions") or {}).get(name)
    if not isinstance(look, Mapping):
        return None, "its agent is older than this question"
    if "no_answer" in look:
        return None, str(look["no_answer"])
    return (None, str(look["not_looked"])) if "not_looked" in look else (look, "")


def _room(statuses: Statuses, standby: str | None) -> list[Reason]:
    """Where the service would go."""
    seen, why = _seen(statuses, standby, "room")
    here = (standby or "the standby").upper()
    if seen is None:
        return [reason("room", f"whether {here} has room for everybody is not known: {why}.")]
    short = [*seen["short"], *(f"its cloud's {api} does not answer, so nobody knows more" for api in seen["silent"])]
    return [reason("room", f"at {here} {'; '.join(short)}.")] if short else []


def _release(statuses: Statuses, writer: str | None, standby: str | None) -> list[Reason]:
    """The image and the secrets are there where what runs says so, and says the same at both sites."""
    told = {}
    for site in (writer, standby):
        seen, why = _seen(statuses, site, "release")
        if seen is None:
            return [reason("release", f"what runs at {(site or 'the writer').upper()} is not known: {why}.")]
        told[site] = seen
    here, there = told[writer], told[standby]
    names = f"{str(writer).upper()} and {str(standby).upper()}"
    if here["release"] != there["release"]:
        return [reason("release", f"{names} run different releases, {here['release']} and {there['release']}.")]
    if list(here["keys"]) != list(there["keys"]):
        return [reason("release", f"{names} sign log-ins with different keys, so a log-in would not survive the switch.")]
    return []


def _dates(statuses: Statuses, now: float) -> list[Reason]:
    wrong = []
    for site in sorted(statuses):
        seen, why = _seen(statuses, site, "dates")
        if seen is None:
            wrong.append(f"what may end at {site.upper()} was not looked at: {why}")
            continue
        wrong += [f"{name} at {site.upper()} {'has ended' if end < now else f'ends in {_days(end - now)}'}"
                  for name, end in sorted(seen["ends"].items()) if end - now < ENDING]
        wrong += [f"when {name} at {site.upper()} ends is not known ({told})" for name, told in sorted(seen["unread"].items())]
    return [reason("dates", f"{'; '.join(wrong)}.")] if wrong else []


def _backup(statuses: Statuses, writer: str | None, now: float) -> list[Reason]:
    """The writer's site makes them, and either site may prove that one can be restored."""
    seen = {site: found for site in statuses if (found := _seen(statuses, site, "backup")[0]) is not None}
    if not seen:
        return [reason("backup", "no backup is known of at either site.")]
    made = seen.get(writer or "")
    newest = max((each["made"] for each in seen.values() if each["made"]), default=None)
    proven = max((each["proven"] for each in seen.values() if each["proven"]), default=None)
    wrong = []
    if newest is None:
        wrong.append("none is known of")
    elif now - newest > BACKUP_AGE:
        wrong.append(f"the newest was made {ago(now - newest)}")
    elif made and made["made_ok"] is False:
        wrong.append(f"the last run at {str(writer).upper()} made none")
    if proven is None:
        wrong.append("none was ever restored and found equal")
    elif now - proven > PROOF_AGE:
        wrong.append(f"one was last restored and found equal {ago(now - proven)}")
    wrong += [f"the last test at {site.upper()} failed" for site, each in sorted(seen.items()) if each["test_ok"] is False]
    return [reason("backup", f"of backups, {'; '.join(wrong)}.")] if wrong else []


def _rehearsal(statuses: Statuses, now: float) -> list[Reason]:
    """A rehearsal, or more than that: a switch that was finished, be it of a drill."""
    seen = [found for site in statuses if (found := _seen(statuses, site, "rehearsal")[0]) is not None]
    switched = [float(status["switched"]["finished"]) for status in statuses.values() if (status.get("switched") or {}).get("finished")]
    good = [*(each["good"] for each in seen if each.get("good")), *switched]
    last = max(seen, key=lambda each: float(each["at"]), default=None)
    if last and not last["ok"] and last["at"] > max(switched, default=0.0):
        return [reason("rehearsal", f"the last one, {ago(now - last['at'])}, failed: {last['said']}")]
    if not good:
        return [reason("rehearsal", "nobody has ever rehearsed or made a switch here.")]
    age = now - max(good)
    return [reason("rehearsal", f"the last rehearsal or switch that went well was {ago(age)}.")] if age > REHEARSED_AGE else []


def _clocks(statuses: Statuses, standby: str | None) -> list[Reason]:
    """By the agent of the standby, else by whichever has measured it."""
    order: Sequence[str] = sorted(statuses, key=lambda site: site != standby)
    measured = [clock for site in order if "seconds" in (clock := statuses[site].get("clock") or {})]
    if not measured:
        said = next((clock["said"] for site in order if (clock := statuses[site].get("clock") or {}).get("said")), None)
        return [reason("clocks", f"how far both databases' clocks are apart was never measured{f': {said}' if said else ''}.")]
    clock = measured[0]
    apart = abs(float(clock["seconds"])) + float(clock["bound"])
    return [reason("clocks", f"both databases' clocks may be {apart:.2f} s apart.")] if apart > APART else []


def _days(seconds: float) -> str:
    days = int(seconds // DAY)
    return f"{days} day" if days == 1 else f"{days} days"
