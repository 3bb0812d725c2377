# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door to the wire against a scripted conversation: what is repeated, what is not, and whose words are kept."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault, Refused, ReplyLost, Unreachable
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus import DnsPlus
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds import Rds
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.registry import Ncr
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.wire import LONGEST_RETRY_AFTER_SECONDS, PAUSES_SECONDS, Wire, spoken

from tests.unit.plugins.still_clock import StillClock


class Script(requests.Session):
    """Answers request by request; an exception is raised instead. One request too many fails the test."""

    def __init__(self, *lines: int | tuple[int, dict[str, str], str] | Exception) -> None:
        super().__init__()
        self.lines = list(lines)

    def request(self, *_: Any, **__: Any) -> requests.Response:
        line = self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        status, headers, text = (line, {}, "") if isinstance(line, int) else line
        reply = requests.Response()
        reply.status_code, reply._content = status, text.encode()
        reply.headers.update(headers)
        return reply


def send(method: str, *lines: Any, **options: Any) -> tuple[Any, StillClock, Script]:
    clock, script = StillClock(), Script(*lines)
    wire = Wire(dict, options.pop("renew", lambda: False), check="Check the key.", clock=clock, session=script)
    reply = wire.send(method, "http://cloud/thing", doing="ask", to="it", **options)
    assert script.lines == []
    return reply, clock, script


def test_a_read_is_repeated_with_growing_pauses() -> None:
    reply, clock, _ = send("GET", 503, requests.ConnectionError(), requests.Timeout(), 200)
    assert (reply.status, clock.pauses) == (200, [1, 2, 4])


def test_a_read_is_given_up_after_all_pauses() -> None:
    with pytest.raises(Unreachable, match=f"asked {len(PAUSES_SECONDS) + 1} times"):
        send("GET", *[503] * (len(PAUSES_SECONDS) + 1))


@pytest.mark.parametrize("line", [500, 504, requests.ConnectionError(), requests.ReadTimeout()])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_with_unknown_outcome_is_never_repeated_blindly(method: str, line: Any) -> None:
    with pytest.raises(ReplyLost):
        send(method, line)


@pytest.mark.parametrize("status", [301, 302, 307, 304])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_redirect_is_neither_an_answer_nor_followed(method: str, status: int) -> None:
    with pytest.raises(Refused, match=f"{status}.*portal.example"):
        send(method, (status, {"Location": "https://portal.example/"}, ""))


def test_a_write_that_was_not_taken_is_repeated() -> None:
    reply, clock, _ = send("POST", (429, {"Retry-After": "5"}, ""), 201)
    assert (reply.status, clock.pauses) == (201, [5])


def test_no_cloud_makes_us_wait_for_hours() -> None:
    _, clock, _ = send("GET", (429, {"Retry-After": "86400"}, ""), 200)
    assert clock.pauses == [LONGEST_RETRY_AFTER_SECONDS]


def test_a_harmless_post_is_repeated_as_a_read_is() -> None:
    assert send("POST", 503, 200, harmless=True)[0].status == 200


def test_a_refusal_is_told_at_once_with_code_words_and_request() -> None:
    body = '{"NeutronError": {"type": "VpcInUse", "message": "has subnets", "detail": ""}}'
    with pytest.raises(Refused, match=r'409 VpcInUse: "has subnets" \(request req-1\)'):
        send("DELETE", (409, {"x-openstack-request-id": "req-1"}, body))


def test_a_page_of_plain_text_is_quoted_too() -> None:
    with pytest.raises(Refused, match="Bad gateway of some proxy"):
        send("GET", (400, {}, "Bad gateway of some proxy"))


def test_gone_is_an_answer_only_when_asked() -> None:
    assert send("DELETE", 404, gone_is_fine=True)[0].status == 404
    with pytest.raises(Refused):
        send("DELETE", 404)


def test_the_log_in_is_renewed_once_and_the_request_repeated() -> None:
    assert send("POST", 401, 201, renew=lambda: True)[0].status == 201
    with pytest.raises(Refused, match=r"Check the key\."):
        send("POST", 401, 401, renew=lambda: True)


@pytest.mark.parametrize(("client", "of"), [
    (Iaas, {"password", "tenant_id"}), (Rds, {"appkey", "access_key_id"}), (Ncr, {"registry_appkey", "access_key_id"}),
    (DnsPlus, {"dns_plus_appkey", "appkey"})])
def test_who_is_not_let_in_is_told_what_this_service_lets_in_by(client: Any, of: set[str]) -> None:
    """RDS and the registry know no password, and a gateway before them answers 401 without their envelope."""
    auth = {"identity_url": "http://cloud", "region": "KR1", "rds_version": "v3.0", "rds_url": "http://cloud", "registry_url": "http://cloud",
            "dns_plus_url": "http://cloud",
            **dict.fromkeys(("tenant_id", "username", "password", "appkey", "access_key_id", "access_key_secret"), "a")}
    cloud = client(auth, clock=StillClock(), session=Script(401))
    ask: dict[Any, Any] = {Iaas: lambda: cloud.list("network", "/vpcs", "vpcs")}
    with pytest.raises(Refused) as no:
        ask.get(client, lambda: cloud.call("GET", "/things", doing="read"))()
    assert {word for word in ("password", "tenant_id", "appkey", "registry_appkey", "dns_plus_appkey", "access_key_id")
            if f"auth.{word}" in no.value.then} == of


@pytest.mark.parametrize(("body", "said"), [
    ({"NeutronError": {"type": "T", "message": "m", "detail": ""}}, ("T", "m")),
    ({"badRequest": {"code": 400, "message": "m"}}, ("badRequest", "m")),
    ({"error": {"code": 401, "title": "Unauthorized", "message": "m"}}, ("Unauthorized", "m")),
    ({"errors": [{"title": "t", "detail": "d"}]}, ("t", "d")),
    ({"errors": [{"title": "d", "detail": "d"}]}, ("", "d")),
    ({"header": {"resultCode": 7008, "resultMessage": "m", "isSuccessful": False}}, ("7008", "m")),
    ({"NeutronError": "m"}, ("", "m")),
    ({"anything": 1}, ("", "")),
    ([], ("", "")),
])
def test_every_known_shape_of_error_is_read(body: Any, said: tuple[str, str]) -> None:
    assert spoken(body) == said


@pytest.mark.parametrize("status", range(400, 429))
def test_whatever_is_refused_says_what_to_do(status: int) -> None:
    with pytest.raises(Refused) as no:
        send("POST", status)
    assert no.value.then.endswith(".") and no.value.left


@pytest.mark.parametrize(("url", "headers"), [
    ("http://cloud", {"X-Key": "CANARY\n"}), ("http://cloud", {"X-Key": "CANARY\u2026"}), ("cloud/x", {}),
    ("http://[bad", {}), ("gopher://cloud", {})])
def test_what_no_request_can_be_made_of_is_told_at_once_and_not_quoted(url: str, headers: dict[str, str]) -> None:
    clock = StillClock()
    with pytest.raises(Fault, match="Nothing was sent") as caught:
        Wire(lambda: headers, check="", clock=clock).send("POST", url, doing="ask", to="it")
    assert clock.pauses == [] and "CANARY" not in str(caught.value)
