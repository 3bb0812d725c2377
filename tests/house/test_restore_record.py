# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restore of the record refuses, what it names, and what is then done in which order: the role's own tasks, with what hosts would say given
beforehand. Each task that would do something says so instead. The same with real members: tests/contract/test_record_restored.py.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TASKS = ROOT / "roles" / "quorum" / "tasks"
OLD = {"file": "x.db", "sha256": "abc", "made": "2026-11-26T10:10:00Z", "revision": 100, "record": {"writer": "nhn", "epoch": 3}}
KEPT = {"exists": True, "path": "the snapshot", "checksum": "abc"}
LOST = {"answered": False, "because": "no quorum", "writer": None, "epoch": None}
LIVES = {"answered": True, "because": "The record of t says writer nhn, epoch 3.", "writer": "nhn", "epoch": 3}
GONE = {"answered": True, "because": "The record of t says nothing (the key is absent).", "writer": None, "epoch": None}
ODD = {"answered": True, "because": "The record of t says writer NHN, epoch 5.", "writer": "NHN", "epoch": 5}
DENIED = {**LOST, "refused": True, "because": "The record gives no answer: HTTP 400 authentication failed."}
MEMBERS = [{"name": "nhn", "site": "nhn"}, {"name": "aws", "site": "aws"}, {"name": "third", "site": ""}]
DONE = {"answered": True, "because": "The record of t says writer aws, epoch 5.", "writer": "aws", "epoch": 5}
# Of each kind of task that would do something: what it says instead, where that is looked at here.
SAYS = {
    "multicloud.dr.quorum_record": "PUT {writer} {epoch} after {takeover_seconds} s",
    "multicloud.dr.quorum_snapshot": "MADE {writer} {epoch} after {takeover_seconds} s",
    "ansible.builtin.fetch": "TAKEN {src}",
    "ansible.builtin.systemd_service": "{state}",
}
DONE_BY = re.compile(r"msg: ((?:MADE|PUT|TAKEN) .+|started|stopped)$", re.MULTILINE)


def told(task: dict[str, Any]) -> dict[str, Any]:
    """The task, saying what it would do; on the hosts, and with the values, that it would be done on and with."""
    if "block" in task:
        return {**task, **{part: [told(each) for each in task[part]] for part in ("block", "always")}}
    module = next(name for name in task if "." in name)
    given = task[module] if isinstance(task[module], dict) else {}
    kept = {name: task[name] for name in ("name", "vars", "when", "run_once") if name in task}
    if module in ("ansible.builtin.include_tasks", "ansible.builtin.assert"):
        return {**kept, module: task[module]}
    return {**kept, "ansible.builtin.debug": {"msg": SAYS.get(module, "").format(**given)}}


def read(text: str | None) -> dict[str, Any]:
    """As slurp leaves a file that says that, or one that is not there."""
    return {"failed": False} if text is None else {"content": base64.b64encode(text.encode()).decode(), "encoding": "base64"}


