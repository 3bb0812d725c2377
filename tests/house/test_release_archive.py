# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others install: the same bytes from the same files, nothing in it that does not belong, and one word on versions in all that names them."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from extensions.release import __main__ as dry_run
from extensions.release import archive, sanity, tree

ROOT = tree.ROOT
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))


def made(path: Path, names: list[str], when: int) -> Path:
    """An archive as ansible-galaxy leaves it: in the order of names, stamped with when."""
    listed = json.dumps({"files": [{"name": name} for name in names if not name.endswith(".json")], "format": 1}).encode()
    manifest = json.dumps({"file_manifest_file": {"chksum_sha256": hashlib.sha256(listed).hexdigest()}}).encode()
    with tarfile.open(path, "w:gz") as out:
        for name in names:
            held = {"FILES.json": listed, "MANIFEST.json": manifest}.get(name, name.encode())
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(held), when, f"user{when}"
            out.addfile(member, io.BytesIO(held))
    return path


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    names = ["FILES.json", "README.md", "roles/a/tasks/main.yml", "MANIFEST.json", "plugins/modules/a.py"]
    one, other = made(tmp_path / "one.tar.gz", names, 100), made(tmp_path / "other.tar.gz", names[::-1], 200)
    assert one.read_bytes() != other.read_bytes()
    for each in (one, other):
        archive.pack(each, 1_700_000_000)
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as packed:
        listed, manifest = (packed.extractfile(name) for name in ("FILES.json", "MANIFEST.json"))
        assert listed and manifest
        assert json.load(manifest)["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(listed.read()).hexdigest()
        assert {(member.mtime, member.uname, member.mode) for member in packed.getmembers()} == {(1_700_000_000, "", 0o644)}


def test_what_does_not_belong_is_named(tmp_path: Path) -> None:
    names = ["README.md", "lab/x.py", ".venv/a", "inventories/lab/hosts.yml", "inventories/production/hosts.yml", "tests/unit/a.py",
             "tests/config.yml",
             "plugins/__pycache__/a.pyc", "FILES.json", "MANIFEST.json"]
    found = archive.strangers(made(tmp_path / "a.tar.gz", names, 1))
    assert found == [".venv/a", "inventories/lab/hosts.yml", "lab/x.py", "plugins/__pycache__/a.pyc", "tests/unit/a.py"]


def test_a_time_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert dry_run.main() == 1
    assert "No release: SOURCE_DATE_EPOCH is 'yesterday'" in capsys.readouterr().err


def test_what_ansible_galaxy_says_against_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(into: Path, root: Path) -> Path:
        raise subprocess.CalledProcessError(2, ["ansible-galaxy", "collection", "build"], b"", b"galaxy.yml has no name")

    monkeypatch.setattr(dry_run, "build", build)
    with pytest.raises(dry_run.Stopped, match=r"(?s)ansible-galaxy collection build ended with 2:.*galaxy.yml has no name"):
        dry_run.built(tmp_path, tmp_path, 1)


def test_ansible_test_passes_over_nothing() -> None:
    names = tree.files()
    assert [name for name in names if name.startswith("tests/sanity/")] == [] and "tests/config.yml" in names
    assert not {name for name in names if name.endswith((".ps1", ".psm1", ".sh"))}, f"then these tests have something to read: {list(sanity.NOT_RUN)}"
    assert not set(sanity.NOT_RUN) & set(sanity.TESTS)


def test_those_who_have_ansible_core_alone_get_the_collections_that_were_tried() -> None:
    named = {each["name"]: str(each["version"]) for each in
             yaml.safe_load((ROOT / "collections" / "requirements.yml").read_text(encoding="utf-8"))["collections"]}
    assert set(named) == set(GALAXY["dependencies"])
    for name, version in named.items():
        told = json.loads((tree.installed(*name.split(".")) / "MANIFEST.json").read_text(encoding="utf-8"))
        assert told["collection_info"]["version"] == version, name
        assert GALAXY["dependencies"][name].startswith(f">={version.rpartition('.')[0]}."), name


def test_every_collection_that_is_used_is_depended_on() -> None:
    """`ansible` brings them all, so nobody here would notice; whoever installs this one would."""
    used = {".".join(word.split(".")[:2]) for path in [*ROOT.glob("roles/**/*.yml"), *ROOT.glob("playbooks/*.yml")]
            for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
            for word in line.replace(":", " ").replace("'", " ").split() if (word.count(".") == 2
            and word.split(".")[0] in ("amazon", "community", "kubernetes", "containers", "openstack")) or word.startswith("ansible.posix.")}
    assert used and used <= set(GALAXY["dependencies"])


def test_an_execution_environment_is_of_this_version() -> None:
    told = (ROOT / "execution-environment.yml").read_text(encoding="utf-8")
    name = f"{GALAXY['namespace']}-{GALAXY['name']}-{GALAXY['version']}.tar.gz"
    assert told.count(".tar.gz") == told.count(name) > 0
    for path in yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))["dependencies"].values():
        assert (ROOT / path).is_file(), path
