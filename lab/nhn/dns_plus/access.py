# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may ask DNS Plus, and what all its kinds have in common: envelopes, pages, lists of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..calls import Call
from ..errors import SUCCESS, Refused
from ..store import Record, Store, Table, find

PREFIX = "/dns-plus/dnsplus/<version>/appkeys/<appkey>"
VERSIONS = ("v1.0", "v2.0")
PAGE, LARGEST_PAGE, MOST_IDS = 50, 3000, 3000


def authenticate(store: Store, call: Call) -> None:
    """4010001 unless the path holds the appkey and, in version 2.0, the headers a token of the access key."""
    parts = call.request.path.split("/")            # "", dns-plus, dnsplus, v1.0, appkeys, the appkey
    if len(parts) < 6 or parts[3] not in VERSIONS:
        raise Refused(404, "The resource could not be found.", "HTTPNotFound")
    if parts[5] != store.settings.credentials.appkey:
        raise Refused(401, "Invalid appKey. ")
    token = call.request.headers.get("X-NHN-AUTHORIZATION", "").removeprefix("Bearer ")
    if parts[3] == "v2.0" and store.access_tokens.get(token, 0) <= store.now():
        raise Refused(401, "Invalid access token.")


def good(**body: Any) -> dict[str, Any]:
    """A good answer."""
    return {"header": SUCCESS, **body}


def page(call: Call, plural: str, records: Iterable[Record], keys: Mapping[str, str], tell: Callable[[Record], Record]) -> dict[str, Any]:
    """A page of `records` as the query wants it, the newest first unless it says otherwise. keys: the sort keys, and by which word they sort."""
    query = call.request.args
    key, direction = query.get("sortKey", "CREATED_AT"), query.get("sortDirection", "DESC")
    if key not in keys or direction not in ("ASC", "DESC"):
        raise Refused(400, f"sortKey or sortDirection is not allowed: {key}, {direction}")
    number, limit = _number(query.get("page", "1")), _number(query.get("limit", str(PAGE)))
    if number < 1 or not 1 <= limit <= LARGEST_PAGE:
        raise Refused(400, f"page or limit is out of range: {number}, {limit}")
    every = sorted(records, key=lambda record: (str(record.get(keys[key])), record["_number"]), reverse=direction == "DESC")
    return good(totalCount=len(every), **{plural: [tell(record) for record in every[(number - 1) * limit:number * limit]]})


def _number(text: str) -> int:
    if not text.isdigit():
        raise Refused(400, f"{text} is no number.")
    return int(text)


def chosen(call: Call, records: Iterable[Record], key: str, word: str, searched: str) -> list[Record]:
    """The records that the query narrows a list to: by ids, by what a name contains."""
    ids, part = call.request.args.get(f"{key}List"), call.request.args.get(searched)
    wanted = set(ids.split(",")) if ids else None
    return [record for record in records if (wanted is None or record[key] in wanted) and (not part or part in record[word])]


def given_ids(call: Call, plural: str, table: Table, noun: str) -> list[Record]:
    """The records that a removal names, all of which must be there: none of them goes otherwise."""
    ids = [each for each in call.request.args.get(plural, "").split(",") if each]
    if not 1 <= len(ids) <= MOST_IDS:
        raise Refused(400, f"{plural} needs 1 to {MOST_IDS} ids.")
    return [find(table, identity, noun) for identity in dict.fromkeys(ids)]


def born(store: Store, table: Table, **record: Any) -> Record:
    """A new record with its dates, and its place among those of the same moment."""
    number = max((each["_number"] for each in table.values()), default=0) + 1
    return {**record, "createdAt": store.ymdt(), "updatedAt": store.ymdt(), "_number": number}


def refuse_more(table: Mapping[str, Record], most: int, noun: str) -> None:
    """Quotas are not published ("contact us"), so these numbers are ours."""
    if len(table) >= most:
        raise Refused(400, f"The maximum number of {noun} is exceeded: {most}")
