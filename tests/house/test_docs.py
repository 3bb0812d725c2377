# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents: whoever begins at the README finds each of them, every link leads somewhere, and what is named by its name is there."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
                         text=True).stdout.splitlines()
PAGES = sorted(name for name in TRACKED if name.endswith(".md") and (name.startswith(("README", "docs/")) or name.endswith("/README.md")))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
TOP = ("app", "bench", "collections", "docs", "extensions", "inventories", "lab", "meta", "molecule", "playbooks", "plugins", "roles", "tests")
BASES = ("", "inventories/production/")         # group_vars/... is told as whoever fills in an inventory sees it
PATH = re.compile(rf"(?:{'|'.join((*TOP, 'group_vars', 'host_vars'))})/(?:[\w.*-]+/?)*")
# Identifiers of ours: of two words at least. What others call their own things stands in FOREIGN.
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
FOREIGN = {"rds_gtid_purged", "WAIT_FOR_EXECUTED_GTID_SET"}
OTHERS = {"docs/openstack-modules.md"}        # a table of another collection's options; a test of its own holds it to what came of them


def text_of(name: str) -> str:
    """A page without its blocks of code, in which what looks like a link is none."""
    return FENCE.sub("", (ROOT / name).read_text(encoding="utf-8"))


def links(name: str) -> list[str]:
    bare = re.sub(r"`[^`\n]*`", "", text_of(name))
    return [target for target in LINK.findall(bare) if not re.match(r"[a-z]+:", target)]


@cache
def anchors(name: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    found: set[str] = set()
    for title in re.findall(r"^#+ +(.+?) *$", text_of(name), re.MULTILINE):
        plain = re.sub(r"[*`]|\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = next(count for count in range(99) if (f"{slug}-{count}" if count else slug) not in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found


def broken(name: str, target: str) -> str | None:
    """What is wrong with a link of a page, in words."""
    path, _, anchor = target.partition("#")
    to = ((ROOT / name).parent / path).resolve() if path else ROOT / name
    if not to.is_relative_to(ROOT) or not to.exists():
        return f"{target}: is not there"
    if anchor and (to.suffix != ".md" or anchor not in anchors(str(to.relative_to(ROOT)))):
        return f"{target}: has no such heading"
    return None


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    assert [said for target in links(name) if (said := broken(name, target))] == []


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    assert broken("README.md", "docs/no-such-page.md") and broken("README.md", "docs/limits.md#no-such-heading") and broken("README.md", "../../etc")
    assert broken("README.md", "docs/limits.md#not-there-yet") is None
    assert broken("docs/faq.md", "#questions") is None


def test_whoever_begins_at_the_readme_finds_every_page() -> None:
    found, ahead = set(), ["README.md"]
    while ahead:
        name = ahead.pop()
        if name in found or not name.endswith(".md"):
            continue
        found.add(name)
        for target in links(name):
            to = ((ROOT / name).parent / target.partition("#")[0]).resolve()
            if to.is_file() and to.is_relative_to(ROOT):
                ahead.append(str(to.relative_to(ROOT)))
    assert {name for name in PAGES if not name.startswith("README")} - found == set()


@cache
def words() -> frozenset[str]:
    """Every word of everything that is no document."""
    sources = [name for name in TRACKED if not name.endswith((".md", ".svg", ".png", ".ico")) and not name.startswith(("docs/", "changelogs/"))
               and name != "tests/house/test_docs.py" and (ROOT / name).is_file() and not (ROOT / name).is_symlink()]
    return frozenset(word for name in sources for word in re.findall(r"\w+", (ROOT / name).read_text(encoding="utf-8", errors="replace")))


def codes(name: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text_of(name))


def missing(code: str) -> str | None:
    """What a piece of code in a sentence names that is not there."""
    if PATH.fullmatch(code):
        return None if any(list(ROOT.glob(base + code.rstrip("/"))) for base in BASES) else f"{code}: no such file"
    if NAME.fullmatch(code.partition(": ")[0]) and (named := code.partition(": ")[0]) not in FOREIGN and named not in words():
        return f"{code}: nothing is called so"
    return None


@pytest.mark.parametrize("name", [name for name in PAGES if name not in OTHERS])
def test_files_variables_and_verdicts_that_are_named_are_there(name: str) -> None:
    assert [said for code in codes(name) if (said := missing(code))] == []


def test_what_is_named_and_not_there_is_noticed() -> None:
    assert missing("roles/no_such_role") and missing("site_agent_no_such_thing") and missing("NO_SUCH_VERDICT: true")
    assert missing("host_vars/nhn/app.yml") is None and missing("dr_mode: managed") is None and missing("roles/quorum/") is None


def test_every_tag_is_in_the_readme() -> None:
    tags = yaml.safe_load((ROOT / "inventories/lab/group_vars/all/names.yml").read_text(encoding="utf-8"))["topology_tags"]
    part = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Components\n")[1].split("\n## ")[0]
    assert set(tags) <= set(re.findall(r"`(?:--tags )?(\w+)`", part))
