# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role release through the lab's two registries: NCR by a user's access key, ECR by the pass that AWS's emulator hands out; and each site's pull."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from lab import registries, world
from lab.kubernetes import engine, podspec
from lab.materialise import siblings
from lab.podman import PodmanError, podman
from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.release_world import play
from tests.contract.test_release_image import MAIN, given

pytestmark = pytest.mark.long
KNOWN = {"nhn_access_key_id": "user", "nhn_access_key_secret": "CANARY-of-ncr", "aws_secret_key": KEYS["aws_secret_access_key"]}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both registries at free ports of the loopback."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = {"ncr": one.getsockname()[1], "ecr": other.getsockname()[1]}
    (tmp_path / "secrets.yml").write_text(yaml.safe_dump(KNOWN))
    for name, value in {"FOLDER": tmp_path / "registries", "SECRETS": tmp_path / "secrets.yml", "PORTS": ports, "MACHINE": "127.0.0.1"}.items():
        monkeypatch.setattr(registries, name, value)
    with contextlib.ExitStack() as stack:
        for name, port in ports.items():
            process = stack.enter_context(subprocess.Popen(registries.command(name), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            stack.callback(process.terminate)
            deadline = time.monotonic() + 60
            while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline:
                time.sleep(0.05)
        yield
        registries.forget()
        podman("rmi", "--force", "--ignore", "localhost/multicloud-dr-release/shop:1.4")


def variables(folder: Path, cloud: AwsCloud, **more: Any) -> dict[str, Any]:
    """As the inventory of the lab has it."""
    aws = {"region": world.AWS_REGION, "access_key": KEYS["aws_access_key_id"], "secret_key": KEYS["aws_secret_access_key"],
           "endpoint_url": cloud.url}
    places = [{"name": "nhn", "place": f"{registries.host('ncr')}/tickets/ticketing", "user": "user", "password": "CANARY-of-ncr", "tls": False},
              {"name": "aws", "place": f"{registries.host('ecr')}/tickets", "aws": aws, "tls": False}]
    return {**given(folder, []), "release_registries": places, **more}


def test_one_image_goes_to_both_and_each_site_pulls_it_by_its_own_log_in(tmp_path: Path, lab: None) -> None:
    with AwsCloud() as cloud:
        said = play(tmp_path, MAIN, **variables(tmp_path, cloud))
        ecr = boto3.client("ecr", endpoint_url=cloud.url, region_name=world.AWS_REGION, **KEYS)
        made = ecr.create_repository(repositoryName="tickets")["repository"]
        told = ecr.get_authorization_token()["authorizationData"][0]
    user, password = registries.login("ecr")
    assert "CANARY" not in said and password not in said
    assert made["repositoryUri"] == f"{registries.host('ecr')}/tickets" and told["proxyEndpoint"] == f"http://{registries.host('ecr')}"
    digest = said.split("tickets/ticketing@")[1][:71]
    here, there = f"{registries.host('ncr')}/tickets/ticketing@{digest}", f"{registries.host('ecr')}/tickets@{digest}"
    assert here in said and there in said

    pods = engine.Podman(engine.Place("1", "no-such-network", ""), tmp_path / "pods")
    pod = {"metadata": {"name": "p", "namespace": "sales", "uid": "1"}}
    wanted = podspec.Plan(image=here)
    with pytest.raises(podspec.Unrunnable, match=r"Failed to pull image .*unauthorized"):
        pods.create("mcdr-test-no-such-pod", pod, wanted, "192.0.2.1")
    wanted.logins = {registries.host("ncr"): ("user", "CANARY-of-ncr")}
    with pytest.raises(podspec.Unrunnable, match="no command or entrypoint"):     # it came; it is one page and runs nothing
        pods.create("mcdr-test-no-such-pod", pod, wanted, "192.0.2.1")

    with pytest.raises(PodmanError, match="unauthorized"):
        siblings.perform({"verb": "pull", "image": there}, "h", "aws")
    with pytest.raises(siblings.Refused, match="invalid username/password"):
        siblings.perform({"verb": "login", "registry": registries.host("ecr"), "user": user, "password": "wrong"}, "h", "aws")
    assert siblings.perform({"verb": "login", "registry": registries.host("ecr"), "user": user, "password": password}, "h", "aws").rc == 0
    assert siblings.perform({"verb": "pull", "image": there, "login": [user, password]}, "h", "aws").stdout.strip()
    assert there in podman("image", "inspect", "--format={{.RepoDigests}}", there)


def test_a_registry_that_does_not_know_who_comes_stops_a_release(tmp_path: Path, lab: None) -> None:
    with AwsCloud() as cloud:
        wrong = variables(tmp_path, cloud)
        wrong["release_registries"][1] = {**wrong["release_registries"][1], "aws": {}, "user": "AWS", "password": "CANARY-of-yesterday"}
        said = play(tmp_path, MAIN, fails=True, **wrong)
    assert "stopped at step push:aws:" in said and "CANARY" not in said
    assert "unauthorized" in said or "authentication required" in said
