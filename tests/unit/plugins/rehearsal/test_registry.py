# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The image comes from this site's own registry, with a pass that is asked for before each pull, as none lasts until the next rehearsal."""

from __future__ import annotations

import base64
from typing import Any

import boto3
import botocore.exceptions
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.parts import Parts

REGISTRY = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"


class Engine:
    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def login(self, *given: str) -> None:
        self.asked.append(("login", *given))

    def pull(self, image: str) -> None:
        self.asked.append(("pull", image))


def parts(registry: str) -> tuple[Parts, Engine]:
    made = Parts({"application": {"image": f"{REGISTRY}/tickets@sha256:1", "registry": registry},
                  "aws": {"client": {"region_name": "ap-northeast-2", "endpoint_url": ""}}}, lambda: 0.0)
    engine = Engine()
    made.__dict__["podman"] = engine
    return made, engine


def test_it_logs_in_before_it_pulls(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    class Client:
        def get_authorization_token(self) -> dict[str, Any]:
            return {"authorizationData": [{"authorizationToken": base64.b64encode(b"AWS:a:pass").decode()}]}

    monkeypatch.setattr(boto3, "client", lambda *given, **more: asked.append((*given, more)) or Client())
    made, engine = parts(REGISTRY)
    made.have_image()
    assert asked == [("ecr", {"region_name": "ap-northeast-2"})]
    assert engine.asked == [("login", REGISTRY, "AWS", "a:pass"), ("pull", f"{REGISTRY}/tickets@sha256:1")]


def test_an_image_of_no_registry_of_ecrs_wants_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_given, **_more: pytest.fail("asked"))
    made, engine = parts("")
    made.have_image()
    assert [verb for verb, *_more in engine.asked] == ["pull"]


def test_a_host_that_may_not_ask_says_what_gives_it_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def get_authorization_token(self) -> None:
            raise botocore.exceptions.ClientError({"Error": {"Code": "AccessDeniedException", "Message": "you may not"}}, "GetAuthorizationToken")

    monkeypatch.setattr(boto3, "client", lambda *_given, **_more: Client())
    made, engine = parts(REGISTRY)
    with pytest.raises(Fault, match=r"(?s)ask ECR for a pass.*you may not.*--tags aws_access"):
        made.have_image()
    assert engine.asked == []
