# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The container registry: what NHN documents of it, on the wire and through the module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.nhn_cloud import NhnCloud


@pytest.fixture
def clean(nhn: NhnCloud) -> Iterator[NhnCloud]:
    """The cloud without a registry."""
    nhn.store.registries.clear()
    yield nhn


def ask(nhn: NhnCloud, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """A plain request, as the documents write it; HTTP 200 whatever becomes of it."""
    login = {"X-TC-AUTHENTICATION-ID": nhn.auth["access_key_id"], "X-TC-AUTHENTICATION-SECRET": nhn.auth["access_key_secret"]}
    reply = requests.request(method, f"{nhn.url}/registry/ncr/v2.0/appkeys/{nhn.auth['appkey']}{path}", json=body, timeout=5,
                             headers={**login, **{name.replace("_", "-"): value for name, value in headers.items()}})
    assert reply.status_code == 200
    return reply.json()


def test_the_emulator_answers_in_the_documented_shapes(clean: NhnCloud) -> None:
    made = ask(clean, "POST", "/registries", {"project_name": "tickets", "metadata": {"auto_scan": "true"}})
    assert made == {"header": {"isSuccessful": True, "resultCode": 200, "resultMessage": "SUCCESS"}}
    registry = ask(clean, "GET", "/registries/tickets")["registry"]
    assert {"project_id", "name", "creation_time", "update_time", "repo_count", "metadata", "cve_allowlist", "registry_id", "usage", "uri",
            "private_uri"} == set(registry)
    assert isinstance(registry["project_id"], int) and registry["metadata"] == {"auto_scan": "true", "public": "false"}
    assert registry["uri"].endswith("-kr1-registry.container.nhncloud.com/tickets") and registry["private_uri"] == f"private-{registry['uri']}"
    refused = ask(clean, "POST", "/registries", {"project_name": "tickets"})["header"]
    assert refused["isSuccessful"] is False and refused["resultCode"] >= 10000


def test_a_name_of_digits_needs_the_header(clean: NhnCloud) -> None:
    ask(clean, "POST", "/registries", {"project_name": "2026"})
    assert ask(clean, "GET", "/registries/2026")["header"]["isSuccessful"] is False
    assert ask(clean, "GET", "/registries/2026", X_Is_Resource_Name="true")["registry"]["name"] == "2026"
    assert clean.run("registry", name="2026").result["action"] == "none"
    assert clean.run("registry", name="2026", state="absent").result["action"] == "delete"


def test_it_is_found_beyond_the_first_page(clean: NhnCloud) -> None:
    for number in range(205):
        ask(clean, "POST", "/registries", {"project_name": f"r{number}"})
    assert len(ask(clean, "GET", "/registries")["registries"]) == 10
    assert clean.run("registry", name="r204").result["action"] == "none"


def test_a_good_code_is_200_and_nothing_else(clean: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 is what RDS says when all is well."""
    monkeypatch.setattr("lab.nhn.registry.REGISTRY_SUCCESS", {"isSuccessful": True, "resultCode": 0, "resultMessage": "SUCCESS"})
    assert clean.run("registry", name="tickets").result["failure"]["kind"] == "Refused"


def test_settings_that_nobody_named_stay(clean: NhnCloud) -> None:
    clean.make("registry", name="tickets", scan_on_push=True, severity="high", cve_allowlist=["CVE-2011-3374"])
    now = clean.make("registry", name="tickets", block_vulnerable=True)
    assert (now["scan_on_push"], now["severity"], now["cve_allowlist"]) == (True, "high", ["CVE-2011-3374"])
    assert clean.make("registry", name="tickets", cve_allowlist=[])["cve_allowlist"] == []


@pytest.mark.parametrize("check", [True, False])
def test_one_with_images_stays(clean: NhnCloud, check: bool) -> None:
    clean.make("registry", name="full")
    next(iter(clean.store.registries.values()))["repo_count"] = 2
    clean.requests()
    failure = clean.run("registry", check=check, name="full", state="absent").result["failure"]
    assert "2 images" in failure["left"] and failure["next"] and clean.take_writes() == []


def test_what_the_service_refuses_is_told_with_four_facts_and_without_secrets(clean: NhnCloud) -> None:
    outcome = clean.run("registry", name="Not A Name")
    failure = outcome.result["failure"]
    assert (failure["doing"], failure["to"]) == ("create registry", "Not A Name") and "illegal" in failure["answer"]["words"]
    stranger = NhnCloud(clean.url, clean.store)
    stranger.auth.update(registry_appkey="CANARY-58", access_key_secret="CANARY-59")
    outcome = stranger.run("registry", name="tickets")
    assert "Check auth." in outcome.result["failure"]["next"] and "CANARY" not in outcome.everything


def test_the_appkey_in_the_path_is_not_shown_when_nobody_answers(clean: NhnCloud) -> None:
    away = NhnCloud("http://127.0.0.1:9", clean.store)
    away.auth["appkey"] = "CANARY-60"
    outcome = away.run("registry", name="tickets")
    assert outcome.result["failure"]["kind"] == "Unreachable" and "CANARY" not in outcome.everything


def test_an_account_without_an_appkey_is_told_so(clean: NhnCloud) -> None:
    stranger = NhnCloud(clean.url, clean.store)
    del stranger.auth["appkey"]
    assert "auth.registry_appkey: required" in stranger.run("registry", name="tickets").result["msg"]
