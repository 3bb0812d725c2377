# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Key pair: a public key servers are born with. It belongs to the API user, and Kubernetes clusters need one of the same user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..engine import Field
from .iaas import only
from .resource import Resource
from .spelling import called

NAME = called("[A-Za-z0-9 _@.-]{1,255}", "1 to 255 letters, digits, spaces, _, @, . and -")     # as Nova


def same_key(have: str | None, want: str) -> bool:
    """Equal without the comment at the end."""
    return (have or "").split()[:2] == want.split()[:2]


def public_key(line: str) -> str:
    """The line of a public key. Without one the service makes a pair whose private half is in its answer and nowhere else."""
    if not re.fullmatch(r"[a-z0-9@.-]+\s+AAAA[A-Za-z0-9+/]{16,}={0,2}(\s.*)?", line.strip()):
        raise ValueError("is no public key of OpenSSH, which is one line: type, key, comment")
    return line


class Keypair(Resource):
    """Fields: name, public_key (OpenSSH line). Also read: id (the name), fingerprint."""

    noun, service, path, key = "keypair", "compute", "/os-keypairs", "keypair"
    fields = (
        Field("name", tidy=NAME, option={"type": "str", "required": True}),
        Field("public_key", needed=True, fixed=True, same=same_key, tidy=public_key),
    )

    ids = False

    @property
    def plural(self) -> str:
        return "keypairs"

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return only([raw["keypair"] for raw in found if raw["keypair"]["name"] == self.name], self.noun, self.name)

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["name"], "name": raw["name"], "public_key": raw.get("public_key"), "fingerprint": raw.get("fingerprint")}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        made = self.cloud.call("POST", "compute", self.path, doing="create keypair", to=self.name, json={"keypair": self.body(want)})
        return self.get(self.made(made["keypair"]["name"]))
