# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plugins of a Jenkins: read from archives, compared with what is pinned, and replaced whole or not at all."""

from __future__ import annotations

import getpass
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.jenkins import plugins
from ansible_collections.multicloud.dr.plugins.module_utils.jenkins.plugins import Plugin
from ansible_collections.multicloud.dr.plugins.modules import jenkins_plugins

# What stands in for the plugin manager: makes an archive of each line of a file, as it would be fetched.
FETCHER = """
import sys, zipfile, pathlib
folder = pathlib.Path(sys.argv[sys.argv.index("--plugin-download-directory") + 1])
folder.mkdir()
for line in pathlib.Path(sys.argv[1]).read_text().split():
    name, version, needs = (line + ":").split(":")[:3]
    with zipfile.ZipFile(folder / f"{name}.jpi", "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\\r\\nPlugin-Version: {version}\\r\\n"
                         + (f"Plugin-Dependencies: {needs}:1.0\\r\\n" if needs else ""))
if "gone" in pathlib.Path(sys.argv[1]).read_text():
    print("Unable to resolve plugin URL https://updates.example.com/gone.hpi")
    sys.exit(1)
"""


def archive(folder: Path, name: str, version: str, needs: str = "", ends: str = ".jpi") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}{ends}"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\nShort-Name: {name}\r\nPlugin-Version: {version}\r\n"
                      + (f"Plugin-Dependencies: {needs}\r\n" if needs else "") + "\r\nName: another section\r\nPlugin-Version: 9\r\n")
    return path


def test_an_archive_says_what_it_is_and_what_it_needs(tmp_path: Path) -> None:
    archive(tmp_path, "git", "5.10.1", "scm-api:7,credentials:1;resolution:=optional,\r\n  git-client:6.6.1".replace(",\r\n  ", ",\r\n "))
    archive(tmp_path, "old", "1.0 (private)", ends=".hpi")
    (tmp_path / "cut.jpi").write_bytes((tmp_path / "git.jpi").read_bytes()[:60])
    (tmp_path / "git").mkdir()
    (tmp_path / "git.bak").write_text("of before")
    assert plugins.there(tmp_path) == {"git": Plugin("5.10.1", ("scm-api", "git-client")), "old": Plugin("1.0"), "cut": None}
    assert plugins.there(tmp_path / "nowhere") == {}


def test_what_differs_is_told_with_both_versions() -> None:
    have = {"a": Plugin("1", ("b",)), "b": Plugin("2", ("c",)), "c": None, "stray": Plugin("3"), "cut": None}
    assert plugins.drift(have, {"a": "1", "new": "4", "cut": "5"}) == [
        "new is not there, wanted 4", "cut cannot be read", "c cannot be read", "stray is there, and nobody asked for it"]
    assert plugins.drift({"a": Plugin("1", ("b",))}, {"a": "2"}) == ["a is 1, wanted 2", "b is not there, and needed"]
    assert plugins.drift({"a": Plugin("1", ("b",)), "b": Plugin("7")}, {"a": "1"}) == []


def test_the_new_take_the_place_of_the_old_and_those_nobody_wants_are_gone(tmp_path: Path) -> None:
    folder, new, me = tmp_path / "plugins", tmp_path / "new", (os.getuid(), os.getgid())
    archive(folder, "git", "5.0", ends=".hpi")
    archive(folder, "stray", "1")
    (folder / "stray").mkdir()
    archive(new, "git", "5.10.1")
    plugins.put(new, folder, me)
    assert sorted(path.name for path in folder.iterdir()) == ["git.jpi"]
    assert plugins.there(folder) == {"git": Plugin("5.10.1")} and (folder / "git.jpi").stat().st_mode & 0o777 == 0o644


class Ended(Exception):
    """Carries what the module says out of main()."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The module, with what its program is to fetch and what is pinned."""
    (tmp_path / "fetcher.py").write_text(FETCHER)

    def call(lists: str, pinned: list[str], check: bool = False, **more: Any) -> dict[str, Any]:
        (tmp_path / "list").write_text(lists)

        class Module:
            check_mode = check

            def __init__(self, argument_spec: dict[str, Any], supports_check_mode: bool) -> None:
                self.params = {"folder": str(tmp_path / "home" / "plugins"), "pinned": pinned, "owner": getpass.getuser(), "environment": {},
                               "seconds": 60, "fetch": [sys.executable, str(tmp_path / "fetcher.py"), str(tmp_path / "list")], **more}
                assert set(self.params) == set(argument_spec) and supports_check_mode

            def exit_json(self, **told: Any) -> None:
                raise Ended(told)

            def fail_json(self, **told: Any) -> None:
                raise Ended({"failed": True, **told})

        monkeypatch.setattr(jenkins_plugins, "AnsibleModule", Module)
        with pytest.raises(Ended) as ended:
            jenkins_plugins.main()
        told: dict[str, Any] = ended.value.args[0]
        return told
    return call


def test_it_fetches_once_and_finds_all_well_the_second_time(tmp_path: Path, run: Callable[..., dict[str, Any]]) -> None:
    pinned = ["git:5.10.1", "matrix-auth:3.3"]
    looked = run("", pinned, check=True)
    assert looked["changed"] and looked["diff"]["after"] == {"git": "5.10.1", "matrix-auth": "3.3"} and not (tmp_path / "home").exists()
    first = run("git:5.10.1:scm-api matrix-auth:3.3 scm-api:728", pinned)
    assert first["changed"] and first["unpinned"] == ["scm-api:728"], first
    second = run("gone", pinned)
    assert second["changed"] is False and second["differs"] == []
    less = run("git:5.10.1:scm-api scm-api:728", ["git:5.10.1"])
    assert less["changed"] and less["differs"] == ["matrix-auth is there, and nobody asked for it"]
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["plugins"], "nothing is left beside it"


@pytest.mark.parametrize(("lists", "words"), [
    ("git:5.10.1 gone:1", "Unable to resolve plugin URL"), ("git:5.9", "git is 5.9, wanted 5.10.1"), ("matrix-auth:3.3", "git is not there"),
    ("git:5.10.1:scm-api", "scm-api is not there, and needed"), ("git:5.10.1 more:1", "more is there, and nobody asked for it")])
def test_what_could_not_be_fetched_leaves_the_ones_before(
    tmp_path: Path, run: Callable[..., dict[str, Any]], lists: str, words: str,
) -> None:
    assert run("git:5.0", ["git:5.0"])["changed"]
    told = run(lists, ["git:5.10.1"])
    assert told["failed"] and words in told["msg"] and "are as they were" in told["msg"], told
    assert plugins.there(tmp_path / "home" / "plugins") == {"git": Plugin("5.0")}


def test_a_program_that_hangs_is_given_up(run: Callable[..., dict[str, Any]]) -> None:
    told = run("git:5.10.1", ["git:5.10.1"], fetch=["sh", "-c", "exec sleep 60"], seconds=1)
    assert told["failed"] and "within 1 s" in told["msg"] and "are as they were" in told["msg"]
