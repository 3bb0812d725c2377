# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots by schedule against the emulator: rotated once a stamp, failing loudly, and the same from the program that the timer starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import host_package
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import snapshot_run
from ansible_collections.multicloud.dr.plugins.modules.snapshot_code import PARTS

from tests.contract.nhn_cloud import MODULES, NhnCloud

VOLUMES = [{"name": "data", "keep": 3}]


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with two volumes and nothing taken of them."""
    nhn.store.snapshots.clear()
    for name in ("data", "logs"):
        nhn.make("volume", name=name, size_gb=10)
    nhn.requests()
    return nhn


def names(cloud: NhnCloud) -> list[str]:
    return sorted(snapshot["name"] for snapshot in cloud.store.snapshots.values())


def take(cloud: NhnCloud, stamp: str, volumes: list[dict[str, Any]] = VOLUMES, **more: Any) -> Any:
    return cloud.run("volume_snapshot_rotation", volumes=volumes, stamp=stamp, **more)


def test_each_stamp_has_one_and_the_oldest_go(world: NhnCloud) -> None:
    for day in range(1, 6):
        stamp = f"2026030{day}"
        foretold = take(world, stamp, check=True)
        assert world.take_writes() == []
        done = take(world, stamp)
        assert done.changed and done.result["rotations"] == foretold.result["rotations"]
        [told] = done.result["rotations"]
        assert told["made"] == f"data-{stamp}" and told["kept"] == names(world)
        world.requests()
        again = take(world, stamp)
        assert not again.changed and world.take_writes() == [] and again.result["rotations"][0]["made"] == ""
    assert names(world) == ["data-20260303", "data-20260304", "data-20260305"]


@pytest.mark.parametrize("check", [True, False])
def test_an_unchanged_call_stays_within_three_requests_however_many_volumes(check: bool, world: NhnCloud) -> None:
    both = [*VOLUMES, {"name": "logs", "keep": 2}]
    take(world, "20260301", both)
    world.requests()
    assert not take(world, "20260301", both, check=check).changed
    assert len([entry for entry in world.requests() if "tokens" not in entry["path"]]) <= 3


def test_of_two_volumes_of_one_name_neither_is_rotated_or_judged_and_an_id_is_what_the_name_was(world: NhnCloud) -> None:
    """The proof judged whichever came first, and could say "good" of the wrong one; by id a second series began, which it never saw."""
    take(world, "20260301")
    first = next(raw for raw in world.store.volumes.values() if raw["name"] == "data")
    other = "0a0a0a0a-0000-4000-8000-000000000001"
    world.store.volumes[other] = {**first, "id": other}
    for kind, options in (("volume_snapshot_rotation", {"volumes": VOLUMES, "stamp": "20260302"}), ("volume_snapshot_info", {"volume": "data"})):
        no = world.run(kind, **options).result
        assert no["failure"]["kind"] == "Ambiguous" and first["id"] in no["msg"] and other in no["msg"]
    done = take(world, "20260302", [{"name": first["id"], "keep": 2}])
    assert done.result["rotations"][0]["made"] == "data-20260302" and names(world) == ["data-20260301", "data-20260302"]
    judgement = world.run("volume_snapshot_info", volume=first["id"]).result["judgement"]
    assert judgement["fine"] and judgement["last"] == "data-20260302"
    assert world.run("volume_snapshot_info", volume=other).result["judgement"]["last"] is None
    del world.store.volumes[other]


def test_nothing_but_the_schedules_own_is_removed(world: NhnCloud) -> None:
    world.make("volume_snapshot", name="data-by-hand", volume="data")
    world.make("volume_snapshot", name="data-20200101", volume="logs")      # called so, and of another volume
    for day in range(1, 4):
        take(world, f"2026030{day}", [{"name": "data", "keep": 1}])
    assert names(world) == ["data-20200101", "data-20260303", "data-by-hand"]


def test_where_others_took_all_that_a_volume_may_have_the_turn_fails_and_says_why(world: NhnCloud) -> None:
    for name in ("a", "b", "c"):
        world.make("volume_snapshot", name=name, volume="data")
    outcome = take(world, "20260301")
    assert outcome.failed and "Maximum number of snapshots allowed (3) exceeded" in outcome.result["msg"] and names(world) == ["a", "b", "c"]


def test_days_on_which_none_could_be_made_take_no_good_one_away(world: NhnCloud) -> None:
    for day in range(1, 4):
        take(world, f"2026030{day}")
    for day in range(4, 8):
        world.unkind("POST /volume/v2/*/snapshots", status=500, message="no space")
        world.unkind("POST /volume/v2/*/snapshots", status=400, message="no space")
        outcome = take(world, f"2026030{day}")
        assert outcome.failed and "no space" in outcome.result["msg"]
        world.kind()
    assert names(world) == ["data-20260302", "data-20260303"]


def test_one_that_ends_in_error_is_a_failure_and_is_made_anew(world: NhnCloud) -> None:
    take(world, "20260301")
    take(world, "20260302")
    broken = next(each for each in world.store.snapshots.values() if each["name"] == "data-20260302")
    broken["status"] = "error"
    told = world.run("volume_snapshot_info", volume="data", max_age_hours=1e6).result["judgement"]
    assert (told["verdict"], told["fine"]) == ("failed", False) and "data-20260302" in told["words"]
    [done] = take(world, "20260302").result["rotations"]
    assert (done["removed"], done["made"]) == (["data-20260302"], "data-20260302") and len(names(world)) == 2
    assert world.run("volume_snapshot_info", volume="data", max_age_hours=1e6).result["judgement"]["verdict"] == "good"


def test_a_volume_that_cannot_be_done_holds_up_no_other(world: NhnCloud) -> None:
    outcome = take(world, "20260301", [{"name": "gone", "keep": 2}, *VOLUMES])
    assert outcome.failed and "volume gone" in outcome.result["msg"] and "Done: data." in outcome.result["msg"]
    assert names(world) == ["data-20260301"]


def test_a_lost_reply_makes_no_second_one(world: NhnCloud) -> None:
    for order in ("POST /volume/v2/*/snapshots", "DELETE /volume/v2/*/snapshots/*"):
        world.unkind(order, status=504, after=True)
    for day in range(1, 5):
        assert take(world, f"2026030{day}").changed
    assert world.orders() == [] and names(world) == ["data-20260302", "data-20260303", "data-20260304"]


def test_what_is_told_of_a_volume_is_its_own(world: NhnCloud) -> None:
    take(world, "20260301", [*VOLUMES, {"name": "logs", "keep": 1}])
    told = world.run("volume_snapshot_info", volume="logs").result
    assert [each["name"] for each in told["resources"]] == ["logs-20260301"] and told["judgement"]["last"] == "logs-20260301"
    assert world.run("volume_snapshot_info").result["judgement"] is None
    assert "There are: data, logs" in world.run("volume_snapshot_info", volume="nobody").result["msg"]


def config(world: NhnCloud, folder: Path, **more: Any) -> Path:
    """A configuration as role nhn_storage writes it."""
    path = folder / "snapshots.json"
    auth = {name: world.auth[name] for name in ("identity_url", "tenant_id", "username", "password")}
    path.write_text(json.dumps({"auth": auth, "volumes": VOLUMES, "stamp": "%Y%m%d", "wait_seconds": 60, "state_directory": str(folder / "state"),
                                **more}), encoding="utf-8")
    return path


def test_the_timers_program_says_what_it_did_and_fails_loudly(world: NhnCloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = config(world, tmp_path)
    assert snapshot_run.main([str(good), "status"]) == 0 and "No snapshot" in capsys.readouterr().out
    assert snapshot_run.main([str(good), "run"]) == 0
    assert json.loads(capsys.readouterr().out)["rotations"][0]["made"] == names(world)[0]
    assert "multicloud_dr_snapshots_last_run_ok 1\n" in (tmp_path / "state" / "metrics.prom").read_text()
    assert snapshot_run.main([str(good), "run"]) == 0 and len(names(world)) == 1
    capsys.readouterr()

    bad = config(world, tmp_path, volumes=[*VOLUMES, {"name": "gone", "keep": 1}])
    assert snapshot_run.main([str(bad), "run"]) == 1
    assert "volume gone" in capsys.readouterr().err
    metrics = (tmp_path / "state" / "metrics.prom").read_text()
    assert "multicloud_dr_snapshots_last_run_ok 0\n" in metrics and "last_success_seconds 1" in metrics
    assert snapshot_run.main([str(bad), "status"]) == 0
    told = capsys.readouterr().out
    assert "FAILED; the last good one was 0.0 h ago" in told and "volume gone" in told
    (tmp_path / "snapshots.json").write_text("{")
    assert snapshot_run.main([str(bad), "run"]) == 1 and "snapshots.json" in capsys.readouterr().err
    assert snapshot_run.main([]) == 2


def test_a_run_that_nobody_foresaw_counts_as_failed(world: NhnCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = snapshot_run.load(str(config(world, tmp_path)))
    snapshot_run.run(settings, 1000.0)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(snapshot_run, "rotate", broken)
    with pytest.raises(RuntimeError):
        snapshot_run.run(settings, 2000.0)
    told = snapshot_run.status(settings)
    assert (told["ok"], told["at"], told["good_at"]) == (0, 2000.0, 1000.0) and "did not come to an end" in told["said"]


def test_it_runs_from_what_is_left_on_a_host_with_what_debian_has(world: NhnCloud, tmp_path: Path) -> None:
    host_package.install(str(tmp_path / "opt"), host_package.sources(PARTS, "About."), check=False)
    written = {str(path.relative_to(tmp_path / "opt" / "multicloud_dr")) for path in (tmp_path / "opt").rglob("*.py")}
    assert "nhn/snapshot_run.py" in written and not [path for path in written if path.startswith(("mysql/", "backup/", "switch/"))]
    done = subprocess.run([sys.executable, "-c", ALONE, str(config(world, tmp_path)), "run"], cwd=tmp_path, capture_output=True, text=True,
                          check=False, timeout=60, env={**os.environ, "PYTHONPATH": str(tmp_path / "opt")})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rotations"][0]["made"] == names(world)[0]


@pytest.mark.parametrize("check", [True, False])
def test_a_host_without_requests_is_told_so_and_foretold_as_to_be_changed(check: bool, tmp_path: Path) -> None:
    without = f'import sys; sys.modules["requests"] = None; from {MODULES[:-1]} import snapshot_code; snapshot_code.main()'
    args = {"ANSIBLE_MODULE_ARGS": {"directory": str(tmp_path / "opt"), "_ansible_check_mode": check}}
    done = subprocess.run([sys.executable, "-c", without], input=json.dumps(args), capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(Path("collections").resolve())})
    told = json.loads(done.stdout)
    assert told.get("changed") is True if check else (told["failed"] and "requests" in told["msg"])
    assert not (tmp_path / "opt").exists()


# As `python -m multicloud_dr.nhn.snapshot_run`, where there is no Ansible.
ALONE = """
import runpy, sys
sys.modules["ansible"] = None
sys.argv[0] = "snapshot_run"
runpy.run_module("multicloud_dr.nhn.snapshot_run", run_name="__main__", alter_sys=True)
"""
