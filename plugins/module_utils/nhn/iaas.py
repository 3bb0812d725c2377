# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The token family: identity v2.0, and under its catalog network, compute, image and kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ..absent import absent
from ..faults import Absent, Ambiguous, BadInput
from ..waiting import Clock, SystemClock
from .auth import base_url, require
from .looking import Looking
from .told import Told, told
from .wire import Reply, Wire

try:
    import requests
except ImportError:
    requests = absent("requests")

KUBERNETES_HEADERS = {"OpenStack-API-Version": "container-infra latest"}    # without it node groups answer 406
# Lists that come in pages, of 100 unless more is asked for, and those of servers and volumes without a word of the next: by NHN's documents that is
# what `marker` is for.
PAGED = ("/servers", "/servers/detail", "/volumes", "/volumes/detail", "/images")
PAGE, MOST = 100, 1000
ID = re.compile("(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


CHECK = "Check auth.tenant_id, auth.username and auth.password: that is the API password set in the console, not the log-in password."


class Iaas(Looking):
    """A logged-in project. Logs in on first use and once more when a token is refused."""

    def __init__(self, auth: dict[str, Any], clock: Clock | None = None, session: requests.Session | None = None) -> None:
        super().__init__()
        require(auth, "tenant_id", "username", "password")
        self.auth = auth
        self.clock = clock or SystemClock()
        session = session or requests.Session()
        self._login = Wire(dict, check=CHECK, clock=self.clock, session=session)
        self._wire = Wire(self._headers, self._renew, check=CHECK, clock=self.clock, session=session)
        self._token = ""
        self._catalog: list[dict[str, Any]] = []
        self._user = ""

    def _headers(self) -> Mapping[str, str]:
        if not self._token:
            self._renew()
        return {"X-Auth-Token": self._token}

    def _renew(self) -> bool:
        """Get a token and the catalog. A log-in changes nothing, so it may be repeated as a read may: it is sent by `_log_in`."""
        self._token = ""
        access = self._log_in()["access"]
        self._token = access.get("token", {}).get("id", "")
        self._catalog = access.get("serviceCatalog", [])
        self._user = access.get("user", {}).get("id", "")
        return bool(self._token)

    def _log_in(self) -> Told:
        url = self.auth["identity_url"].rstrip("/").removesuffix("/v2.0") + "/v2.0/tokens"
        body = {"auth": {"tenantId": self.auth["tenant_id"],
                         "passwordCredentials": {"username": self.auth["username"], "password": self.auth["password"]}}}
        doing, to = "log in to NHN Cloud as", self.auth["username"]
        return told(self._login.send("POST", url, doing=doing, to=to, json=body, harmless=True), doing, to, wrote=False)

    def entrance(self) -> tuple[str | None, list[dict[str, Any]]]:
        """A log-in, and what time it was there (its Date header) and which services there are where (the catalog)."""
        access = self._log_in()
        self._token, self._catalog = access["access"].get("token", {}).get("id", ""), access["access"].get("serviceCatalog", [])
        return access.date, self._catalog

    @property
    def user_id(self) -> str:
        """The API user's id, which only a log-in tells."""
        if not self._token:
            self._renew()
        return self._user

    def url(self, service: str) -> str:
        """Where the service is; logs in first when the catalog has to say."""
        if not self._token and not self.auth.get(f"{service}_url"):
            self._renew()
        return base_url(service, self.auth, self._catalog)

    def call(self, method: str, service: str, path: str, *, doing: str, to: str = "", json: Any = None,
             params: Mapping[str, Any] | None = None, gone_is_fine: bool = False) -> dict[str, Any]:
        """One request below a service's base; what it told, {} if gone_is_fine on 404. Raises NotUnderstood (a read) and ReplyLost (a write) for
        what is no answer of the service."""
        def send() -> dict[str, Any]:
            reply = self._wire.send(method, self.url(service) + path, doing=doing, to=to, json=json, params=params, gone_is_fine=gone_is_fine,
                                    headers=KUBERNETES_HEADERS if service == "kubernetes" else None)
            answer = told(reply, doing, to, wrote=method != "GET") if reply.status != 404 else {}
            self.took(method, doing, to)
            return answer

        return self.once(f"{service} {path} {sorted((params or {}).items())}", send) if method == "GET" else send()

    def ask(self, method: str, service: str, path: str, *, doing: str, to: str = "", headers: Mapping[str, str] | None = None,
            params: Mapping[str, Any] | None = None, gone_is_fine: bool = False) -> Reply:
        """The same for services that answer in headers and lists; the whole reply."""
        reply = self._wire.send(method, self.url(service) + path, doing=doing, to=to, headers=headers, params=params, gone_is_fine=gone_is_fine)
        self.took(method, doing, to)
        return reply

    def login(self, *, anew: bool = False) -> Mapping[str, str]:
        """The headers of a logged-in request, for what is too large to go through `ask`. anew: the token was refused."""
        if anew:
            self._renew()
        return self._headers()

    def list(self, service: str, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
        """The whole collection under key, following `next` and `<key>_links` page by page. params: query, None values left out."""
        query = {name: value for name, value in params.items() if value is not None}
        if path in PAGED:
            query["limit"] = MOST
        return [item for page in self._pages(service, path, key, query) for item in page.listed(key)]

    def _pages(self, service: str, path: str, key: str, query: dict[str, Any]) -> Iterator[Told]:
        page = self._page(service, path, key, query)
        yield page
        seen: set[str] = set()
        while marker := _next_marker(page, key) or (_last_of_a_full(page, key) if path in PAGED else None):
            if marker in seen:
                return
            seen.add(marker)
            page = self._page(service, path, key, {**query, "marker": marker})
            if any(item.get("id") == marker for item in page.listed(key) if path in PAGED):
                return                          # the marker is not heeded: that was the page before, once more
            yield page

    def _page(self, service: str, path: str, key: str, query: dict[str, Any]) -> Told:
        page = self.call("GET", service, path, doing="list", to=key, params=query)
        if not isinstance(page, Told):           # a 404 is no page
            raise AssertionError
        return page

    def named(self, service: str, path: str, key: str, noun: str, given: str, **params: Any) -> dict[str, Any] | None:
        """The one thing whose name or id is given, None when there is none. Raises Ambiguous when a name fits several."""
        return meant(self.list(service, path, key, **params), noun, given)

    def offered(self, noun: str, service: str, path: str, given: str, **params: Any) -> str:
        """The id of something only the cloud itself can make (a flavor, an image): its absence is a mistake, not a need."""
        plural = path.strip("/")
        there = self.list(service, path, plural, **params)
        found = meant(there, noun, given)
        if not found:
            raise not_offered(noun, given, [str(item.get("name")) for item in there])
        return str(found["id"])

    def refuse_unknown_zone(self, given: str | None) -> None:
        """Raise Absent for an availability zone that is none."""
        if given is None:
            return
        zones = [str(zone["zoneName"]) for zone in self.list("compute", "/os-availability-zone", "availabilityZoneInfo")]
        if given not in zones:
            raise not_offered("availability zone", given, zones)

    def refuse_unknown_volume_type(self, given: str | None) -> None:
        """Raise Absent for a type of volume that is none."""
        if given is None:
            return
        types = [str(kind["name"]) for kind in self.list("volume", "/types", "volume_types")]
        if given not in types:
            raise not_offered("volume type", given, types)

    def image(self, given: str, **params: Any) -> dict[str, Any]:
        """An image by id, name, or how its name begins: then the newest, as names end in the date of their making. Only of those that are
        there whole: an upload has its name before its first byte."""
        if not given:
            raise BadInput(["image: is empty, which every name begins with"])
        every = self.list("image", "/images", "images", **params)
        there = [item for item in every if item.get("status", "active") == "active"]
        fits = fitting(there, given) or [item for item in there if str(item["name"] or "").startswith(given)]
        if not fits and (half := fitting(every, given)):
            raise Absent("use", f"image {given}", left=f"It is {half[0]['status']}. Nothing was touched.", then="Run again when it is active.")
        if not fits:
            raise not_offered("image", given, [str(item["name"]) for item in there])
        return max(fits, key=lambda item: item.get("created_at") or "")

    def external_network(self) -> dict[str, Any]:
        """The project's way out: the VPC with router:external. Its id differs by region, so it is always looked up."""
        found = self.list("network", "/vpcs", "vpcs", **{"router:external": "true"})
        fits = [vpc for vpc in found if vpc.get("router:external")]
        if not fits:
            raise Absent("find", "the external network of the project", left="Nothing was touched.",
                         then="Ask NHN Cloud to enable it for this project.")
        return fits[0]


def fitting(found: list[dict[str, Any]], given: str, *words: str) -> list[dict[str, Any]]:
    """Those that are meant by what is given: the one that has it for its id, else all that are called so. words: keys of what a thing is called,
    its `name` unless others are told. Nothing is meant by nothing. The one rule for what a module keeps, removes, stands on and looks up."""
    if not given:                           # there are things without a name, and they are others': a port that a server made for itself
        return []
    return [item for item in found if given == item.get("id")] or \
        [item for item in found if given in [item.get(word) for word in words or ("name",)]]


def meant(found: list[dict[str, Any]], noun: str, given: str, *words: str) -> dict[str, Any] | None:
    """The one that is meant, None when there is none. Raises Ambiguous when a name fits several."""
    return only(fitting(found, given, *words), noun, given)


def segment(given: str) -> str:
    """A name as one part of a path, for calls that take a name in place of an id: as it is, "a#b", "a?b" and "a/" would mean "a". Raises BadInput
    for what cannot be one."""
    if given in ("", ".", ".."):
        raise BadInput([f"name: {given!r} is nobody's"])
    return quote(given, safe="")


def is_id(given: str) -> bool:
    """Whether it has the form of an id, which no thing that is made here is ever to be called."""
    return bool(ID.fullmatch(given))


def only(fits: list[dict[str, Any]], noun: str, given: str) -> dict[str, Any] | None:
    """The single one of fits, None when empty. Raises Ambiguous when there are more."""
    if len(fits) > 1:
        ids = ", ".join(str(item.get("id")) for item in fits)
        raise Ambiguous("tell which", f"{noun} {given!r} is meant", left=f"{len(fits)} have that name: {ids}.",
                        then="Name it by id, or rename the others.")
    return fits[0] if fits else None


def not_offered(noun: str, given: str, names: list[str]) -> Absent:
    """The fault for a name that the cloud's own list does not hold; it quotes some that it does."""
    shown = ", ".join(sorted(names)[:12]) + (", ..." if len(names) > 12 else "")
    return Absent("find", f"{noun} {given}", left="Nothing was touched.", then=f"The cloud offers: {shown or 'none'}.")


def _last_of_a_full(page: Told, key: str) -> str | None:
    """The id to go on from where a page is as full as pages may be, and nothing says whether there is another."""
    items = page.listed(key)
    return str(items[-1]["id"]) if items and len(items) % PAGE == 0 and "next" not in page and f"{key}_links" not in page else None


def _next_marker(page: Mapping[str, Any], key: str) -> str | None:
    from urllib.parse import parse_qs, urlsplit

    links = [link.get("href", "") for link in page.get(f"{key}_links", ()) if link.get("rel") == "next"]
    href = links[0] if links else page.get("next") or ""
    return parse_qs(urlsplit(href).query).get("marker", [None])[0]
