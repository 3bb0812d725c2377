# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Python package that is not installed is told by whoever uses it, and by nobody before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.absent import NotInstalled, absent
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt

MODULES = "ansible_collections.multicloud.dr.plugins.modules"


def failed(module: str, lacking: str, asked: dict[str, object], where: Path) -> dict[str, Any]:
    """What a module says to Ansible, run by a Python that has no package `lacking`."""
    from_nothing = f'import sys; sys.modules["{lacking}"] = None; from {MODULES} import {module}; {module}.main()'
    done = subprocess.run([sys.executable, "-c", from_nothing], input=json.dumps({"ANSIBLE_MODULE_ARGS": asked}), capture_output=True, text=True,
                          check=False, timeout=60, cwd=where, env={**os.environ, "PYTHONPATH": str(Path("collections").resolve())})
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_may_be_inherited_from_and_caught_and_a_call_says_what_to_install() -> None:
    requests = absent("requests")

    class Session(requests.Session):  # type: ignore[misc]
        """As some of ours are."""

    try:
        {}["key"]
    except (requests.exceptions.InvalidURL, requests.RequestException):
        pytest.fail("caught what is none of its own")
    except KeyError:
        pass
    for call in (requests.get, requests.sessions.Session, Session, requests):
        with pytest.raises(NotInstalled, match=r"(?s)use the Python package requests.*Install requests for that Python"):
            call("https://example.com")
    assert not hasattr(requests, "__path__")


@pytest.mark.parametrize(("module", "package", "asked"), [
    ("release_signature", "cryptography", {"state": "signed", "folder": "image", "place": "ncr.example.com/shop", "digest": "sha256:1",
                                           "private_key": "long-and-in-no-sentence"}),
    ("service_proof", "dnspython", {"domain": "tickets.example.com", "nameserver": "127.0.0.1"}),
    ("drill_buyers", "dnspython", {"domain": "tickets.example.com", "nameserver": "127.0.0.1", "log": "buyers.jsonl", "stop_file": "stop"}),
    ("drill_report", "dnspython", {"domain": "tickets.example.com", "nameserver": "127.0.0.1", "log": "buyers.jsonl", "directory": ".",
                                   "started": "2026-01-01T00:00:00", "verdict": "x", "steps": [], "detected": 1, "timing": {}}),
])
def test_a_module_without_another_package_tells_so(module: str, package: str, asked: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "buyers.jsonl").write_text(Attempt(2.0, 1.0, "key", 1, "A-1", 201, "nhn", 1, ticket="t", by_site="nhn", by_epoch=1).line() + "\n")
    told = failed(module, {"cryptography": "cryptography", "dnspython": "dns"}[package], asked, tmp_path)
    assert told["failed"] and f"use the Python package {package}" in told["msg"] and told["failure"]["doing"], told


def test_whoever_goes_on_when_a_cloud_is_silent_does_not_take_it_for_silence() -> None:
    assert not issubclass(NotInstalled, Fault)


@pytest.mark.parametrize("module", ["nhn_vpc_info", "nhn_rds_instance_info", "nhn_registry_info", "nhn_dns_plus_info", "world_info"])
def test_a_module_without_requests_tells_so(module: str, tmp_path: Path) -> None:
    keys = ("tenant_id", "username", "password", "appkey", "registry_appkey", "dns_plus_appkey", "access_key_id", "access_key_secret")
    asked: dict[str, object] = {"auth": {key: "long-and-in-no-sentence" for key in keys}}
    if module == "world_info":
        asked |= {"aws": {"region": "ap-northeast-2"}, "names": {"nhn": {"host": "h"}, "aws": {"host": "h"}}, "unreachable_is_null": ["nhn", "aws"]}
    told = failed(module, "requests", asked, tmp_path)
    assert told["failed"] and "use the Python package requests" in told["msg"] and told["failure"]["doing"], told
