# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's registries: how they are started, whom they let in, and which image is theirs to give. With a real docker-registry on the loopback."""

from __future__ import annotations

import base64
import importlib.machinery
import importlib.util
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from lab import processes, registries
from lab.images import RECIPES
from lab.kubernetes import engine as engine_of_pods
from lab.kubernetes import podspec
from lab.materialise import siblings
from lab.podman import PodmanError

DIGEST = "@sha256:" + "a" * 64


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab's folder, with secrets in it; its registries at free ports of the loopback."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = {"ncr": one.getsockname()[1], "ecr": other.getsockname()[1]}
    for name, value in {"FOLDER": tmp_path / "registries", "SECRETS": tmp_path / "secrets.yml", "PORTS": ports, "MACHINE": "127.0.0.1"}.items():
        monkeypatch.setattr(registries, name, value)
    (tmp_path / "secrets.yml").write_text(yaml.safe_dump(
        {"nhn_access_key_id": "user", "nhn_access_key_secret": "CANARY-1", "aws_secret_key": "CANARY-2"}))
    return tmp_path


@pytest.fixture
def running(place: Path) -> Iterator[str]:
    if not registries.program():
        pytest.skip("docker-registry is not installed (make test)")
    argv = registries.command("ncr")
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", registries.PORTS["ncr"])) == 0:
                        break
                time.sleep(0.05)
            yield registries.host("ncr")
        finally:
            process.terminate()


def test_it_takes_the_log_in_that_its_cloud_hands_out_and_no_other(running: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")              # a machine's proxy knows no way to the lab
    registries.check(running, registries.login("ncr"))
    with pytest.raises(registries.NotLetIn, match=r"invalid username/password \(401\)"):
        registries.check(running, ("user", "another"))
    with pytest.raises(registries.NotLetIn, match="Connection refused"):
        registries.check(registries.host("ecr"), registries.login("ecr"))
    with pytest.raises(registries.NotLetIn, match="no such registry"):
        registries.check("registry.example.com", ("user", "CANARY-1"))


def test_no_secret_is_in_a_command_line_nor_in_what_is_kept(place: Path) -> None:
    words = [*registries.command("ncr"), *registries.command("ecr")]
    kept = "".join(path.read_text() for path in registries.FOLDER.iterdir())
    assert "CANARY" not in " ".join(words) + kept and "$2y$" in kept
    user, password = registries.login("ecr")
    assert user == "AWS" and len(password) == 64


def test_a_registry_is_found_again_among_processes() -> None:
    line = "\0".join(["/x/.venv/bin/docker-registry", "serve", "/x/build/lab/registries/ncr.json", ""])
    found = processes._COMMAND.search(line)
    assert found and [name for name in found.groups() if name] == ["ncr"]
    assert set(registries.PORTS) <= set(processes.PORTS)


def test_a_pull_says_who_asks_in_a_file_and_only_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[tuple[str, ...], Any]] = []

    def podman(*args: str, **_: Any) -> str:
        (logins,) = (flag.removeprefix("--authfile=") for flag in args if flag.startswith("--authfile="))
        seen.append((args, json.loads(Path(logins).read_text())))
        return ""

    monkeypatch.setattr(registries, "podman", podman)
    image = f"{registries.host('ecr')}/tickets{DIGEST}"
    registries.pull(image, ("AWS", "CANARY"))
    registries.pull(image, None)
    assert [logins for _, logins in seen] == [{"auths": {registries.host("ecr"): {"auth": base64.b64encode(b"AWS:CANARY").decode()}}}, {}]
    assert all("CANARY" not in " ".join(args) and args[-1] == image for args, _ in seen)


def test_only_names_that_lie_in_the_labs_registries_are_forgotten(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, gone = registries.host("ncr"), []

    def podman(verb: str, *args: str, **_: Any) -> str:
        if verb == "rmi":
            gone.append(args[-1])
        return json.dumps([{"Names": ["localhost/multicloud-dr/ticketing:1", f"{here}/tickets/ticketing:1.4"]}, {"Names": None},
                           {"Names": [f"{here}/tickets/ticketing{DIGEST}"]}])

    monkeypatch.setattr(registries, "podman", podman)
    assert registries.held(f"{here}/tickets/ticketing{DIGEST}") and not registries.held(f"{registries.host('ecr')}/tickets/ticketing{DIGEST}")
    assert registries.forget() == 2 and gone == [f"{here}/tickets/ticketing:1.4", f"{here}/tickets/ticketing{DIGEST}"]


def pod(**more: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "sales", "uid": "1"},
            "spec": {"containers": [{"name": "web", "image": "x", "resources": {}}], "securityContext": {}, "terminationGracePeriodSeconds": 30,
                     **more}}


