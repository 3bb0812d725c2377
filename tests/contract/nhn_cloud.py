# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An NHN Cloud in a thread and the nhn_* modules run against it in this process, with time that does not pass and writes counted."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import requests
from ansible.module_utils.testing import patch_module_args
from ansible_collections.multicloud.dr.plugins.module_utils import waiting

from lab.nhn.store import Credentials, Store

MODULES = "ansible_collections.multicloud.dr.plugins.modules."


@contextmanager
def no_time_passes() -> Iterator[list[float]]:
    """Sleeps return at once and move the modules' clock; the list holds how long each would have been."""
    pauses: list[float] = []
    with patch.multiple(waiting.SystemClock, now=lambda self: sum(pauses), sleep=lambda self, seconds: pauses.append(seconds)):
        yield pauses


@dataclass
class Outcome:
    """What a task answered: the module's result, and everything it printed."""

    result: dict[str, Any]
    everything: str

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def resource(self) -> dict[str, Any]:
        return self.result["resource"]


class NhnCloud:
    """One emulator and an account on it. `store` is open to tests."""

    def __init__(self, url: str, store: Store) -> None:
        self.url, self.store = url, store
        mine = Credentials()
        self.auth = {"identity_url": f"{url}/identity/v2.0", "rds_url": f"{url}/rds", "registry_url": f"{url}/registry", "oauth_url": url,
                     "dns_plus_url": f"{url}/dns-plus",
                     "tenant_id": mine.tenant_id, "object_tenant_id": mine.object_tenant_id, "username": mine.username, "password": mine.password,
                     "appkey": mine.appkey, "access_key_id": mine.access_key_id, "access_key_secret": mine.access_key_secret}
        self._counted = 0

    def run(self, kind: str, /, check: bool = False, **options: Any) -> Outcome:
        """Run module nhn_<kind>; a failure is an Outcome too."""
        main = importlib.import_module(f"{MODULES}nhn_{kind}").main
        printed, said = io.StringIO(), io.StringIO()
        args = {"auth": self.auth, **options, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(args), redirect_stdout(printed), redirect_stderr(said), suppress(SystemExit):
            main()
        return Outcome(json.loads(printed.getvalue()), printed.getvalue() + said.getvalue())

    def make(self, kind: str, /, **options: Any) -> dict[str, Any]:
        """Run a module that must succeed; the resource."""
        outcome = self.run(kind, **options)
        assert not outcome.failed, outcome.result["msg"]
        return outcome.resource

    def unkind(self, match: str, status: int = 503, **order: Any) -> None:
        """Order misbehaviour for the next request like match ("POST /network/v2.0/vpcs"); after=True: it takes effect all the same."""
        requests.post(f"{self.url}/_lab/unkind", json={"match": match, "status": status, **order}, timeout=5).raise_for_status()

    def orders(self) -> list[dict[str, Any]]:
        """Misbehaviour still to happen."""
        return requests.get(f"{self.url}/_lab/unkind", timeout=5).json()["orders"]

    def kind(self) -> None:
        """Take all orders back."""
        requests.delete(f"{self.url}/_lab/unkind", timeout=5).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """The journal since the last look."""
        if not self.store.requests or not self.store.requests.exists():
            return []
        with self.store.requests.open(encoding="utf-8") as journal:
            journal.seek(self._counted)
            new = [json.loads(line) for line in journal.read().splitlines()]
            self._counted = journal.tell()
        return new

    def take_writes(self) -> list[str]:
        """Requests since the last look that would change something, as "POST /network/v2.0/vpcs"."""
        return [f"{entry['method']} {entry['path']}" for entry in self.requests() if entry["write"]]
