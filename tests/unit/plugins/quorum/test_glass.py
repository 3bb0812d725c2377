# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a record may be made anew from nothing: what speaks against it, what has to be named, and that an override counts once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass, glass_look
from ansible_collections.multicloud.dr.plugins.module_utils.quorum.glass import Asked, Base, Place
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Refused

NOW = 1_767_366_000.0                   # 2026-01-02T15:00Z
LOST: dict[str, Any] = {"answered": False, "refused": False, "writer": None, "because": "The record gives no answer: no quorum."}
NHN, AWS = Base("nhn", epoch=3, by="nhn"), Base("aws", epoch=3, by="nhn")
HOSTS = {name: Place(name, LOST, bases, stopped_for=60.0) for name, bases in (("nhn", (NHN, AWS)), ("aws", (AWS, NHN)), ("third", ()))}
PLACES = tuple(HOSTS.values())
ASKED = Asked({"nhn": "nhn", "aws": "aws", "third": ""}, "nhn", "rebuild_record:4", "kim", "three disks were lost", "2026-01-02T16:00Z", now=NOW)


def refused(places: tuple[Place, ...] = PLACES, using: bool = False, **asked: Any) -> str:
    with pytest.raises(Refused) as error:
        glass.judge(places, replace(ASKED, **asked), using=using)
    return str(error.value)


def some(name: str, **seen: Any) -> tuple[Place, ...]:
    """All hosts, of which one sees something else."""
    return tuple(replace(place, **seen) if place.member == name else place for place in PLACES)


def test_the_refusal_names_the_one_override_and_all_that_goes_with_it() -> None:
    assert refused(override="") == (
        "Nothing was seen that speaks against it. A person may name it, once, with who, why and until when: -e quorum_glass_writer=nhn "
        "-e quorum_glass_override=rebuild_record:4 -e quorum_glass_by=NAME -e '{\"quorum_glass_reason\": \"WHY\"}' "
        "-e quorum_glass_until=2026-01-02T16:00Z")


def test_named_with_who_why_and_until_when_it_is_done_and_tells_all_of_it() -> None:
    found = glass.judge(PLACES, ASKED, using=True)
    assert (found.epoch, found.proven) == (4, True)
    assert found.line == {"overrides": ["rebuild_record:4"], "by": "kim", "reason": "three disks were lost", "until": "2026-01-02T16:00Z",
                          "writer": "nhn", "epoch": 4, "gone": [], "proven": True, "detail": found.sentence}
    assert found.sentence == ("nhn goes on at epoch 4, by rebuild_record:4 of kim, until 2026-01-02T16:00Z: three disks were lost. "
                              "Most members were seen silent.")


@pytest.mark.parametrize(("seen", "said"), [
    ({"record": {**LOST, "answered": True, "writer": "nhn", "because": "It says nhn."}}, "The record lives: It says nhn."),
    ({"record": {**LOST, "refused": True}}, "Somebody is there who does not say the record"),
    ({"agent": {"writer": True, "reads": ""}}, "The agent on the host of aws says that its gate is open."),
    ({"agent": {"writer": False, "reads": "writer nhn, epoch 3"}}, "reads a record that lives (writer nhn, epoch 3)"),
    ({"bases": (replace(NHN, open_for=4.2), AWS)}, "The database of nhn takes writes for 4.2 s more"),
    ({"unread": ("/epoch says ''",)}, "could not be understood (/epoch says '')"),
])
@pytest.mark.parametrize("override", ["", "rebuild_record:4"])
def test_it_cannot_be_used_while_anybody_holds_a_record_or_may_write(seen: dict[str, Any], said: str, override: str) -> None:
    words = refused(some("aws", **seen), override=override, using=bool(override))
    assert said in words and "quorum_glass_override" not in words


def test_an_agent_that_watches_a_silent_record_stands_in_nobodys_way() -> None:
    assert glass.judge(some("aws", agent={"writer": False, "reads": ""}), ASKED, using=True).epoch == 4


def test_what_does_not_answer_has_to_be_named_and_then_rests_on_a_word() -> None:
    alone = (replace(HOSTS["aws"], bases=(AWS, Base("nhn", error="no route"))),)
    words = refused(alone)
    assert "The host of member nhn does not answer." in words and "The host of member third does not answer." in words
    assert "The database of nhn was not looked at (no route)" in words and "quorum_glass_gone=third" in words
    assert "The host of member third does not answer." in refused(alone, gone=("nhn",))
    assert "quorum_glass_override=rebuild_record:1003" in refused(alone, gone=("nhn", "third"))
    found = glass.judge(alone, replace(ASKED, gone=("nhn", "third"), override="rebuild_record:1003"), using=True)
    assert not found.proven and "That no other member lives rests on the word of kim; gone for good: nhn, third." in found.sentence


@pytest.mark.parametrize(("gone", "said"), [
    (("nhn",), "nhn was named gone, and answers."), (("third",), "third was named gone, and answers."),
    (("mars",), "mars is neither a member nor a site"),
])
def test_what_is_named_gone_and_is_there_is_not_gone(gone: tuple[str, ...], said: str) -> None:
    assert said in refused(gone=gone)


