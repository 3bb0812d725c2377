# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cache that a client of the lab's Kubernetes leaves is found by the client's own rule, and nobody else's is touched."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.kubernetes.core.plugins.module_utils.client.discovery import Discoverer

from lab import world
from lab.kubernetes import client_cache

CLUSTER = "5a3f1c52-7a51-4a0e-9a6e-0123456789ab"


def cache_of(server: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Where kubernetes.core keeps what it knows about a server."""
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(Discoverer, "_Discoverer__init_cache", lambda self: None)
    made = Discoverer(SimpleNamespace(configuration=SimpleNamespace(host=server)), None)
    path = Path(made._Discoverer__cache_file)
    path.write_text("{}")
    return path


def test_only_the_caches_of_the_labs_own_clusters_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = cache_of(f"{world.KUBERNETES_URL}/clusters/{CLUSTER}", monkeypatch, tmp_path)
    other = cache_of("https://10.0.0.1:6443", monkeypatch, tmp_path)
    journal = tmp_path / "nhn.jsonl"
    journal.write_text(json.dumps({"time": 1.0, "path": f"/v1/clusters/{CLUSTER}/config", "write": False}) + "\n")
    assert client_cache.remove(journal, tmp_path) == 1
    assert (ours.exists(), other.exists()) == (False, True)
    assert client_cache.remove(tmp_path / "absent.jsonl", tmp_path) == 0
