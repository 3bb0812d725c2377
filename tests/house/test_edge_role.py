# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What role site_edge hands to machines that nobody logs in to, beside what it does on a host."""

from __future__ import annotations

from pathlib import Path

import yaml

ROLE = Path(__file__).parents[2] / "roles" / "site_edge"


def test_a_machine_that_is_handed_its_files_has_no_page_of_an_agent() -> None:
    """Its edge would not start without a certificate that nobody gives it, whatever the host beside has in its inventory."""
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    console = {name for name in specs["main"]["options"] if "_console_" in name}
    assert console and not console & set(specs["describe"]["options"])
    assert set(specs["main"]["options"]) - console == set(specs["describe"]["options"])
    (told,) = yaml.safe_load((ROLE / "tasks" / "describe.yml").read_text(encoding="utf-8"))
    assert told["vars"] == {"site_edge_console_certificate": ""}


def test_what_its_service_notes_is_said_once() -> None:
    text = (ROLE / "templates" / "service.conf.j2").read_text(encoding="utf-8")
    assert text.count("sha256sum") == 1 and "ExecStartPre={{ note }}" in text and "ExecReload={{ note }}" in text