def restored(folder: Path, lives: dict[str, Any], remembered: list[int | str | None], newest: dict[str, Any] | None = OLD, check: bool = False,
             kept: Any = KEPT, agents: dict[int, Any] | None = None, **named: Any) -> tuple[str, list[str]]:
    """All that is said, in one line; and what would be done, each thing once. remembered: by each host, None where there is no file. kept: what is
    seen of the snapshot itself. agents: what stands in agent.json, by the number of the host.
    """
    for name in ("restore_lost.yml", "restore_members.yml"):
        done = yaml.safe_load((TASKS / name).read_text(encoding="utf-8"))
        (folder / name).write_text(yaml.safe_dump([told(task) for task in done]), encoding="utf-8")
    refuse, _see, refuse_damaged, would, restore, put = yaml.safe_load((TASKS / "restore.yml").read_text(encoding="utf-8"))[-6:]
    tasks = [
        {"name": "What the hosts say", "ansible.builtin.set_fact": {
            "__quorum_lives": "{{ lives }}", "__quorum_notes": {"results": ["{{ snapshot }}", "{{ remembered }}"]}, "__quorum_timed": "{{ timed }}",
            "__quorum_place_here": {"path": "place"}, "__quorum_kept": {"stat": kept},
            "__quorum_said": {"path": "what was made"}}},
        refuse, refuse_damaged, would, told(restore), told(put)]
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    notes = [newest and json.dumps(newest), *[None] * len(remembered)]        # the first host alone has a snapshot
    hosts = {f"host{number}": {**local, "lives": {"refused": False, **lives}, "snapshot": read(notes[number]),
                               "timed": read(json.dumps(agents[number]) if agents and number in agents else None),
                               "remembered": read(epoch if epoch is None else str(epoch))}
             for number, epoch in enumerate(remembered)}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    own = yaml.safe_load((TASKS.parent / "vars" / "main.yml").read_text(encoding="utf-8"))
    play = {"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": tasks, "vars": {"__quorum_timings": own["__quorum_timings"]}}
    (folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", folder / "play.yml", *(["--check"] if check else []),
         "-e", json.dumps({"quorum_members": MEMBERS, "__quorum_state": "/var/lib/state", "quorum_restore_writer": "", "quorum_restore_epoch": 0,
                           "quorum_takeover_seconds": 22, **named})],
        cwd=ROOT, text=True, check=False, capture_output=True, timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    assert "Traceback" not in run.stdout + run.stderr and "error while" not in run.stdout.lower(), run.stdout + run.stderr
    return " ".join((run.stdout + run.stderr).split()), list(dict.fromkeys(DONE_BY.findall(run.stdout)))


ELSEWHERE = "a link that leads nowhere else than to itself"
ODD_SNAPSHOT = {**OLD, "record": {"writer": "NHN", "epoch": 5}}
LONG = {**OLD, "record": {"writer": "nhn", "epoch": 3, "takeover": 31.0}}
AT_5 = {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "5"}
RESTORED = ["stopped", "TAKEN the snapshot", "started"]
# It is said before any member runs again, and nowhere else: the site that the snapshot names would go on by it.
FORWARD = ["stopped", "MADE aws 5 after 22.0 s", "TAKEN what was made", "started"]


