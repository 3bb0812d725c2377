# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameter group: MySQL settings by name. Only the parameters named are ours. A change reaches running instances only from the console,
so the group has to be finished before an instance is made with it; `apply_needed` says when one still runs on older values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..engine import Field, includes
from ..faults import BadInput
from .rds import RdsResource

SPAN = re.compile(r"(\d+)-(\d+)")
LISTED = re.compile(r"[A-Za-z0-9_.-]+(\s*,\s*[A-Za-z0-9_.-]+)+")
UNJUDGED = ("ramSizeByte", "vCPU", "dbPort", "serverId", "readOnly", "ON", "OFF")    # formulas, and what MySQL takes for 1 and 0


def texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Every value as the service keeps it: a text. What YAML made a truth of is none that MySQL takes everywhere, and a formula in braces needs
    quotes, or YAML makes a mapping of it."""
    wrong = [f".{name}: true and false are YAML's; say what MySQL takes, such as '1' or 'ON'" for name, value in parameters.items()
             if isinstance(value, bool)]
    wrong += [f".{name}: must be a text or a number; a formula in braces needs quotes" for name, value in parameters.items()
              if value is None or isinstance(value, Mapping | list)]
    if wrong:
        raise ValueError(*wrong)
    return {name: str(value) for name, value in parameters.items()}


def allowed(value: str, rule: str) -> bool:
    """Whether a value fits what the service allows: "0-1", "FULL,MINIMAL,NOBLOB". Left to the service: another kind of rule, formulas, numbers that
    are not whole, and the case of letters."""
    if not re.fullmatch("[A-Za-z0-9_.-]+", value) or value in UNJUDGED:
        return True
    if span := SPAN.fullmatch(rule):
        return int(span[1]) <= int(value) <= int(span[2]) if value.isdigit() else bool(re.search("[0-9]", value))
    return value.upper() in [word.strip().upper() for word in rule.split(",")] if LISTED.fullmatch(rule) else True


class RdsParameterGroup(RdsResource):
    """Fields: name, version (MYSQL_V8045), description, parameters ({name: value}). Also read: id, apply_needed."""

    noun, path, stem = "parameter group", "/parameter-groups", "parameterGroup"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("version", needed=True, fixed=True),
        Field("description"),
        Field("parameters", same=includes, tidy=texts, option={"type": "dict"}),
    )

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if self.have is None:
            self.cloud.refuse_unoffered("database version", "/db-versions", "dbVersions", want.get("version"), "dbVersion")
        if want.get("parameters") and (known := self._known(want)) is not None:
            told = want.get("version") or "this version"
            wrong = [f"parameters.{name}: {told} has no such parameter" for name in sorted(set(want["parameters"]) - set(known))]
            wrong += [f"parameters.{name}: {value!r} is not {'within' if SPAN.fullmatch(known[name]) else 'one of'} {known[name]}"
                      for name, value in want["parameters"].items() if name in known and not allowed(value, known[name])]
            if wrong:
                raise BadInput(wrong)
        return want

    def _known(self, want: Mapping[str, Any]) -> dict[str, str] | None:
        """{parameter: what it may be, as the service says}: those of the group, else of another one of its version, which always has one of the
        service's own; None when there is none all the same."""
        alike = [raw["parameterGroupId"] for raw in self.cloud.listed(self.path, self.plural) if raw.get("dbVersion") == want.get("version")]
        meant = self.have["id"] if self.have else next(iter(alike), None)
        told = self.detail(meant).get("parameters") or () if meant else None
        return None if told is None else {each["parameterName"]: str(each.get("allowedValue") or "") for each in told}

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        full = self.detail(raw["id"])
        asked = self.params.get("parameters") or {}
        values = {each["parameterName"]: each.get("value") for each in full.get("parameters") or () if each["parameterName"] in asked}
        return {"id": raw["id"], "name": raw["parameterGroupName"], "version": full.get("dbVersion") or raw.get("dbVersion"),
                "description": full.get("description") or "", "parameters": values,
                "apply_needed": full.get("parameterGroupStatus") == "NEED_TO_APPLY"}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Make the group with the version's own values; ours are the next round's drift."""
        self.cloud.job("POST", self.path, doing="create parameter group", to=self.name,
                       json={"parameterGroupName": self.name, "description": want.get("description", ""), "dbVersion": want["version"]})
        return self.found_again()

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        if "description" in drift:
            self.cloud.job("PUT", f"{self.path}/{have['id']}", doing="describe parameter group", to=self.name,
                           json={"description": want["description"]})
        if "parameters" in drift:
            known = {each["parameterName"]: each["parameterId"] for each in self.detail(have["id"]).get("parameters") or ()}
            changed = {name: value for name, value in want["parameters"].items() if have["parameters"].get(name) != value}
            self.cloud.job("PUT", f"{self.path}/{have['id']}/parameters", doing="set parameters of group", to=self.name,
                           json={"modifiedParameters": [{"parameterId": known[name], "value": value} for name, value in changed.items()]})
        return self.found_again()
