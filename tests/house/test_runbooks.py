# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every playbook has a runbook of one shape; a part of a build stands in that of site.yml, which is the door to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.house.two_languages import commands, names

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "runbooks" / "playbooks"
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
IMPORT = "ansible.builtin.import_playbook"
CHAPTERS = ["Before", "Run", "What you see", "If it stops here"]


def imported(path: Path) -> set[str]:
    return {Path(play[IMPORT]).stem for play in yaml.safe_load(path.read_text(encoding="utf-8")) if IMPORT in play}


SITE = list(dict.fromkeys(Path(play[IMPORT]).stem for play in yaml.safe_load((ROOT / "site.yml").read_text(encoding="utf-8"))))
ALONE = {"observe"}         # a part that looks for itself, and can be run
PARTS = (set(SITE) | {name for each in PLAYBOOKS for name in imported(ROOT / "playbooks" / f"{each}.yml")}) - ALONE
RUN = sorted(PLAYBOOKS - PARTS | {"site"})


def runbook(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def test_there_is_one_for_each_playbook_that_people_run_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == RUN
    assert len(RUN) >= 18 and "fail_over" in RUN and "guard" not in RUN


@pytest.mark.parametrize("name", RUN)
def test_it_has_the_four_chapters_and_something_in_each(name: str) -> None:
    text = runbook(name)
    assert text.startswith(f"# {name}.yml: ")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles == CHAPTERS
    assert all(part.strip() for part in re.split(r"^## .+$", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", RUN)
def test_what_it_says_to_run_is_that_playbook(name: str) -> None:
    run = runbook(name).split("\n## Run\n")[1].split("\n## ")[0]
    path = "site.yml" if name == "site" else f"playbooks/{name}.yml"
    told = re.findall(r"^ansible-playbook (?:-i \S+ )?(\S+\.yml)", run, re.MULTILINE)
    assert path in told and set(told) <= {path, "site.yml"}


def test_the_parts_of_a_build_are_told_in_order() -> None:
    told = re.findall(r"^\| `(\w+)` \|", runbook("site").split("\n## What you see\n")[1].split("\n## ")[0], re.MULTILINE)
    rest = [name for name in told if name in SITE]
    assert set(told) >= PARTS - {"keep_record"} and "`keep_record`" in runbook("site")
    assert rest == [name for name in SITE if name in rest] and set(rest) == set(SITE)


def test_the_index_names_every_runbook() -> None:
    index = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w/-]+\.md)\)", index))
    assert linked == {str(path.relative_to(FOLDER.parent)) for path in FOLDER.parent.rglob("*.md")} - {"README.md"}


KOREAN = ROOT / "docs" / "ko" / "runbooks"
IN_KOREAN = dict(zip(CHAPTERS, ["실행 전", "실행", "보이는 것", "여기서 멈추면"], strict=True))


@pytest.mark.parametrize("name", RUN)
def test_it_is_there_in_korean_with_the_same_commands_and_names(name: str) -> None:
    english, korean = runbook(name), (KOREAN / f"{name}.md").read_text(encoding="utf-8")
    assert korean.startswith(f"# {name}.yml: ")
    assert re.findall(r"^## (.+)$", korean, re.MULTILINE) == list(IN_KOREAN.values())
    assert commands(korean) == commands(english) and names(korean) == names(english)
    assert korean.count("\n| ") == english.count("\n| "), "a row is missing"


def test_no_other_is_there_in_korean_and_the_index_names_each() -> None:
    assert sorted(path.stem for path in KOREAN.glob("*.md")) == sorted([*RUN, "README"])
    assert set(re.findall(r"\]\((\w+)\.md\)", (KOREAN / "README.md").read_text(encoding="utf-8"))) == set(RUN)


def test_a_runbook_without_a_chapter_is_noticed() -> None:
    assert re.findall(r"^## (.+)$", runbook("status").replace("## Before", "Before"), re.MULTILINE) != CHAPTERS
