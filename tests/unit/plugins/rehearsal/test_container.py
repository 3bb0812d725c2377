# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The container, by a podman that only writes down what it was asked: nothing secret is on a command line or left on the disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.container import Podman


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Answers with what lies in `answer`, ends with what lies in `code`, and keeps the file with the environment as it was."""
    program = tmp_path / "podman"
    program.write_text(f"""#!/bin/sh
echo "$@" >> {tmp_path}/asked
for word in "$@"; do [ "$last" = --env-file ] && cp -p "$word" {tmp_path}/environment; last=$word; done
cat {tmp_path}/answer
code=$(cat {tmp_path}/code)
[ "$code" = 0 ] || echo "Error: no such image" >&2
exit "$code"
""")
    program.chmod(0o755)
    (tmp_path / "answer").write_text("")
    (tmp_path / "code").write_text("0")
    return program


def test_what_the_application_is_told_is_in_a_file_for_root_alone_and_only_as_long_as_that_is_read(engine: Path, tmp_path: Path) -> None:
    Podman("rehearsed", str(engine)).run("tickets:1", ["serve", "--port", "1"], {"B": "CANARY-5", "A": "1"}, tmp_path / "kept", 512)
    asked = (tmp_path / "asked").read_text()
    assert "CANARY" not in asked and "--memory 512m" in asked and asked.rstrip().endswith("tickets:1 serve --port 1")
    assert (tmp_path / "environment").read_text() == "A=1\nB=CANARY-5\n" and not (tmp_path / "kept").exists()
    assert stat.S_IMODE((tmp_path / "environment").stat().st_mode) == 0o600


def test_a_pass_is_handed_over_where_no_list_of_processes_shows_it(engine: Path, tmp_path: Path) -> None:
    engine.write_text(engine.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n[ $1 != login ] || cat > {tmp_path}/heard\n"))
    Podman("rehearsed", str(engine)).login("1.dkr.ecr.ap-northeast-2.amazonaws.com", "AWS", "CANARY-6")
    assert (tmp_path / "asked").read_text() == "login --username AWS --password-stdin 1.dkr.ecr.ap-northeast-2.amazonaws.com\n"
    assert (tmp_path / "heard").read_text() == "CANARY-6"


def test_it_is_removed_where_it_is_and_where_it_is_not_there_is_nothing_to_do(engine: Path, tmp_path: Path) -> None:
    podman = Podman("rehearsed", str(engine))
    (tmp_path / "answer").write_text("rehearsed-other\nother\n")
    assert not podman.there() and not podman.remove(), "another's name that begins like it is another's"
    (tmp_path / "answer").write_text("other\nrehearsed\n")
    assert podman.there() and podman.remove() and "rm --force rehearsed" in (tmp_path / "asked").read_text()


def test_what_podman_refuses_is_told_in_its_words_and_no_file_stays(engine: Path, tmp_path: Path) -> None:
    (tmp_path / "code").write_text("125")
    podman = Podman("rehearsed", str(engine))
    with pytest.raises(Fault, match=r'podman answered 125: "Error: no such image"'):
        podman.pull("nowhere:1")
    with pytest.raises(Fault, match="start the application"):
        podman.run("nowhere:1", [], {"A": "1"}, tmp_path / "kept", 1)
    assert not (tmp_path / "kept").exists() and podman.logs() == ""
    with pytest.raises(Fault, match="See that podman is installed"):
        Podman("rehearsed", str(tmp_path / "none")).there()