def test_a_pods_pull_secrets_are_its_log_ins() -> None:
    secret = {"data": {".dockerconfigjson": base64.b64encode(json.dumps(
        {"auths": {"r:1": {"auth": base64.b64encode(b"me:pass:word").decode()}, "r:2": {"username": "you", "password": "word"}}}).encode()).decode()}}
    held = {("Secret", "pull"): secret}
    found = podspec.plan(pod(imagePullSecrets=[{"name": "pull"}, {"name": "gone"}]), "1.2.3.4", lambda *named: held.get(named)).logins
    assert found == {"r:1": ("me", "pass:word"), "r:2": ("you", "word")}
    assert podspec.plan(pod(), "1.2.3.4", lambda *_: None).logins == {}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A host's own podman, whose requests are answered at once, as siblings would."""
    loader = importlib.machinery.SourceFileLoader("host_podman", str(RECIPES / "host/root/usr/local/bin/podman"))
    spec = importlib.util.spec_from_loader("host_podman", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "LOGINS", tmp_path / "run" / "auth.json")
    return module


def test_a_host_keeps_a_log_in_that_was_taken_and_sends_it_along(
    place: Path, engine: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[dict[str, Any]] = []

    def ask(request: dict[str, Any]) -> int:
        asked.append(request)
        return 125 if request.get("password") == "wrong" else 0

    monkeypatch.setattr(engine, "ask", ask)
    for password in ("wrong", "right"):
        monkeypatch.setattr("sys.stdin", type("Given", (), {"read": staticmethod(lambda password=password: f"{password}\n")}))
        monkeypatch.setattr("sys.argv", ["podman", "login", "--username", "AWS", "--password-stdin", "r:1"])
        assert engine.main() == (125 if password == "wrong" else 0)
        assert engine.LOGINS.exists() is (password == "right")
    assert engine.LOGINS.stat().st_mode & 0o777 == 0o600
    for image, login in ((f"r:1/tickets{DIGEST}", ["AWS", "right"]), ("localhost/x:1", None)):
        monkeypatch.setattr("sys.argv", ["podman", "run", "--detach", image])
        engine.main()
        assert asked[-1]["login"] == login


def test_what_a_host_does_not_hold_is_pulled_from_the_labs_registries_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulled: list[tuple[str, Any]] = []

    def podman(*args: str, **_: Any) -> str:
        return "id\n" if args[-1] != "docker.io/library/python:3" else ""

    def pull(image: str, login: Any) -> None:
        if login is None:
            raise PodmanError("unauthorized: authentication required")
        pulled.append((image, login))

    monkeypatch.setattr(siblings, "podman", podman)
    monkeypatch.setattr(registries, "held", lambda _: False)
    monkeypatch.setattr(registries, "pull", pull)
    image = f"{registries.host('ecr')}/tickets{DIGEST}"
    with pytest.raises(PodmanError, match="unauthorized"):
        siblings.perform({"verb": "pull", "image": image}, "h", "aws")
    with pytest.raises(siblings.Refused, match="no such image"):
        siblings.perform({"verb": "pull", "image": "docker.io/library/python:3", "login": ["me", "word"]}, "h", "aws")
    assert siblings.perform({"verb": "pull", "image": image, "login": ["AWS", "word"]}, "h", "aws").stdout == "id\n"
    assert pulled == [(image, ("AWS", "word"))]


def test_a_log_in_that_is_refused_is_told_to_whoever_typed_it(place: Path) -> None:
    with pytest.raises(siblings.Refused, match="no such registry"):
        siblings.perform({"verb": "login", "registry": "registry.example.com", "user": "AWS", "password": "x"}, "h", "aws")


def test_a_pods_image_is_found_by_the_digest_of_what_was_built_here_and_else_pulled(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`podman images NAME@DIGEST` lists an image that was pulled by it, and none that was built under a tag."""
    asked: list[tuple[str, ...]] = []
    pulled: list[tuple[str, Any]] = []

    def podman(*args: str, **_: Any) -> str:
        asked.append(args)
        return "id\n" if args[:2] == ("image", "inspect") and args[-1] == f"localhost/x{DIGEST}" else ""

    monkeypatch.setattr(engine_of_pods, "podman", podman)
    monkeypatch.setattr(registries, "held", lambda _: False)
    monkeypatch.setattr(registries, "pull", lambda image, login: pulled.append((image, login)))
    here = engine_of_pods.Podman(engine_of_pods.Place("1", "net", ""), place / "pods")
    image = f"{registries.host('ncr')}/tickets/ticketing{DIGEST}"
    for wanted in (podspec.Plan(image=f"localhost/x{DIGEST}"), podspec.Plan(image=image, logins={registries.host("ncr"): ("me", "word")})):
        with pytest.raises(podspec.Unrunnable, match="vanished"):
            here.create("pod", pod(), wanted, "1.2.3.4")
    assert pulled == [(image, ("me", "word"))] and sum(args[0] == "run" for args in asked) == 2
    with pytest.raises(podspec.Unrunnable, match="not in the lab's image store"):
        here.create("pod", pod(), podspec.Plan(image="docker.io/library/python:3"), "1.2.3.4")