def test_a_member_or_an_edge_that_answers_beside_a_host_that_does_not_stops_it() -> None:
    two = tuple(replace(HOSTS[name], voices=("third",), doors=()) for name in ("nhn", "aws"))
    assert "The member of third answers at its address, and its host does not" in refused(two, gone=("third",))
    alone = (replace(HOSTS["aws"], bases=(AWS,), doors=("nhn", "aws")),)
    assert "nhn may be selling, and it is this host that is cut off" in refused(alone, gone=("nhn", "third"))


def test_a_database_that_is_gone_is_named_too_and_nothing_is_done_without_any() -> None:
    bare = tuple(replace(place, bases=tuple(base for base in place.bases if base.site == "nhn")) for place in PLACES)
    assert "The database of aws was not looked at (nobody here knows its address and account)" in refused(bare)
    assert "rebuild_record:1003" in refused(bare, gone=("aws",), override="")
    none = tuple(replace(place, bases=()) for place in PLACES)
    assert "there is nothing to sell by" in refused(none, gone=("aws", "nhn"))


def test_who_wrote_last_is_told_by_the_databases_where_they_are_there() -> None:
    assert "By dr.gate nhn wrote last (epoch 3), and not aws" in refused(writer="aws")
    later = some("aws", bases=(replace(AWS, epoch=5, by="aws"), NHN))
    assert "By dr.gate aws wrote last (epoch 5), and not nhn" in refused(later)
    assert glass.judge(later, replace(ASKED, writer="aws", override="rebuild_record:6"), using=True).epoch == 6
    only = tuple(replace(place, bases=(NHN,)) for place in PLACES)      # what aws sold nobody can know
    assert glass.judge(only, replace(ASKED, writer="aws", gone=("aws",), override="rebuild_record:1003"), using=True).line["writer"] == "aws"
    assert "third is no site that keeps a member" in refused(writer="third") and "nothing is no site" in refused(writer="")


def test_the_epoch_is_after_all_that_anybody_remembers() -> None:
    assert "rebuild_record:8" in refused(some("aws", remembers=7), override="")
    assert "rebuild_record:10" in refused(some("third", used=(9,)), override=""), "a run that was interrupted has used up its own"
    assert "rebuild_record:12" in refused(some("third", used=(9,), torn=2), override=""), "what nobody can read may have been one"


def test_an_override_counts_once() -> None:
    words = refused(some("third", used=(4,)))
    assert words == "rebuild_record:4 was used already, and counts once. Nothing is known against another: rebuild_record:5."
    assert "quorum_glass_override=rebuild_record:4 " in refused(override="rebuild_record:3"), "and none is made up"


@pytest.mark.parametrize(("asked", "said"), [
    ({"by": " "}, "quorum_glass_by: say who."), ({"reason": ""}, "quorum_glass_reason: say why."),
    ({"until": ""}, "quorum_glass_until: say until when, as 2026-01-02T15:04Z; it is 'nothing'."),
    ({"until": "tomorrow"}, "it is 'tomorrow'"), ({"until": "2026-01-02T15:00Z"}, "is over, so the override counts no more"),
    ({"until": "2026-01-03T15:01Z"}, "is more than 24 hours ahead"),
])
def test_who_why_and_until_when_are_part_of_it(asked: dict[str, str], said: str) -> None:
    assert said in refused(**asked)


@pytest.mark.parametrize(("stopped", "said"), [(None, "The member on the host of third runs."),
                                               (3.0, "The member on the host of third stands still since 3.0 s; 11 s are needed.")])
def test_it_is_used_only_once_every_member_has_stood_still_for_as_long_as_a_gate_may_be_open(stopped: float | None, said: str) -> None:
    assert glass.judge(some("third", stopped_for=stopped), ASKED).epoch == 4, "judged beforehand"
    assert said in refused(some("third", stopped_for=stopped), using=True)


def test_where_a_restore_is_enough_it_is_refused() -> None:
    assert "There is a snapshot of the record, and hosts remember as much as databases do" in refused(some("third", snapshot=3))
    assert "rebuild_record:4" in refused(some("third", snapshot=2), override=""), "a restore would not see that the databases know more"
    bare = tuple(replace(place, record={**LOST, "answered": True, "because": "absent"}) for place in PLACES)
    assert "rebuild_record:4" in refused(bare, override=""), "hosts that were made anew remember nothing"
    knows = tuple(replace(place, remembers=3) for place in bare)
    assert "The quorum lives without a record" in refused(knows)


def test_where_there_never_was_a_record_nothing_is_made_anew() -> None:
    fresh = tuple(replace(place, bases=tuple(Base(base.site) for base in place.bases)) for place in PLACES)
    assert "Nobody remembers any record that there ever was" in refused(fresh)


def test_what_a_host_sees_travels_as_it_is() -> None:
    for place in (*PLACES, replace(HOSTS["nhn"], used=(4, 9), voices=("third",), agent={"writer": True, "reads": ""}, stopped_for=None)):
        assert Place.from_plain(glass_look.plain(place)) == place


def test_a_line_that_was_used_counts_until_it_says_and_for_its_epoch_alone() -> None:
    line = {"step": "overridden", **glass.judge(PLACES, ASKED, using=True).line}
    assert glass.used_for([line], 4, NOW)["writer"] == "nhn"
    for epoch, now, said in ((5, NOW, "No override was used for epoch 5"), (4, NOW + 3600, "rebuild_record:4 counted until 2026-01-02T16:00Z")):
        with pytest.raises(Refused, match=said):
            glass.used_for([line], epoch, now)
