# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both READMEs say the same: chapters in one order, the same commands, links and names, each in its own language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.two_languages import FENCE, commands, names

ROOT = Path(__file__).parents[2]
ENGLISH, KOREAN = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md"))
CHAPTERS = {
    "Two commands": "명령 두 개", "Ten minutes": "10분 둘러보기", "The real pair": "실제 두 클라우드", "How it holds": "어떻게 지키는가",
    "Documents": "문서", "Components": "구성 요소", "Tests": "테스트", "Licence": "라이선스"}


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", text)


def test_chapters_are_the_same_in_the_same_order() -> None:
    assert headings(KOREAN) == ["multicloud.dr", *CHAPTERS.values()] and headings(ENGLISH) == ["multicloud.dr", *CHAPTERS]


def test_commands_are_the_same_in_the_same_order() -> None:
    assert commands(KOREAN) == commands(ENGLISH) and len(commands(ENGLISH)) > 25


def test_links_lead_to_the_same_pages_in_each_chapter() -> None:
    assert [sorted(links(part)) for part in KOREAN.split("\n## ")[1:]] == [sorted(links(part)) for part in ENGLISH.split("\n## ")[1:]]
    assert "(README.ko.md)" in ENGLISH and "(README.md)" in KOREAN


def test_the_same_things_are_named() -> None:
    assert names(KOREAN) == names(ENGLISH)


@pytest.mark.parametrize("part", KOREAN.split("\n## ")[1:-1], ids=lambda part: part.splitlines()[0])
def test_every_comment_and_sentence_is_korean(part: str) -> None:
    hangul = re.compile(r"[가-힣]")
    for line in part.splitlines()[1:]:
        comment = re.split(r"\s#\s", line)[1:]
        assert all(hangul.search(each) for each in comment), line
    assert hangul.search(FENCE.sub("", part))


def test_a_readme_that_lags_behind_is_noticed() -> None:
    assert commands(KOREAN.replace("make demo\n```", "make demos\n```")) != commands(ENGLISH)
    assert names(KOREAN.replace("`make down`", "make down")) != names(ENGLISH)
