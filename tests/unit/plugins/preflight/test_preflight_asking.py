# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions side by side: one that fails or hangs takes no other with it, and all is over in time."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests
from ansible_collections.multicloud.dr.plugins.filter.preflight import preflight_key, preflight_third
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Answer, BadInput, Refused, Unreachable
from ansible_collections.multicloud.dr.plugins.module_utils.preflight import ask_aws
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.asking import Hurried, ask, offset, why_not


def raises(error: Exception) -> Any:
    raise error


def test_every_question_has_an_answer_or_a_reason_and_one_that_hangs_waits_for_nobody() -> None:
    never = threading.Event()
    began = time.monotonic()
    told = ask({"good": lambda: {"a": 1}, "bad": lambda: raises(BadInput(["auth.x: is missing"])), "odd": lambda: raises(KeyError("CANARY")),
                "hangs": lambda: {"waited": never.wait(60)}}, why_not, time.monotonic() + 1)
    assert told["answers"] == {"good": {"a": 1}} and time.monotonic() - began < 30
    assert {name: why["kind"] for name, why in told["silent"].items()} == {"bad": "unsaid", "odd": "silent", "hangs": "silent"}
    assert "CANARY" not in str(told)


@pytest.mark.parametrize(("error", "kind", "words"), [
    (Refused("log in", answer=Answer("NHN Cloud", 401, "Unauthorized", "who are you")), "refused", "401 Unauthorized who are you"),
    (Unreachable("list", "vpcs", answer=Answer("NHN Cloud", 503, "", "away")), "silent", "503 away"),
    (Unreachable("list", "vpcs", answer=Answer("NHN Cloud", None, "", "no connection")), "silent", "no connection"),
    (BadInput(["auth.appkey: required"]), "unsaid", "auth.appkey: required"),
])
def test_a_no_is_another_thing_than_silence(error: Exception, kind: str, words: str) -> None:
    assert why_not(error) == {"kind": kind, "words": words}


class FromAws(Exception):
    """As botocore's ClientError."""

    def __init__(self, status: int) -> None:
        self.response = {"Error": {"Code": "AccessDenied", "Message": "not you"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        super().__init__("CANARY")


def test_aws_speaks_for_itself() -> None:
    assert ask_aws.why_not(FromAws(403)) == {"kind": "refused", "words": "AccessDenied not you"}
    assert ask_aws.why_not(FromAws(503))["kind"] == "silent" and ask_aws.why_not(ValueError("CANARY"))["words"] == "ValueError"


def test_a_key_that_is_not_to_be_had_is_not_looked_for_elsewhere() -> None:
    wanted = {"types": [], "images": [], "engine_version": "", "database_class": "", "buckets": [], "zone": "z.test", "owner": "o", "resolvers": [],
              "certificate_arn": "", "certificate_domain": "", "container_image": "", "rule_groups": []}
    told = ask_aws.look({"region": "ap-northeast-2", "access_key": "", "secret_key": ""}, wanted, lambda zone, resolvers: ["ns1"], 5)
    assert told["answers"] == {"resolvers": {"servers": ["ns1"]}} and told["silent"]["identity"]["kind"] == "unsaid"


def test_time_that_is_up_is_up() -> None:
    with pytest.raises(requests.Timeout):
        Hurried(time.monotonic() - 1).get("http://127.0.0.1:9/")


def test_the_other_sides_clock_is_read_from_its_answer() -> None:
    now = 1795737600.0              # 2026-11-27 00:00:00
    assert offset("Fri, 27 Nov 2026 00:00:00 GMT", now, now + 1) == 0.0
    assert offset("Fri, 27 Nov 2026 00:01:00 GMT", now, now + 1) == 60.0
    assert offset(None, now, now) is None and offset("yesterday", now, now) is None


def test_what_tasks_found_becomes_facts() -> None:
    facts = {"ansible_distribution": "Debian", "ansible_distribution_major_version": "12", "ansible_date_time": {"epoch": "107"}}
    heard = {"preflight_heard_third": {"ansible_facts": facts}, "preflight_third_asked": 100, "preflight_third_answered": 105}
    assert preflight_third(heard) == {"system": "Debian", "version": "12", "offset_seconds": 2.0}
    assert preflight_third(heard | {"preflight_third_answered": 110})["offset_seconds"] == 0.0
    assert preflight_third({"preflight_heard_third": {"unreachable": True, "msg": "no route\nmore"}}) == {"unreachable": "no route"}
    assert preflight_third({}) == {"unreachable": "it gave no answer"} and preflight_third({"preflight_heard_third": {"skipped": True}}) == {}
    private = {"item": "/keys/id", "stat": {"exists": True, "mode": "0640"}}
    assert preflight_key({"results": [private, {"stat": {"exists": False}}]}) == {"path": "/keys/id", "exists": True, "public": False, "mode": 0o640}
    assert preflight_key({"skipped": True}) == {}
