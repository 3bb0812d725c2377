# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a Jenkins can be built as it is planned: every fault by its path, all at once, and no secret in any of them."""

from __future__ import annotations

import copy
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.jenkins import plan, told

ROLE = Path(__file__).resolve().parents[4] / "roles" / "jenkins"
DEFAULTS = {name.removeprefix("jenkins_"): value for name, value in yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8")).items()}
DASHES = "-" * 5        # so that no line here looks like a key
KEY = f"{DASHES}BEGIN OPENSSH PRIVATE KEY{DASHES}\nCANARY+key\n{DASHES}END OPENSSH PRIVATE KEY{DASHES}\n"
GOOD: dict[str, Any] = {
    **DEFAULTS, "plugin_manager_sha256": "0123456789abcdef" * 4, "hook_token": "CANARY-" + "h" * 32, "vault_password": "CANARY of the vault",
    "node_key": KEY, "source_url": "ssh://git@git.example.com:2222/tickets/app.git", "source_key": KEY,
    "source_host_keys": ["[git.example.com]:2222 ssh-ed25519 AAAAC3Nza+C1=="],
    "users": [{"name": "mina", "password": "CANARY-of-mina", "may": "administer"}, {"name": "jun", "password": "CANARY-of-jun", "may": "look"}],
    "nodes": [{"name": "builder", "address": "10.0.0.30", "user": "builder", "known_by": "ssh-ed25519 AAAAC3Nza", "labels": ["release"]}]}
HTTPS = {"source_url": "https://git.example.com/tickets/app.git", "source_key": "", "source_host_keys": [], "source_user": "ci",
         "source_password": "CANARY-token"}


def faults(**changed: Any) -> list[str]:
    return plan.faults({**copy.deepcopy(GOOD), **changed})


@pytest.mark.parametrize("changed", [
    {}, HTTPS, {**HTTPS, "source_user": "", "source_password": ""}, {"source_url": "git@git.example.com:tickets/app.git"},
    {"address": "192.168.0.10", "client_cidrs": ["192.168.0.0/16", "10.0.0.5/32"]}, {"url": "https://jenkins.example.com/ci/"},
    {"java_package": "temurin-21-jre", "java_repository": {"url": "https://java.example.com/deb", "suite": "bookworm", "component": "main",
                                                          "key_url": "https://java.example.com/key", "key_fingerprint": "A" * 40}},
    {"branches": ["main", "release/*"]}], ids=str)
def test_what_works_is_taken(changed: dict[str, Any]) -> None:
    assert faults(**changed) == []


def test_nothing_is_asked_of_a_jenkins_that_there_is_not() -> None:
    assert plan.faults({**DEFAULTS, "enabled": False}) == []


def test_what_has_no_default_is_asked_for_all_at_once() -> None:
    """Whoever only switches it on is told everything that is still to be said."""
    assert [fault.split(":")[0] for fault in plan.faults(DEFAULTS)] == [
        f"jenkins_{name}" for name in ("plugin_manager_sha256", "users", "source_url", "nodes", "vault_password", "hook_token", "node_key")]


def user(**more: Any) -> dict[str, Any]:
    return {"users": [GOOD["users"][0], {"name": "jun", "password": "CANARY-of-jun", "may": "look", **more}]}


def node(**more: Any) -> dict[str, Any]:
    return {"nodes": [{**GOOD["nodes"][0], **more}]}


@pytest.mark.parametrize(("changed", "told_as"), [
    ({"version": "2.580"}, "version: '2.580' is no version"), ({"version": "2.*"}, "version:"), ({"java_package": "jre 21"}, "java_package:"),
    ({"java_home": "usr/lib"}, "java_home:"), ({"java_home": "/usr/../x"}, "java_home:"), ({"repository": "http://pkg.example.com"}, "repository:"),
    ({"key_url": "ftp://x"}, "key_url:"), ({"key_fingerprint": "BFC68"}, "key_fingerprint: is not a whole fingerprint"),
    ({"java_repository": {"url": "http://x", "suite": "a b", "component": "", "key_url": "https://a/k", "key_fingerprint": "A" * 40}},
     "java_repository.url: is no https://"),
    ({"java_repository": {"url": "https://java.example.com/deb"}}, "java_repository.suite: '' is no name"),
    ({"plugin_manager_url": "file:///tmp/x.jar"}, "plugin_manager_url:"), ({"plugin_manager_sha256": "ABC"}, "plugin_manager_sha256:"),
    ({"plugins": [*DEFAULTS["plugins"], "ant"]}, f"plugins[{len(DEFAULTS['plugins'])}]: 'ant' is no NAME:VERSION"),
    ({"plugins": [*DEFAULTS["plugins"], "ant:latest"]}, f"plugins[{len(DEFAULTS['plugins'])}]: 'ant:latest'"),
    ({"plugins": [*DEFAULTS["plugins"], "git:1.0"]}, f"plugins[{len(DEFAULTS['plugins'])}]: git is named already"),
    ({"plugins": ["git:5.10.1"]}, "plugins: configuration-as-code, credentials-binding"),
    ({"address": "0.0.0.0"}, "address: 0.0.0.0 may be reached from anywhere"), ({"address": "198.18.0.1"}, None),
    ({"address": "8.8.8.8"}, "address: 8.8.8.8 may"), ({"address": "::1"}, "address: ::1 may"), ({"address": "localhost"}, "address: 'localhost'"),
    ({"url": "https://jenkins.example.com"}, "url:"), ({"url": "https://x/'+'/"}, "url:"),
    ({"address": "10.0.0.1", "client_cidrs": ["0.0.0.0/0"]}, "client_cidrs[0]: 0.0.0.0/0 reaches beyond the VPN"),
    ({"address": "10.0.0.1", "client_cidrs": ["10.0.0.1/8"]}, "client_cidrs[0]: '10.0.0.1/8' is no IPv4 range"),
    ({"client_cidrs": ["10.0.0.0/8"]}, "client_cidrs: nobody of them reaches loopback"),
    (user(name="Jun"), "users[1].name: 'Jun'"), (user(name="authenticated"), "users[1].name:"),
    (user(name="mina"), "users[1].name: mina is there already"),
    (user(may="all"), "users[1].may:"), (user(password="CANARY"), "users[1].password: is shorter than 12 characters"),
    (user(password="CANARY ${vault_password}"), "users[1].password:"), (user(password=" CANARY-of-jun"), "users[1].password:"),
    ({"users": GOOD["users"][1:]}, "users: nobody of them may administer"),
    ({"source_url": "http://git.example.com/a"}, "source_url:"), ({"source_url": "https://ci:CANARY@git.example.com/a"}, "source_url:"),
    ({"source_url": "ssh://git@x/a'); println('b"}, "source_url:"), ({"source_key": ""}, "source_key: is missing"),
    ({"source_host_keys": []}, "source_host_keys: names none"), ({"source_host_keys": ["ssh-ed25519 AAAA"]}, "source_host_keys[0]:"),
    ({"source_user": "ci"}, "source_user: what is fetched by ssh"), ({**HTTPS, "source_key": KEY}, "source_key: what is fetched by https"),
    ({**HTTPS, "source_password": ""}, "source_password: a log-in has both"), ({**HTTPS, "source_user": ""}, "source_user: a log-in has both"),
    ({"branches": []}, "branches: names none"), ({"branches": ["main", "a'b"]}, "branches[1]:"), ({"job": "my job"}, "job:"),
    ({"label": "Release"}, "label:"), (node(name="built-in"), "nodes[0].name:"), (node(address="a b"), "nodes[0].address:"),
    ({"nodes": GOOD["nodes"] * 2}, "nodes[1].name: builder is there already"), (node(port=0), "nodes[0].port:"),
    (node(user="root"), "nodes[0].user:"),
    (node(known_by="AAAA"), "nodes[0].known_by:"), (node(executors=0), "nodes[0].executors:"), (node(folder="builds"), "nodes[0].folder:"),
    (node(java="java"), "nodes[0].java:"), (node(labels=["release", "a b"]), "nodes[0].labels: 'a b'"),
    (node(labels=["docker"]), "nodes: none has the label release"),
    ({"vault_password": "CANARY"}, "vault_password:"), ({"vault_password": "CANARY\nof the vault"}, "vault_password:"),
    ({"hook_token": "CANARY"}, "hook_token:"), ({"hook_token": "CANARY&" + "x" * 40}, "hook_token:"),
    ({"node_key": "CANARY"}, "node_key: is no private key"), ({"source_key": "CANARY"}, "source_key: is no private key"),
    ({"port": 80}, "port: 80"), ({"heap_mb": 64}, "heap_mb:"), ({"scan_minutes": 1}, "scan_minutes:"), ({"settle_seconds": 5}, "settle_seconds:"),
], ids=lambda value: str(value)[:60])
def test_what_cannot_work_is_told_by_its_place_and_without_secrets(changed: dict[str, Any], told_as: str | None) -> None:
    found = faults(**changed)
    assert "CANARY" not in "".join(found)
    assert bool(found) == (told_as is not None)
    assert told_as is None or any(fault.startswith(f"jenkins_{told_as}") for fault in found), found


def test_all_faults_are_told_at_once() -> None:
    found = faults(version="new", address="0.0.0.0", port=1, branches=[], nodes=[], users=[])
    assert [fault.split(":")[0] for fault in found] == [
        f"jenkins_{name}" for name in ("version", "address", "users", "branches", "nodes", "port")]


def test_each_secret_is_a_file_and_nothing_else_is() -> None:
    files = {kept["name"]: kept["content"] for kept in told.secrets(GOOD)}
    assert files == {"vault_password": "CANARY of the vault", "node_key": KEY, "source_key": KEY, "user_mina": "CANARY-of-mina",
                     "user_jun": "CANARY-of-jun"}
    assert {kept["name"] for kept in told.secrets({**GOOD, **HTTPS})} == {"vault_password", "node_key", "source_password", "user_mina", "user_jun"}
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in files), "a name that systemd and configuration-as-code take"


def test_people_are_referred_to_and_may_what_they_are_said_to() -> None:
    mina, jun = told.people(GOOD["users"])
    assert (mina["reference"], mina["permissions"]) == ("${user_mina}", ["Overall/Administer"])
    assert jun["permissions"] == ["Overall/Read", "Job/Read", "View/Read"] and "CANARY" not in str((mina, jun))
    assert set(told.PERMISSIONS) == set(plan.MAY) and "Job/Configure" not in told.PERMISSIONS["release"]


def test_a_webhooks_token_is_kept_as_a_digest_that_is_the_same_each_time() -> None:
    kept = told.hook(GOOD["hook_token"])
    assert kept["hash"] == hashlib.sha256(GOOD["hook_token"].encode()).hexdigest() and kept == told.hook(GOOD["hook_token"])
    assert kept["uuid"] != told.hook("y" * 32)["uuid"]
