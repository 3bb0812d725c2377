# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images: tags that change exactly when a recipe does, and pip settings carried into a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import images
from lab.images import IMAGES, Image, ImageMissing
from lab.images.pip import pip_flags, pip_settings
from lab.world import APT_PORT, MACHINE


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/Containerfile").write_text("FROM x\n")
    (tmp_path / "app/run").write_text("#!/bin/sh\n")
    monkeypatch.setattr(images, "IMAGES", {"base": Image("base", None, tmp_path), "app": Image("app", None, tmp_path / "app"),
                                           "onto": Image("onto", "app", tmp_path / "app")})
    return tmp_path / "app"


def test_a_tag_is_stable_and_names_the_image(recipe: Path) -> None:
    assert images.reference("app") == images.reference("app")
    assert images.reference("app").startswith("localhost/multicloud-dr/app:")
    assert images.reference("app").rpartition(":")[2] != images.reference("onto").rpartition(":")[2]


@pytest.mark.parametrize("name", ["app", "onto"])
def test_a_tag_follows_the_recipe_and_its_base(recipe: Path, name: str) -> None:
    before = images.reference(name)
    (recipe / "run").write_text("#!/bin/sh\nexit 1\n")
    changed = images.reference(name)
    (recipe / "run").chmod(0o755)
    assert len({before, changed, images.reference(name)}) == 3


def test_a_tag_ignores_what_tools_leave_behind(recipe: Path) -> None:
    before = images.reference("app")
    (recipe / "__pycache__").mkdir()
    (recipe / "__pycache__/x.pyc").write_text("x")
    assert images.reference("app") == before


def test_an_application_without_containerfile_is_not_available(recipe: Path) -> None:
    assert "onto" in images.available()
    (recipe / "Containerfile").unlink()
    assert "onto" not in images.available()


def test_bases_come_first() -> None:
    names = list(IMAGES)
    assert all(image.base is None or names.index(image.base) < names.index(name) for name, image in IMAGES.items())


def test_current_says_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "CHOSEN", tmp_path / "images.json")
    with pytest.raises(ImageMissing, match=r"`\.venv/bin/python -m lab up` builds them"):
        images.current("host")
    (tmp_path / "images.json").write_text('{"host": "localhost/multicloud-dr/host:1"}')
    assert images.current("host") == "localhost/multicloud-dr/host:1"


def test_hosts_are_told_the_address_of_the_package_cache() -> None:
    told = (images.RECIPES / "host/root/etc/apt/apt.conf.d/91lab-proxy").read_text()
    assert f'"http://{MACHINE}:{APT_PORT}"' in told


def test_pips_settings_are_merged_as_pip_merges_them(tmp_path: Path) -> None:
    (tmp_path / "machine.conf").write_text("[global]\nindex-url = https://one.test/simple\ncert = /from/file\n")
    (tmp_path / "user.conf").write_text("[global]\nindex-url = https://two.test/simple\nfind_links =\n  /a\n  /b\n")
    environment = {"PIP_CERT": "/from/variable", "SSL_CERT_FILE": "/x", "HOME": "/root"}
    settings = pip_settings(environment, [tmp_path / "machine.conf", tmp_path / "user.conf"])
    assert settings == {"cert": "/from/variable", "index-url": "https://two.test/simple", "find-links": "/a /b"}


def test_a_build_sees_the_folders_the_settings_name_and_nothing_stays_in_the_image(tmp_path: Path) -> None:
    for name in ("wheels", "pypi/simple"):
        (tmp_path / name).mkdir(parents=True)
    environment = {"PIP_FIND_LINKS": f"{tmp_path}/wheels /not/there", "PIP_EXTRA_INDEX_URL": f"file://{tmp_path}/pypi/simple"}
    flags = pip_flags(environment, tmp_path / "pip.conf", configs=())
    assert flags == [f"--volume={tmp_path}/pip.conf:/etc/pip.conf:ro", f"--volume={tmp_path}/pypi:{tmp_path}/pypi:ro",
                     f"--volume={tmp_path}/wheels:{tmp_path}/wheels:ro"]
    assert "find-links = " in (tmp_path / "pip.conf").read_text()
