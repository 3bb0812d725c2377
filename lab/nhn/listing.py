# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pages of names: which are on one, for Swift and S3, and how Swift writes them, as text, JSON or XML."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from werkzeug.wrappers import Request, Response

from .errors import Refused
from .store import Record

SWIFT_LISTED = 10_000
TYPES = {"plain": "text/plain", "json": "application/json", "xml": "application/xml"}


def page(names: list[str], prefix: str, delimiter: str, after: str, most: int) -> tuple[list[str], list[str], str | None]:
    """(keys, folders, where the next page begins or None when this is the last) of names in order."""
    keys: list[str] = []
    folders: list[str] = []
    last = after
    for name in names:
        if not name.startswith(prefix) or name <= after or (folders and last == folders[-1] and name.startswith(last)):
            continue
        rest, found, _ = name[len(prefix):].partition(delimiter) if delimiter else (name, "", "")
        told = prefix + rest + delimiter if found else name
        if told <= after:
            continue
        if len(keys) + len(folders) == most:
            return keys, folders, last
        (folders if found else keys).append(told)
        last = told
    return keys, folders, None


def swift(request: Request, kind: str, holder: str, records: dict[str, Record], headers: dict[str, Any]) -> Response:
    """A page of `records` (what each says, by name; `kind` is "container" or "object") as the query or else the Accept header wants it."""
    asked = request.args
    if (limit := asked.get("limit", "")).isdigit() and int(limit) > SWIFT_LISTED:
        raise Refused(412, f"Maximum limit is {SWIFT_LISTED}")
    keys, folders, _ = page(sorted(records), asked.get("prefix", ""), asked.get("delimiter", ""), asked.get("marker", ""),
                            int(limit) if limit.isdigit() else SWIFT_LISTED)
    told = sorted([{"name": key, **records[key]} for key in keys] + [{"subdir": folder} for folder in folders],
                  key=lambda each: each.get("name") or each["subdir"])
    wanted = _form(request)
    if wanted == TYPES["json"]:
        return Response(json.dumps(told), 200, headers=headers, mimetype=wanted)
    if wanted != TYPES["plain"]:
        return Response(_xml(kind, holder, told), 200, headers=headers, mimetype=wanted)
    text = "".join(f"{each.get('name') or each['subdir']}\n" for each in told)
    return Response(text, 200 if told else 204, headers=headers, mimetype=wanted)


def _form(request: Request) -> str:
    """The media type wanted, the query before the header, plain text by default; 406 when none of ours is."""
    if "format" in request.args:
        return TYPES.get(request.args["format"], TYPES["plain"])
    if not request.accept_mimetypes:
        return TYPES["plain"]
    if (found := request.accept_mimetypes.best_match([*TYPES.values(), "text/xml"])) is None:
        raise Refused(406, "The resource identified is only capable of generating response entities that are not acceptable.")
    return found


def _xml(kind: str, holder: str, told: list[Record]) -> str:
    outer = "account" if kind == "container" else "container"
    inner = "".join(f"<subdir name={quoteattr(each['subdir'])}><name>{escape(each['subdir'])}</name></subdir>" if "subdir" in each else
                    f"<{kind}>{''.join(f'<{key}>{escape(str(value))}</{key}>' for key, value in each.items())}</{kind}>" for each in told)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{outer} name={quoteattr(holder)}>{inner}</{outer}>'
