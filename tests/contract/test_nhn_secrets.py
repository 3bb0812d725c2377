# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every nhn_* module at -vvvv, foretelling, doing and failing: no password, appkey, access key or token is in what ansible-playbook says or logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.nhn.app import serve_in_thread
from lab.nhn.store import Credentials, Settings
from tests.contract.nhn_cloud import NhnCloud, no_time_passes
from tests.contract.nhn_walk import LOOKS, WALK, WORLD

MINE = Credentials(password="CANARY-api-password", appkey="CANARYappkey", access_key_secret="CANARY-access-key-secret")
# Done for real and taken back: one of each way to log in, those that take or make a secret, and no long waits.
DONE = ("vpc", "keypair", "rds_security_group", "rds_user", "registry", "dns_plus_gslb", "object_container", "s3_credential")
LOOKED_AT: dict[str, dict[str, Any]] = {"kubernetes_config": {"name": "cluster"}, "rds_backup_info": {"instance": "database"},
                                        "rds_metric_info": {"instance": "database", "measures": ["CPU_USAGE"]}}
# What their own options do not hold in the walk, and may.
MORE: dict[str, dict[str, Any]] = {
    "kubernetes_cluster": {"labels": {"user_script_v2": "echo CANARY-9", "skm": {"key_id": "CANARY-3"}, "boot_volume_appkey": "CANARY-8"}},
    "kubernetes_node_group": {"labels": {"user_script_v2": "echo CANARY-9", "extra_volumes": [{"volume_appkey": "CANARY-4"}]}}}
FAILING: dict[str, dict[str, str]] = {
    "vpc": {"password": "CANARY-wrong-password"}, "object_container": {"password": "CANARY-wrong-password"},
    "rds_user": {"appkey": "CANARYwrongappkey"}, "registry": {"appkey": "CANARYwrongappkey", "access_key_secret": "CANARY-wrong-secret"},
    "rds_schema": {"rds_url": "http://127.0.0.1:9"}, "dns_plus": {"dns_plus_appkey": "CANARYwrongappkey"},
    "dns_plus_gslb": {"dns_plus_url": "http://127.0.0.1:9"}}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[NhnCloud]:
    """A cloud whose every secret is a canary, with what the walked kinds live in."""
    kube = tmp_path / "kube"
    kube.mkdir()
    (kube / "ca.crt").write_text("authority", encoding="utf-8")
    (kube / "token").write_text("CANARY-kube-token", encoding="utf-8")
    url, store = serve_in_thread(settings=Settings(credentials=MINE, auto_observe=True, kube=kube, faults=tmp_path / "faults.json",
                                                   objects=tmp_path / "objects", backups=tmp_path / "backups"))
    made = NhnCloud(url, store)
    made.auth.update(password=MINE.password, appkey=MINE.appkey, access_key_secret=MINE.access_key_secret)
    with no_time_passes():
        for kind, options in WORLD:
            made.make(kind, **options)
    yield made
    store.close()


def task(kind: str, auth: dict[str, Any], options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {f"multicloud.dr.nhn_{kind}": {"auth": auth, **options}, **more}


def play(cloud: NhnCloud, folder: Path, tasks: list[dict[str, Any]]) -> tuple[str, str]:
    """(what ansible-playbook said at -vvvv, its last lines)."""
    playbook, log = folder / "play.json", folder / "log"
    playbook.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks,
                                     "vars": {"ansible_python_interpreter": sys.executable}}]), encoding="utf-8")
    done = subprocess.run([str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-vvvv", "--diff", str(playbook)], check=False,
                          capture_output=True, text=True, timeout=500,
                          env={**os.environ, "HOME": str(folder), "ANSIBLE_LOG_PATH": str(log)})
    everything = done.stdout + done.stderr + log.read_text(encoding="utf-8")
    assert done.returncode == 0, everything[-3000:]
    return everything, done.stdout[-300:]


@pytest.mark.long
def test_no_secret_is_said_at_the_highest_verbosity(cloud: NhnCloud, tmp_path: Path) -> None:
    keys = {"credentials_file": str(tmp_path / "s3-keys")}
    tasks = [task(kind, cloud.auth, {**WALK[kind][0], **MORE.get(kind, {}), **(keys if kind == "s3_credential" else {})}, check_mode=True)
             for kind in WALK]
    tasks += [task(kind, cloud.auth, LOOKED_AT.get(kind, {}), **({"no_log": True} if kind == "kubernetes_config" else {})) for kind in sorted(LOOKS)]
    for kind in DONE:
        options = {**WALK[kind][0], **(keys if kind == "s3_credential" else {})}
        tasks += [task(kind, cloud.auth, options), task(kind, cloud.auth, options)]
    tasks += [task(kind, {**cloud.auth, **wrong}, WALK[kind][0], register="wrong", failed_when="wrong is not failed")
              for kind, wrong in FAILING.items()]
    everything, end = play(cloud, tmp_path, tasks)
    assert f"ok={len(tasks)}" in end and "multicloud.dr.nhn_vpc" in everything
    secrets = known(cloud)
    assert len(secrets) > 6 and (tmp_path / "s3-keys").exists()
    assert said(secrets, everything) == []


def known(cloud: NhnCloud) -> dict[str, str]:
    """{what it is: a secret} of everything that must not be said."""
    many = {"token": cloud.store.tokens, "access token": cloud.store.access_tokens,
            "S3 secret": [pair["secret"] for pair in cloud.store.s3_credentials.values()]}
    return {"password": MINE.password, "appkey": MINE.appkey, "access key": MINE.access_key_secret, "canary": "CANARY",
            **{f"{name} {number}": secret for name, secrets in many.items() for number, secret in enumerate(secrets)}}


def said(secrets: dict[str, str], everything: str) -> list[str]:
    """What of them was said."""
    return [name for name, secret in secrets.items() if secret in everything]


@pytest.mark.long
def test_what_is_let_slip_is_found(cloud: NhnCloud, tmp_path: Path) -> None:
    """Each kind of secret let slip on purpose, as a careless task would: the hunt above is able to fail."""
    cloud.make("s3_credential", credentials_file=str(tmp_path / "s3-keys"))
    token = next(iter(cloud.store.tokens))
    slips: dict[str, dict[str, Any]] = {
        "canary": task("kubernetes_config", cloud.auth, {"name": "cluster"}),               # without no_log: the kubeconfig is the answer
        "token 0": {"ansible.builtin.debug": {"msg": f"asked with X-Auth-Token {token}"}},
        "S3 secret 0": {"ansible.builtin.command": {"argv": ["cat", str(tmp_path / "s3-keys")]}},
        "appkey": {"ansible.builtin.set_fact": {"somebody": {"account": cloud.auth}}}}
    found = {}
    for name, slip in slips.items():
        everything, _ = play(cloud, tmp_path, [slip])
        found[name] = said(known(cloud), everything)
        (tmp_path / "log").unlink()
    assert all(name in names for name, names in found.items()), found
    assert "password" in found["appkey"] and "appkey" not in found["canary"]
