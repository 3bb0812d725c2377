# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every fragment of the changelog can be read: lists of sentences under sections that changelogs/config.yaml names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

CHANGELOGS = Path(__file__).resolve().parents[2] / "changelogs"
CONFIG = yaml.safe_load((CHANGELOGS / "config.yaml").read_text(encoding="utf-8"))
SECTIONS = {name for name, _title in CONFIG["sections"]}


@pytest.mark.parametrize("path", sorted((CHANGELOGS / "fragments").iterdir()), ids=lambda path: path.name)
def test_a_fragment_can_be_read(path: Path) -> None:
    """A colon makes a table of a sentence, or of the whole file nothing at all."""
    assert path.suffix in (".yml", ".yaml")
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told.pop(CONFIG["prelude_section_name"], None)
    assert set(told) <= SECTIONS
    assert all(isinstance(said, str) for section in told.values() for said in section)
