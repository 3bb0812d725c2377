# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes `schema.json` from the models of the official Kubernetes client: `python -m lab.kubernetes.schema_make`.

The client is generated from Kubernetes' own OpenAPI document, so it is the most exact list of fields at hand; importing its seven
hundred models costs 60 MB, which is why the emulator reads this extract instead. A contract test compares the two.
"""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

from lab.kubernetes.kinds import KINDS
from lab.kubernetes.schema import SCHEMA_FILE

SCALARS = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "datetime": "string", "object": "any"}
REQUIRED = re.compile(r"client_side_validation and \w+ is None")


def describe() -> dict[str, dict[str, Any]]:
    """{type name: {"fields": {json name: type}, "required": [json names]}} of every type reachable from KINDS.

    A type is a scalar ("string", "integer", "boolean", "number", "any"), a type name, "[]<type>" (list) or "{}<type>" (map).
    """
    from kubernetes.client import models

    found: dict[str, dict[str, Any]] = {}
    waiting = [kind.model for kind in KINDS]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        model = getattr(models, name)
        fields = {model.attribute_map[attribute]: _type(text) for attribute, text in model.openapi_types.items()}
        required = [
            model.attribute_map[attribute] for attribute in model.openapi_types
            if REQUIRED.search(inspect.getsource(getattr(model, attribute).fset))
        ]
        found[name] = {"fields": fields, "required": required} if required else {"fields": fields}
        waiting += [bare for text in fields.values() if (bare := text.lstrip("[]{}")) and bare not in SCALARS.values()]
    return dict(sorted(found.items()))


def _type(text: str) -> str:
    if inner := re.fullmatch(r"list\[(.+)\]", text):
        return "[]" + _type(inner[1])
    if inner := re.fullmatch(r"dict[(\[]str, (.+)[)\]]", text):
        return "{}" + _type(inner[1])
    return SCALARS.get(text, text)


def as_text(schema: dict[str, dict[str, Any]]) -> str:
    """One line per type: a change of one type is one changed line."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in schema.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(as_text(describe()))