@pytest.mark.long
@pytest.mark.parametrize(("lives", "remembered", "named", "said", "done"), [
    (LOST, [3, 3], {}, "If that is so, say it by name: -e quorum_restore_writer=nhn", []),
    (LOST, [3, 3], {"quorum_restore_writer": "nhn"}, "TAKEN", RESTORED),
    (LOST, [3, 3], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "4"}, "so there is none to be put forward to", []),
    (LOST, [3, 4], {"quorum_restore_writer": "aws"}, "say it by name: -e quorum_restore_writer=SITE -e quorum_restore_epoch=5", []),
    (LOST, [3, 4], {"quorum_restore_writer": "nhn"}, "A host remembers epoch 4, and in the newest snapshot", []),
    (LOST, [3, 4], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "4"}, "A host remembers epoch 4", []),
    (LOST, [3, 4], {"quorum_restore_epoch": "5"}, "Who wrote last has to be said as well", []),
    (LOST, [3, 4], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}, "MADE", FORWARD),
    (LIVES, [3, 3], {"quorum_restore_writer": "nhn"}, "The record is not lost: The record of t says writer nhn, epoch 3. Nothing was touched.", []),
    (LIVES, [3, 4], {}, "so it was set back, and that host obeys no earlier one. If nhn shall go on writing, say so by name: "
                        "-e quorum_restore_writer=nhn -e quorum_restore_epoch=5", []),
    (LIVES, [3, 4], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "4"}, "epoch 4, and by the record, which lives, it is 3", []),
    (LIVES, [3, 4], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}, "PUT", ["PUT aws 5 after 22.0 s"]),
    (LIVES, [3, 4], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "5"}, "PUT", ["PUT nhn 5 after 22.0 s"]),
    (DONE, [3, 5], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}, "PUT", ["PUT aws 5 after 22.0 s"]),     # which finds nothing to do
    (DONE, [3, 4], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}, "PUT", ["PUT aws 5 after 22.0 s"]),
    (DONE, [3, 6], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}, "A host remembers epoch 6", []),
    (DONE, [3, 5], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "5"}, "so there is none to be put forward to", []),
    (LOST, [3], {"quorum_restore_writer": "nhn"}, "Two hosts of members are needed", []),
    # A name that is no site. A record that has one can only be put forward.
    (LOST, [3, 4], {"quorum_restore_writer": "NHN", "quorum_restore_epoch": "5"}, "NHN is no site that keeps a member of the quorum; there are "
                                                                                  "nhn, aws.", []),
    (LIVES, [3, 4], {"quorum_restore_writer": "third", "quorum_restore_epoch": "5"}, "third is no site that keeps", []),
    (ODD, [5, 5], {}, "It names no site (nhn, aws). Find out who wrote last (docs/runbooks/record.md), and say it by name: "
                      "-e quorum_restore_writer=SITE -e quorum_restore_epoch=6", []),
    (ODD, [5, 5], {"quorum_restore_writer": "nhn"}, "say it by name: -e quorum_restore_writer=SITE -e quorum_restore_epoch=6", []),
    (ODD, [5, 5], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "6"}, "PUT", ["PUT nhn 6 after 22.0 s"]),
    (LOST, [5, 5], {"newest": ODD_SNAPSHOT, "quorum_restore_writer": "NHN"}, "NHN is no site", []),
    (LOST, [5, 5], {"newest": ODD_SNAPSHOT, "quorum_restore_writer": "nhn"}, "at epoch 5, which is no site (nhn, aws)", []),
    (LOST, [5, 5], {"newest": ODD_SNAPSHOT, "quorum_restore_writer": "aws", "quorum_restore_epoch": "6"}, "MADE aws 6",
     ["stopped", "MADE aws 6 after 22.0 s", "TAKEN what was made", "started"]),
    # Gone from a quorum that lives: by name and epoch, after all that anybody knows of.
    (GONE, [3, 4], {}, "The record is gone from a quorum that lives. Find out who wrote last (docs/runbooks/record.md), and say it by name: "
                       "-e quorum_restore_writer=SITE -e quorum_restore_epoch=5", []),
    (GONE, [3, 4], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "3"}, "gone from a quorum that lives", []),
    (GONE, [3, 4], {"quorum_restore_epoch": "5"}, "gone from a quorum that lives", []),
    (GONE, [3, 4], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "5"}, "PUT", ["PUT nhn 5 after 22.0 s"]),
    (GONE, [3, 4], {"newest": None, "quorum_restore_writer": "nhn", "quorum_restore_epoch": "5"}, "PUT", ["PUT nhn 5 after 22.0 s"]),
    (GONE, [None, None], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "4"}, "PUT", ["PUT nhn 4 after 22.0 s"]),
    (GONE, [None, None], {"newest": None, "quorum_restore_writer": "nhn", "quorum_restore_epoch": "1"}, "Nobody here knows of any record", []),
    # Nobody can have a gate open by then, whatever is typed: by an agent's own table, by that of the record in the snapshot.
    (GONE, [3, 4], {"quorum_takeover_seconds": 1, "agents": {1: {"timing": {"ttl": 40}}}, **AT_5}, "PUT", ["PUT nhn 5 after 41.0 s"]),
    (GONE, [3, 4], {"quorum_takeover_seconds": 1, "agents": {0: {}}, "newest": LONG, **AT_5}, "PUT", ["PUT nhn 5 after 31.0 s"]),
    (LOST, [3, 4], {"agents": {1: {"timing": {"ttl": 40}}}, **AT_5}, "MADE", ["stopped", "MADE nhn 5 after 41.0 s", *FORWARD[2:]]),
    (GONE, [3, 4], {"quorum_takeover_seconds": 0, **AT_5}, "not known (takeover_seconds: 0 is no number of seconds above 0): mend that.", []),
    (GONE, [3, 4], {"agents": {1: {"timing": {"renew": 9}}}, **AT_5}, "not known (agent.json on host1: timing.renew: 9 s must", []),
    # Somebody is there, and does not let us in.
    (DENIED, [3, 3], {"quorum_restore_writer": "nhn"}, "somebody is there who does not say it (The record gives no answer: HTTP 400", []),
    # The newest snapshot itself is no good.
    (LOST, [3, 3], {"kept": {**KEPT, "checksum": "def"}, "quorum_restore_writer": "nhn"},
     "snapshots/x.db on host0, the newest snapshot, is damaged: its SHA-256 is def, not abc. Nothing was touched. Move its note", []),
    (LOST, [3, 3], {"kept": {"exists": False}, "quorum_restore_writer": "nhn"}, "snapshots/x.db on host0, the newest snapshot, is not there.", []),
    (LOST, [3, 3], {"check": True, "kept": {**KEPT, "checksum": "def"}, "quorum_restore_writer": "nhn"}, "is damaged: its SHA-256 is def", []),
    (LOST, [3, 3], {"check": True, "kept": {"exists": False}, "quorum_restore_writer": "nhn"}, "host0, the newest snapshot, is not there.", []),
    # What a host remembers could not be read.
    (LOST, [3, ""], {"quorum_restore_writer": "nhn"}, "/var/lib/multicloud-dr/epoch says )", []),
    (LOST, [3, "\0\0"], {"quorum_restore_writer": "nhn"}, "could not be understood", []),
    (LOST, [3, None], {"quorum_restore_writer": "nhn"}, "TAKEN", RESTORED),
    (LOST, [3, 4], {"check": True, "quorum_restore_writer": "aws", "quorum_restore_epoch": "5"},
     "Would make a new quorum of host0, host1 from the snapshot of 2026-11-26T10:10:00Z, in which aws writes at epoch 5.", []),
])
def test_what_is_refused_and_by_which_names_it_is_done_all_the_same(
        tmp_path: Path, lives: dict[str, Any], remembered: list[int | str | None], named: dict[str, Any], said: str, done: list[str]) -> None:
    all_said, all_done = restored(tmp_path, lives, remembered, **named)
    assert said in all_said, all_said
    assert all_done == done, all_said


