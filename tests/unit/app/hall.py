# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of the application share: a gate that answers as told, and a browser."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine
from ticketing.config import Rate, Settings
from ticketing.crossing import Crossing
from ticketing.gate import Reign
from ticketing.main import create
from ticketing.store import Store

OPEN = Reign(site="nhn", epoch=3)
KEYS = ("the newest key of both sites, 32+",)
PASSWORD = "correct horse battery"


class Gate:
    """Answers in turn what it was given, then the last answer for ever."""

    def __init__(self, *answers: Reign | None) -> None:
        self.answers = list(answers)

    def __call__(self, _connection: object) -> Reign | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def settings(**others: Any) -> Settings:
    """Settings with the keys that both sites share and without limits, unless `others` say so."""
    rates = {name: Rate(0, 60) for name in ("log_in_account", "log_in_address", "sign_up_address", "order_account", "order_address")}
    return Settings(**{"database_url": "", "site": "nhn", "session_keys": KEYS, "own_key": False, "rates": rates, **others})


class Browser:
    """A browser: cookies, and forms sent with the token of the page they stand on."""

    def __init__(self, engine: Engine, gate: Gate | None = None, crossing: Crossing | None = None, **others: Any) -> None:
        self.client = TestClient(create(Store(engine, gate or Gate(OPEN)), others.get("site", "nhn"), settings(**others), crossing))
        self.client.cookies.set("lang", "en")

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def send(self, path: str, fields: dict[str, str] | None = None, page: str = "/log-in", follow: bool = True) -> Any:
        """Send a form as it would be from `page`."""
        found = re.search(r'name="token" value="(\w+)"', self.client.get(page).text)
        return self.client.post(path, data={"token": found[1] if found else "", **(fields or {})}, follow_redirects=follow)

    def enter(self, email: str = "kim@example.com", name: str = "Kim") -> Browser:
        """Sign up."""
        done = self.send("/sign-up", {"email": email, "name": name, "password": PASSWORD}, "/sign-up", follow=False)
        assert done.status_code == 303, done.text
        return self
