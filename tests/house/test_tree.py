# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tree: no machine's paths, no secrets, headers on every file, borders kept between the collection and its lab."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True,
).stdout.splitlines()
TEXT = [name for name in TRACKED if (ROOT / name).is_file() and not (ROOT / name).is_symlink() and not name.endswith((".png", ".jpg", ".ico"))]
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|home/\w+|root|farm|Users)/[\w.]")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b")


def lines(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for name in TEXT:
        if name == "tests/house/test_tree.py":
            continue
        for number, line in enumerate((ROOT / name).read_text(errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    return found


def test_no_path_of_a_machine():
    assert lines(MACHINE_PATH) == []


def test_no_key_in_clear():
    assert lines(SECRET) == []


@pytest.mark.parametrize("name", [name for name in TEXT if name.endswith(".py")])
def test_python_files_say_whose_they_are_and_what_they_are_for(name):
    text = (ROOT / name).read_text()
    if text.strip():
        assert "GNU General Public License v3.0+" in text[:400], "no licence line"
        assert '"""' in text[:900], "no docstring at the top"


def test_the_collection_knows_nothing_of_its_lab():
    for name in TEXT:
        if name.startswith(("plugins/", "roles/", "playbooks/", "site.yml")):
            text = (ROOT / name).read_text()
            assert not re.search(r"\b(from|import) lab\b", text), name
            assert not re.search(r"^\s*when:.*\blab\b", text, re.MULTILINE), f"{name} branches on the lab"


def test_app_and_collection_do_not_know_each_other():
    for name in TEXT:
        text = (ROOT / name).read_text(errors="replace") if name.endswith(".py") else ""
        if name.startswith("app/"):
            assert "ansible" not in re.sub(r"nothing of Ansible", "", text), name
        if name.startswith("plugins/"):
            assert not re.search(r"\b(from|import) ticketing\b", text), name


def test_yaml_files_parse_and_nothing_hides_failures():
    for name in TEXT:
        if name.startswith(("playbooks/", "roles/", "inventories/")) and name.endswith((".yml", ".yaml")):
            text = (ROOT / name).read_text()
            assert list(yaml.safe_load_all(text)), name
            assert "ignore_errors" not in text, name
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(r"failed_when:\s*(false|no)\b", line):
                    assert "#" in line, f"{name}:{number}: failed_when false without its reason beside it"


MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_modules_are_documented(path):
    space: dict[str, str] = {}
    for match in re.finditer(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r?"""(.*?)"""', path.read_text(), re.MULTILINE | re.DOTALL):
        space[match[1]] = match[2]
    documentation = yaml.safe_load(space["DOCUMENTATION"])
    assert documentation["module"] == path.stem
    assert documentation["short_description"] and documentation["version_added"]
    assert f"multicloud.dr.{path.stem}" in space["EXAMPLES"] and yaml.safe_load(space["EXAMPLES"])
    assert yaml.safe_load(space["RETURN"])
