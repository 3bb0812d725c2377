# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a comparison found is with the copy when its source is gone, on real servers, and says no more than was found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import compared
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.compared import Kept
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, server_uuid
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.heartbeat import lag_seconds
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import Decision, replay
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Left, new_report
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import checkpoint, seeding
from ansible_collections.multicloud.dr.plugins.module_utils.switch.probes import view_compared
from ansible_collections.multicloud.dr.plugins.modules import rds_sync
from ansible_collections.multicloud.dr.plugins.modules.rds_sync import run

from lab.world import ROOT
from tests.contract.mysql_pair import until
from tests.contract.sync_pair import SCHEMA, SEATS, Shop, shop
from tests.contract.test_sync_live import following
from tests.contract.twins import GATE
from tests.unit.plugins.mysql.sync.test_asked import GOOD

__all__ = ["shop"]
SCHEMAS, IGNORED = [SCHEMA], ["dr.gate", "dr.crossing", "dr.compared"]


@pytest.fixture
def copied(shop: Shop) -> Iterator[Shop]:
    """A source that is the writer in its first reign, and a copy that follows it and that nobody has compared."""
    shop.both(*SEATS, GATE)
    with following(shop):
        shop.on(shop.source, "INSERT INTO dr.gate VALUES (@@server_uuid, 'nhn', 1, 0, 1, 0)")
        yield shop
    shop.both("DROP TABLE dr.gate", "DROP TABLE IF EXISTS dr.compared")


def kept(server: Server) -> Kept | None:
    with server.connected() as conn:
        return compared.last(conn)


def compare(shop: Shop, *, check: bool = False, **more: Any) -> dict[str, Any]:
    return run({**GOOD, "source": vars(shop.source), "target": vars(shop.target), "schemas": SCHEMAS, "ignore": IGNORED, "keep": True, **more}, check)


def test_what_was_found_is_with_the_copy(copied: Shop) -> None:
    assert kept(copied.target) is None and "kept" not in compare(copied, check=True) and kept(copied.target) is None, "check mode keeps nothing"
    assert compare(copied)["kept"]
    found = kept(copied.target)
    assert found and found.equal and not found.outdated and found.rows_compared >= 900
    assert (found.epoch, list(found.schemas), list(found.left_out)) == (1, SCHEMAS, sorted(IGNORED))
    assert view_compared(found, [SCHEMA]).equal is True and kept(copied.source) is None, "the source is nobody's copy"
    assert view_compared(found, [SCHEMA, "sales"]).why == "was compared without the schema sales"
    less = replace(found, left_out=(*found.left_out, f"{SCHEMA}.seats"))
    assert {view_compared(less, named).why for named in ([], [SCHEMA])} == {f"was compared without {SCHEMA}.seats"}
    assert view_compared(less, ["sales"]).why == "was compared without the schema sales"

    copied.damage("UPDATE seats SET buyer = 'nobody' WHERE id IN (1, 2, 3)")
    assert compare(copied)["kept"] and kept(copied.target).differing_rows == 3 and view_compared(kept(copied.target)).equal is False
    copied.damage("UPDATE seats SET buyer = 'x' WHERE id IN (1, 2, 3)", "ALTER TABLE seats ADD COLUMN more INT")
    assert compare(copied)["kept"] and kept(copied.target).definitions and not kept(copied.target).equal
    copied.damage("ALTER TABLE seats DROP COLUMN more")
    assert compare(copied)["kept"] and kept(copied.target).equal


def test_a_server_that_has_been_the_writer_since_is_a_proven_copy_of_nobody(copied: Shop) -> None:
    assert compare(copied)["kept"]
    with copied.target.connected() as conn:
        execute(conn, "BEGIN")
        execute(conn, "INSERT INTO dr.gate VALUES (@@server_uuid, 'aws', 2, 0, 1, 0)")
        found = compared.last(conn)
        execute(conn, "ROLLBACK")
    assert found and found.equal and found.outdated and "the writer's database itself" in (view_compared(found).why or "")


def test_one_that_let_go_and_is_a_copy_again_is_proven_in_its_successors_reign(copied: Shop) -> None:
    """Its row was retired to the number that whoever came next reigns under; and that one's own server may have been replaced, and not be stamped."""
    copied.on(copied.source, "UPDATE dr.gate SET epoch = 2", "INSERT INTO dr.gate VALUES ('the copy, by then', 'aws', 2, 0, 1, 0)")
    with copied.target.connected() as conn:
        copied.on(copied.source, f"UPDATE dr.gate SET server_uuid = '{server_uuid(conn)}' WHERE site = 'aws'")
    for _ in range(2):
        assert compare(copied)["kept"]
        found = kept(copied.target)
        assert found and found.epoch == 2 and view_compared(found).equal
        copied.on(copied.source, "UPDATE dr.gate SET server_uuid = 'the server before' WHERE site = 'nhn'")


def test_a_proof_is_as_old_as_its_first_look(copied: Shop) -> None:
    assert compare(copied, checkpoint="long_ago")["kept"] and kept(copied.target).age_seconds < 900
    copied.damage("UPDATE dr.sync_long_ago SET began = began - 5000 WHERE began IS NOT NULL")
    assert compare(copied, checkpoint="long_ago")["kept"] and kept(copied.target).age_seconds > 4999
    copied.damage("DROP TABLE dr.sync_long_ago")


