# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done for a member that comes back, and what it is told of the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import disk
from ansible_collections.multicloud.dr.plugins.module_utils.quorum.members import Listed, initial_cluster, plan

NHN, AWS, THIRD = (Listed(str(number), name, (f"https://{name}:2380",)) for number, name in enumerate(("nhn", "aws", "third"), 1))
ALL = (NHN, AWS, THIRD)


@pytest.mark.parametrize(("listed", "has_data", "foreign", "action", "remove"), [
    (ALL, True, False, "none", ()),
    (ALL, False, False, "join", ("1",)),                    # its old self leaves first: it must not vote again
    ((AWS, THIRD), False, False, "join", ()),               # that had been done, and the run was interrupted
    ((AWS, THIRD), True, True, "replace", ()),              # the record was restored without it
    (ALL, True, True, "replace", ("1",)),
    ((Listed("9", "", ("https://nhn:2380",)), AWS, THIRD), False, False, "join", ("9",)),       # added, and never started
])
def test_what_is_done(listed: tuple[Listed, ...], has_data: bool, foreign: bool, action: str, remove: tuple[str, ...]) -> None:
    step = plan(listed, "nhn", "https://nhn:2380", has_data=has_data, foreign=foreign)
    assert (step.action, step.remove) == (action, remove) and step.because


def test_a_new_address_is_told_to_the_others_and_keeps_its_data() -> None:
    step = plan(ALL, "nhn", "https://elsewhere:2380", has_data=True, foreign=False)
    assert (step.action, step.moved, step.remove) == ("move", "1", ())


def test_a_rebuilt_host_at_a_new_address_replaces_the_old_member_of_its_name() -> None:
    assert plan(ALL, "nhn", "https://elsewhere:2380", has_data=False, foreign=False).remove == ("1",)


def test_nobody_elses_member_is_ever_removed() -> None:
    for name, url in (("nhn", "https://nhn:2380"), ("third", "https://third:2380"), ("fourth", "https://fourth:2380")):
        assert set(plan(ALL, name, url, has_data=False, foreign=False).remove) <= {listed.id for listed in ALL if listed.name == name}


def test_a_new_member_is_told_of_itself_by_its_own_name() -> None:
    told = initial_cluster((AWS, Listed("9", "", ("https://nhn:2380",)), THIRD), "nhn", "https://nhn:2380")
    assert told == "aws=https://aws:2380,nhn=https://nhn:2380,third=https://third:2380"


@pytest.mark.parametrize(("listed", "has_data", "remove"), [(ALL, False, ("1",)), (ALL, True, ("1",)), ((AWS, THIRD), False, ())])
def test_what_is_left_of_damaged_data_is_moved_aside(listed: tuple[Listed, ...], has_data: bool, remove: tuple[str, ...]) -> None:
    """A new member that found the old pages would go on from a record that is none."""
    step = plan(listed, "nhn", "https://nhn:2380", has_data=has_data, foreign=False, damaged="its log is gone")
    assert (step.action, step.remove) == ("replace", remove) and "its log is gone" in step.because


def whole(member: Path) -> None:
    (member / "wal").mkdir(parents=True)
    (member / "snap").mkdir()
    (member / "wal" / "0000000000000000-0000000000000000.wal").write_bytes(b"log")
    (member / "snap" / "db").write_bytes(b"pages")


def without(name: str) -> Callable[[Path], None]:
    def left(member: Path) -> None:
        whole(member)
        (member / name).unlink()
    return left


def emptied(name: str) -> Callable[[Path], None]:
    def left(member: Path) -> None:
        whole(member)
        (member / name).write_bytes(b"")
    return left


LOG = "wal/0000000000000000-0000000000000000.wal"


@pytest.mark.parametrize(("left", "state", "why"), [
    (lambda member: None, "none", "there is nothing"), (lambda member: member.mkdir(parents=True), "none", "there is nothing"),
    (lambda member: (member.parent / "lost+found").mkdir(parents=True), "none", "there is nothing"), (whole, "whole", ""),
    (without(LOG), "part", "its log is gone"), (emptied(LOG), "part", "its log is gone"),
    (without("snap/db"), "part", "snap/db is gone"), (emptied("snap/db"), "part", "snap/db is gone"),
    (lambda member: (member / "snap").mkdir(parents=True), "part", "its log is gone")])
def test_what_is_left_on_a_disk(tmp_path: Path, left: Callable[[Path], None], state: str, why: str) -> None:
    left(tmp_path / "data" / "member")
    found = disk.look(tmp_path / "data")
    assert found.state == state and why in found.why


def test_a_disk_that_cannot_be_looked_at_is_none_without_data(tmp_path: Path) -> None:
    (tmp_path / "member").write_text("no directory", encoding="ascii")
    with pytest.raises(OSError, match="Not a directory"):
        disk.look(tmp_path)
