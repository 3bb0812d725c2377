# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host's own container engine: what it takes, what it refuses, and what of a request may reach the machine's podman."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lab.images import RECIPES
from lab.materialise import siblings
from lab.materialise.actual import LABEL_SIBLING, Sibling
from lab.podman import PodmanError

IMAGE, BY_DIGEST = "localhost/multicloud-dr/ticketing:1", "localhost/multicloud-dr/ticketing@sha256:" + "a" * 64


@pytest.fixture(scope="module")
def engine() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("engine", str(RECIPES / "host/root/usr/local/bin/podman"))
    spec = importlib.util.spec_from_loader("engine", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Podman:
    """Stands for the machine's podman: remembers what it was asked; one sibling called web exists."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.stdin: str | None = None

    def __call__(self, *args: str, stdin: str | None = None, **_: Any) -> str:
        self.calls.append(args)
        if args[0] == "image":
            return "1\n" if args[-1] in (IMAGE, BY_DIGEST) else ""
        if args[0] == "ps" and LABEL_SIBLING in args[-1]:
            return "web\n"
        if args[0] == "run":
            self.stdin = stdin
            return "0123\n"
        return ""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Podman:
    podman = Podman()
    monkeypatch.setattr(siblings, "podman", podman)
    return podman


def test_the_engine_understands_a_service_s_command_line(engine: ModuleType) -> None:
    given = engine.parser().parse_args(["run", "-d", "--name", "app", "--network", "host", "-e", "A=1", "--restart=always", IMAGE, "serve", "--x"])
    assert (given.detach, given.name, given.env, given.restart, given.image) == (True, "app", ["A=1"], "always", IMAGE)
    assert given.command == ["serve", "--x"]


@pytest.mark.parametrize("line", [["build", "."], ["run", "-v", "/a:/b", IMAGE], ["run", "--network=bridge", IMAGE], ["exec", "app", "sh"], []])
def test_the_engine_refuses_what_it_cannot_do_and_says_what_it_can(engine: ModuleType, line: list[str]) -> None:
    with pytest.raises(SystemExit, match="knows: run, ps, rm, pull, logs, inspect, login"):
        engine.parser().parse_args(line)


def test_environment_files_come_before_options(engine: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# comment\n\nA=from file\nB=two=three\n")
    assert engine.environment(["A=from option"], [file]) == {"A": "from option", "B": "two=three"}


def test_secrets_go_through_stdin_not_through_the_process_list(machine: Podman) -> None:
    reply = siblings.perform({"verb": "run", "detach": True, "name": "app", "image": IMAGE, "env": {"KEY": "CANARY"}, "restart": "always"},
                             "lab-aws-host-1", "aws")
    assert reply == ("0123\n", "", 0) and machine.stdin == "KEY=CANARY\n"
    run = next(call for call in machine.calls if call[0] == "run")
    assert "CANARY" not in " ".join(run)
    assert "--network=container:lab-aws-host-1" in run and "--pull=never" in run and "--label=mcdr.site=aws" in run
    assert not any(each.startswith("--memory") for each in run)
    siblings.perform({"verb": "run", "detach": True, "name": "small", "image": IMAGE, "memory": "512m"}, "lab-aws-host-1", "aws")
    assert "--memory=512m" in [call for call in machine.calls if call[0] == "run"][-1]


@pytest.mark.parametrize(("request_", "words"), [
    ({"verb": "run", "name": "web", "image": IMAGE}, "already in use"),
    ({"verb": "run", "name": "--privileged", "image": IMAGE}, "letters, digits"),
    ({"verb": "run", "name": "x", "image": "--privileged"}, "not an image reference"),
    ({"verb": "run", "name": "x", "image": "other:1"}, "no such image"),
    ({"verb": "run", "name": "x", "image": IMAGE, "env": {"A": "b\nC=d"}}, "no line breaks"),
    ({"verb": "run", "name": "x", "image": IMAGE, "restart": "maybe"}, "restart policy"),
    ({"verb": "run", "name": "x", "image": IMAGE, "memory": "1m --privileged"}, "a number with b, k, m or g"),
    ({"verb": "rm", "names": ["another-host's"]}, "no such container"),
    ({"verb": "exec", "name": "web"}, "not something a host"),
])
def test_requests_that_are_refused(machine: Podman, request_: dict[str, Any], words: str) -> None:
    with pytest.raises(siblings.Refused, match=words):
        siblings.perform(request_, "lab-aws-host-1", "aws")
    assert not [call for call in machine.calls if call[0] == "run"]


def test_a_host_always_gets_an_answer(machine: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str, **__: Any) -> str:
        raise PodmanError("podman ps: no space left on device")

    for number, (text, words) in enumerate([('{"verb": "run"}', "makes no sense"), ('{"verb": "ps"}', "no space left")]):
        request = tmp_path / f"{number}.request"
        request.write_text(text)
        monkeypatch.setattr(siblings, "podman", refuse if "ps" in text else machine)
        siblings.answer(request, "h", "aws")
        reply = json.loads(request.with_suffix(".answer").read_text())
        assert reply["rc"] == 125 and words in reply["stderr"] and not request.exists()


def test_what_is_mended_and_what_is_left() -> None:
    def sibling(**more: Any) -> Sibling:
        return Sibling(**{"container": "h--app", "host": "h", "site": "aws", "pid": 0, "restart": "always", "exit_code": 0, **more})

    assert siblings._mending(sibling(), 1) == "start"
    assert siblings._mending(sibling(restart="no", exit_code=1), 1) is None
    assert siblings._mending(sibling(restart="on-failure"), 1) is None
    assert siblings._mending(sibling(restart="on-failure", exit_code=1), 1) == "start"
