# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reference is what modules and roles say of themselves now: who changes that and not this is told to run `make docs`."""

from __future__ import annotations

import pytest

from extensions.reference.pages import ROOT, WHERE, Unsound, leaves, made, said

PAGES = made()


def test_what_lies_there_is_what_would_be_made() -> None:
    there = {str(path.relative_to(WHERE)): path.read_text(encoding="utf-8") for path in WHERE.rglob("*") if path.is_file()}
    stale = sorted(name for name in {*there, *PAGES} if there.get(name) != PAGES.get(name))
    assert stale == [], "run `make docs`"


def test_everybody_has_a_page() -> None:
    roles = {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert {f"roles/{name}.md" for name in roles} | {f"modules/{name}.md" for name in modules} <= set(PAGES)


def test_an_option_that_was_cut_at_a_comma_is_noticed() -> None:
    """In YAML's braces a comma ends a text that is not quoted, and the rest becomes a key."""
    with pytest.raises(Unsound, match="rows: by id"):
        list(leaves({"rows": {"description": "Which of its rows", "by id.": None, "type": "list"}}, "suboptions"))


@pytest.mark.parametrize(("text", "shown"), [
    ("O(state=absent) goes, C(dr) stays", "`state=absent` goes, `dr` stays"),
    ("see M(multicloud.dr.nhn_vpc)", "see [`nhn_vpc`](../modules/nhn_vpc.md)"),
    ("M(amazon.aws.s3_bucket)", "`amazon.aws.s3_bucket`"), ("RV(resource) and V(a\\)b)", "`resource` and `a)b`"), ("I(so) B(or)", "*so* **or**"),
    (["One.", "Two."], "One. Two."), ("L(here, https://example.com)", "[here](https://example.com)"), ("O(a.b) (really)", "`a.b` (really)"),
])
def test_markup_becomes_markdown(text: str | list[str], shown: str) -> None:
    assert said(text, "../") == shown


def test_no_markup_is_left() -> None:
    left = {name: line for name, text in PAGES.items() for line in text.split("\n## Examples")[0].splitlines() if "(" in line
            for mark in (" O(", " V(", " M(", " C(", " RV(", " I(", " E(") if mark in line}
    assert left == {}