@pytest.mark.long
@pytest.mark.parametrize(("there", "read"), [("", True), ("5\n", True), (None, False), (ELSEWHERE, False)])
def test_only_what_is_not_there_is_a_memory_of_nothing(tmp_path: Path, there: str | None, read: bool) -> None:
    """As in a check run, which has to see as much as a true one. None: what is there is no file."""
    epoch = tmp_path / "epoch"
    if there is None:
        epoch.mkdir()
    elif there == ELSEWHERE:
        epoch.symlink_to(epoch)
    elif there:
        epoch.write_text(there, encoding="ascii")
    text = (TASKS / "restore.yml").read_text(encoding="utf-8").replace("/var/lib/multicloud-dr/epoch", '"{{ epoch }}"', 1)
    see = next(task for task in yaml.safe_load(text) if "ansible.builtin.slurp" in task)
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"epoch": str(epoch), "__quorum_state": str(tmp_path)}, "tasks": [see, {
        "ansible.builtin.debug": {"msg": "READ {{ __quorum_notes.results[1].content | default('') | b64decode | trim }}"}}]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = subprocess.run([Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "--check", "-c", "local", tmp_path / "play.yml"],
                         cwd=ROOT, text=True, check=False, capture_output=True, timeout=120, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert (run.returncode == 0) == read, run.stdout + run.stderr
    assert not read or f"READ {(there or '').strip()}" in run.stdout, run.stdout


@pytest.mark.long
def test_nothing_is_left_on_the_controller_where_a_host_does_not_take_it(tmp_path: Path) -> None:
    (tmp_path / "kept.db").write_text("all that etcd holds", encoding="ascii")
    for name in ("temporary", "state"):
        (tmp_path / name).mkdir()
    bring = next(task for task in yaml.safe_load((TASKS / "restore_members.yml").read_text(encoding="utf-8")) if "block" in task)
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"host0": {**local, "__quorum_state": str(tmp_path / "state")},
                                                                          "host1": {**local, "__quorum_state": "/dev/null/state"}}}}))
    play = {"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": [bring, {"ansible.builtin.debug": {"msg": "WENT {{ 'ON' }}"}}],
            "vars": {"__quorum_source": "host0", "__quorum_from": str(tmp_path / "kept.db")}}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = subprocess.run([Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", tmp_path / "play.yml"], cwd=ROOT,
                         text=True, check=False, capture_output=True, timeout=120,
                         env={**os.environ, "ANSIBLE_NOCOLOR": "1", "TMPDIR": str(tmp_path / "temporary")})
    assert run.returncode and "WENT ON" not in run.stdout and "restoring.db" in run.stdout + run.stderr, run.stdout + run.stderr
    assert not list((tmp_path / "temporary").glob("quorum.*")), run.stdout
