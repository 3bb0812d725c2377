# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host's metadata service: boto3 finds its role's credentials there, and who brings no token is told nothing."""

from __future__ import annotations

import http.server
import importlib.machinery
import importlib.util
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from botocore.utils import InstanceMetadataFetcher

from lab.images import RECIPES

TOLD = {"meta-data": {"instance-id": "i-1", "placement/region": "ap-northeast-2"},
        "role": {"role": "tickets-app", "access_key": "ASIA1", "secret_key": "kept", "token": "session"}}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, str]]:
    loader = importlib.machinery.SourceFileLoader("lab_metadata", str(RECIPES / "host/root/usr/local/sbin/lab-metadata"))
    spec = importlib.util.spec_from_loader("lab_metadata", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps(TOLD), encoding="utf-8")
    monkeypatch.setattr(module, "FILE", file)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), module.Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield module, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_boto3_finds_the_role_s_credentials(served: tuple[ModuleType, str]) -> None:
    found = InstanceMetadataFetcher(base_url=served[1]).retrieve_iam_role_credentials()
    assert {name: found[name] for name in ("role_name", "access_key", "secret_key", "token")} == {
        "role_name": "tickets-app", "access_key": "ASIA1", "secret_key": "kept", "token": "session"}


def test_nothing_is_told_without_a_token_and_nothing_that_is_not_known(served: tuple[ModuleType, str]) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{served[1]}latest/meta-data/instance-id", timeout=5)
    ask = urllib.request.Request(f"{served[1]}latest/api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}, method="PUT")
    with urllib.request.urlopen(ask, timeout=5) as answer:
        headers = {"X-aws-ec2-metadata-token": answer.read().decode()}
    with urllib.request.urlopen(urllib.request.Request(f"{served[1]}latest/meta-data/instance-id", headers=headers), timeout=5) as answer:
        assert answer.read() == b"i-1"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(urllib.request.Request(f"{served[1]}latest/meta-data/ami-id", headers=headers), timeout=5)


def test_an_instance_without_a_role_has_no_credentials(served: tuple[ModuleType, str]) -> None:
    module, url = served
    module.FILE.write_text(json.dumps({**TOLD, "role": None}), encoding="utf-8")
    assert InstanceMetadataFetcher(base_url=url, num_attempts=1).retrieve_iam_role_credentials() == {}
