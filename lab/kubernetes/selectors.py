# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Label and field selectors, in both spellings: the query string's and the object's."""

from __future__ import annotations

import re
from typing import Any

Object = dict[str, Any]
TERM = re.compile(r"\s*(?:(?P<absent>!)\s*(?P<missing>[^\s,()=!]+)|(?P<key>[^\s,()=!]+)"
                  r"(?:\s*(?P<op>==|=|!=)\s*(?P<value>[^\s,()]*)|\s+(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?)\s*(?:,|$)")
FIELDS = ("metadata.name", "metadata.namespace", "status.phase", "spec.nodeName", "type")


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Whether an object's LabelSelector ({matchLabels, matchExpressions}) selects these labels. An empty one selects everything."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_holds(term["key"], term["operator"], term.get("values", []), labels) for term in selector.get("matchExpressions", ()))


def _holds(key: str, operator: str, values: list[str], labels: dict[str, str]) -> bool:
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) == (operator == "Exists")


def parse(text: str) -> Object:
    """A `labelSelector` query parameter as a LabelSelector. Raises ValueError when it cannot be read."""
    terms: list[Object] = []
    position = 0
    while position < len(text):
        match = TERM.match(text, position)
        if not match or match.end() == position:
            raise ValueError(f"unable to parse requirement: {text[position:]!r}")
        position = match.end()
        if match["absent"]:
            terms.append({"key": match["missing"], "operator": "DoesNotExist"})
        elif match["set"]:
            values = [value.strip() for value in match["values"].split(",")]
            terms.append({"key": match["key"], "operator": "In" if match["set"] == "in" else "NotIn", "values": values})
        elif match["op"]:
            terms.append({"key": match["key"], "operator": "NotIn" if match["op"] == "!=" else "In", "values": [match["value"]]})
        else:
            terms.append({"key": match["key"], "operator": "Exists"})
    return {"matchExpressions": terms}


def field_matches(text: str, thing: Object) -> bool:
    """Whether a `fieldSelector` query parameter selects this object. Raises ValueError for fields that cannot be selected by."""
    for term in filter(None, text.split(",")):
        path, negated, value = term.partition("!=") if "!=" in term else term.replace("==", "=").partition("=")
        if path not in FIELDS:
            raise ValueError(f'field label not supported: "{path}"')
        found: Any = thing
        for step in path.split("."):
            found = found.get(step, {}) if isinstance(found, dict) else {}
        if ((found or "") == value) == (negated == "!="):
            return False
    return True
