# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Refusals, in the words and shapes of the Kubernetes API (`kind: Status`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.kubernetes.kinds import Kind

Object = dict[str, Any]


class Refused(Exception):
    """A request that was not carried out: HTTP `code`, machine-readable `reason`, `message`, and `causes` where there are several."""

    def __init__(self, code: int, reason: str, message: str, details: Object | None = None):
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details or {}

    def status(self) -> Object:
        """The answer's body."""
        body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": str(self), "reason": self.reason,
                "code": self.code}
        return {**body, "details": self.details} if self.details else body


def bad_request(message: str) -> Refused:
    """400: the request cannot be read."""
    return Refused(400, "BadRequest", message)


def not_found(kind: Kind, name: str) -> Refused:
    """404 for one object."""
    return Refused(404, "NotFound", f'{kind.qualified} "{name}" not found', {"name": name, "group": kind.group, "kind": kind.plural})


def no_such_path() -> Refused:
    """404 for a path nobody serves."""
    return Refused(404, "NotFound", "the server could not find the requested resource")


def exists(kind: Kind, name: str) -> Refused:
    """409: a create of what is there."""
    return Refused(409, "AlreadyExists", f'{kind.qualified} "{name}" already exists', {"name": name, "kind": kind.plural})


def modified(kind: Kind, name: str) -> Refused:
    """409: the resourceVersion given is not the stored one."""
    return Refused(409, "Conflict", f'Operation cannot be fulfilled on {kind.qualified} "{name}": the object has been modified; '
                   "please apply your changes to the latest version and try again", {"name": name, "kind": kind.plural})


def owned_by_others(owners: dict[str, str]) -> Refused:
    """409 of a server-side apply without force."""
    parts = "; ".join(f'conflict with "{owner}": {path}' for path, owner in owners.items())
    causes = [{"reason": "FieldManagerConflict", "message": f'conflict with "{owner}"', "field": path} for path, owner in owners.items()]
    noun = "conflict" if len(owners) == 1 else "conflicts"
    return Refused(409, "Conflict", f"Apply failed with {len(owners)} {noun}: {parts}", {"causes": causes})


def invalid(kind: Kind, name: str, faults: Sequence[tuple[str, str, str]]) -> Refused:
    """422: the object breaks rules; all of them are named."""
    causes = [{"reason": reason, "message": sentence, "field": path} for path, reason, sentence in faults]
    shown = [f"{path}: {sentence}" for path, _, sentence in faults]
    text = shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
    title = f"{kind.name}.{kind.group}" if kind.group else kind.name
    return Refused(422, "Invalid", f'{title} "{name}" is invalid: {text}',
                   {"name": name, "group": kind.group, "kind": kind.name, "causes": causes})