def test_what_was_begun_in_another_reign_is_proof_of_nothing_now(copied: Shop) -> None:
    """In between the target may have been the writer, and have sold what the source never got."""
    assert compare(copied, checkpoint="weekly")["kept"] and compare(copied, checkpoint="weekly")["kept"]
    copied.on(copied.source, "UPDATE dr.gate SET epoch = 3")
    for mode in ("compare", "repair"):
        with pytest.raises(Fault, match=r"(?s)weekly.*begun in reign 1, and this is reign 3.*Use a name of its own"):
            compare(copied, checkpoint="weekly", mode=mode, keep=mode == "compare")
    assert kept(copied.target).epoch == 1 and compare(copied, checkpoint="weekly_2")["kept"] and kept(copied.target).epoch == 3
    for name in ("weekly", "weekly_2"):
        checkpoint.forget(copied.target, name)


def test_what_is_kept_is_of_the_reign_it_was_begun_in(copied: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def survey(*given: Any, **more: Any) -> Any:
        seen = found(*given, **more)
        copied.on(copied.source, "UPDATE dr.gate SET epoch = 3")
        return seen

    found = rds_sync.survey
    monkeypatch.setattr(rds_sync, "survey", survey)
    assert compare(copied)["kept"] and kept(copied.target).epoch == 1


def test_where_it_would_be_a_copy_s_own_it_is_refused(copied: Shop) -> None:
    turned = Shop(copied.target, copied.source)
    with pytest.raises(Fault, match=r"(?s)copies from .* itself.*Nothing was touched.*Name the writer"):
        compare(turned)
    assert kept(copied.target) is None and kept(copied.source) is None


def test_the_lag_is_by_the_heartbeat_of_the_server_that_is_followed(copied: Shop) -> None:
    """Another one of that reign, from before a failover inside its cloud, had a clock that was a minute ahead."""
    now = "UNIX_TIMESTAMP(SYSDATE(6))"
    copied.on(copied.source, f"UPDATE dr.gate SET beat_at = {now} - 40", f"INSERT INTO dr.gate VALUES ('the one before', 'nhn', 1, 0, 9, {now} + 60)")
    until(lambda: len(copied.rows(copied.target, "SELECT 1 FROM dr.gate")) == 2)
    with copied.target.connected() as conn:
        for site in (None, "nhn"):
            assert 39 < lag_seconds(conn, site) < 200
        execute(conn, "UPDATE dr.gate SET epoch = 2 WHERE server_uuid = 'the one before'")
        assert lag_seconds(conn) == 0, "a later reign is a later reign"
    with copied.source.connected() as conn:
        assert 39 < lag_seconds(conn, own=True) < 200 and lag_seconds(conn) == 0, "who follows nobody goes by what there is"
    copied.damage("UPDATE dr.gate SET epoch = 1")


@pytest.mark.parametrize("check", [False, True])
def test_nobody_s_decision_on_a_lost_row_is_written_into_a_copy(copied: Shop, check: bool) -> None:
    report = new_report("nhn", "u-1", "aws", "u-2")
    report.rows = [Left(f"{SCHEMA}.seats", {"id": "1"}, "delete", "conflict", "so", None, {"id": "1", "buyer": "x"}, {}, id="r1")]
    for discard in (True, False):
        with pytest.raises(Fault, match=r"(?s)copies from .* itself.*Nothing was touched.*Name the writer"):
            replay(copied.target, report, Decision("kim", ("conflict",), discard=discard), check=check)
    assert not copied.rows(copied.target, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dr' AND table_name = 'salvaged'")


def test_a_copy_that_is_made_anew_is_another_one(copied: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compare(copied)["kept"] and compare(copied, checkpoint="weekly")["kept"]

    class Begun(Exception):
        """As far as it matters here."""

    def copy(*_: Any, **_more: Any) -> None:
        raise Begun

    monkeypatch.setattr(seeding, "copy", copy)
    with pytest.raises(Begun):
        seeding.seed(copied.source, copied.target, SCHEMAS, None, accept_writer=True)      # type: ignore[arg-type]
    until(lambda: kept(copied.target) is None)
    assert copied.rows(copied.target, "SHOW TABLES IN dr LIKE 'sync%'") == [], "nor is what was added up before that of this copy"


@pytest.mark.long
def test_a_build_compares_what_is_not_proven_and_nothing_else(copied: Shop, tmp_path: Path) -> None:
    def build() -> str:
        given = {"ansible_python_interpreter": sys.executable, "db_replica_source": {"site": "nhn", **vars(copied.source)},
                 "db_replica_target": {"site": "aws", "dialect": "aws_rds", **vars(copied.target)}, "db_replica_schemas": SCHEMAS}
        (tmp_path / "play.yml").write_text(json.dumps([{
            "hosts": "localhost", "gather_facts": False, "connection": "local", "vars": given,
            "tasks": [{"name": "Build", "ansible.builtin.import_role": {"name": "db_replica", "tasks_from": "proven"}}]}]))
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(tmp_path / "play.yml")], cwd=ROOT, check=False,
            capture_output=True, text=True, timeout=120, env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"})
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 0 and "changed=0" in said, said[-3000:]
        return said

    assert "tables are equal" in build() and kept(copied.target).equal
    assert "tables are equal" not in build(), "it is proven"
    with copied.source.connected() as conn:
        execute(conn, "UPDATE dr.compared SET schema_names = '[\"dr\"]'")
    until(lambda: kept(copied.target).schemas == ("dr",))
    assert "tables are equal" in build(), "not of what the application keeps"
    assert compare(copied, ignore=[*IGNORED, f"{SCHEMA}.seats"])["kept"]
    assert "tables are equal" in build() and kept(copied.target).left_out == tuple(sorted(IGNORED)), "nor all of it"
