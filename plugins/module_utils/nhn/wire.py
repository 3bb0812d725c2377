# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One door to NHN Cloud's HTTP: retries what may be retried, keeps the other side's words, knows no resource.

Reads are repeated on a lost connection, 429 and 5xx. Writes are repeated only when the cloud says that it did not take them (429);
a write whose outcome is unknown raises ReplyLost, so that somebody looks before writing again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..absent import absent
from ..faults import Answer, Fault, Refused, ReplyLost, Unreachable
from ..waiting import Clock, SystemClock

try:
    import requests
except ImportError:
    requests = absent("requests")

WHO = "NHN Cloud"
TIMEOUT_SECONDS = (5, 60)                   # connect, read
PAUSES_SECONDS = (1, 2, 4, 8, 8)            # between attempts; the sum bounds how long a dead control plane is waited for
LONGEST_RETRY_AFTER_SECONDS = 30
MEND = "Correct what the answer names, or see what still uses it, then run again."


UNSENDABLE = (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema,
              requests.exceptions.InvalidSchema, UnicodeError)


@dataclass(frozen=True)
class Reply:
    """status: HTTP status; body: the JSON object of it, else {}; text: the raw body; request: request id or ""; headers: all; understood:
    whether the body was a JSON object or empty."""

    status: int
    body: dict[str, Any]
    text: str = ""
    request: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    understood: bool = True

    def answer(self) -> Answer:
        """Who said what, from any of the error shapes in use."""
        code, words = spoken(self.body)
        return Answer(WHO, self.status, code, words or self.text.strip()[:500], self.request)


def spoken(body: Any) -> tuple[str, str]:
    """(code, words) of an error body: {"NeutronError": {type, message}}, {"badRequest": {code, message}}, {"error": {title, message}},
    {"errors": [{title, detail}]} or {"header": {resultCode, resultMessage}}; ("", "") when it is none of these."""
    if not isinstance(body, Mapping):
        return "", ""
    if isinstance(header := body.get("header"), Mapping):
        return str(header.get("resultCode", "")), str(header.get("resultMessage", ""))
    if isinstance(errors := body.get("errors"), list) and errors and isinstance(errors[0], Mapping):
        title, detail = str(errors[0].get("title", "")), str(errors[0].get("detail", ""))
        return ("" if title == detail else title), detail
    for key, value in body.items():
        if isinstance(value, Mapping) and "message" in value:
            return str(value.get("type") or value.get("title") or key), str(value["message"])
        if key in ("NeutronError", "message") and isinstance(value, str):
            return "", value
    return "", ""


class Wire:
    """A connection to one set of endpoints. headers: called before each request, answers the headers that carry the log-in;
    renew: called once when a request is answered 401, to log in anew; check: what to look at when that was of no use."""

    def __init__(self, headers: Callable[[], Mapping[str, str]], renew: Callable[[], bool] = lambda: False, *, check: str,
                 clock: Clock | None = None, session: requests.Session | None = None) -> None:
        self.headers, self.renew, self.check = headers, renew, check
        self.clock = clock or SystemClock()
        self.session = session or requests.Session()
        self.session.trust_env = False          # no proxies, no .netrc: what the inventory says is all there is

    def send(self, method: str, url: str, *, doing: str, to: str = "", json: Any = None, params: Mapping[str, Any] | None = None,
             headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None, gone_is_fine: bool = False,
             harmless: bool = False) -> Reply:
        """One request, told as "Could not {doing} {to}" when it fails. form: a body of form fields instead of JSON.

        gone_is_fine: a 404 is a good answer; harmless: a POST that changes nothing and may be repeated.
        Raises Refused (4xx), ReplyLost (a write with unknown outcome), Unreachable (a read).
        """
        reads = harmless or method in ("GET", "HEAD")
        renewed = False
        pauses = iter(PAUSES_SECONDS)
        while True:
            reply, trouble = self._once(method, url, doing, to, json, form, params, headers)
            if reply and reply.status == 401 and not renewed and self.renew():
                renewed = True
                continue
            if reply and reply.status < 300:
                return reply
            if reply and reply.status == 404 and gone_is_fine:
                return reply
            if reply and reply.status < 400:
                raise Refused(doing, to, answer=Answer(WHO, reply.status, "", f"elsewhere: {reply.headers.get('Location', 'it does not say where')}"),
                              left="No service of NHN Cloud answers so; nothing was concluded from it.",
                              then=f"See what answers at {urlsplit(url).netloc}, and the addresses in auth, then run again.")
            if reply and reply.status != 429 and reply.status < 500:
                raise Refused(doing, to, answer=reply.answer(), left="This request changed nothing.", then=_advice(reply, self.check))
            answer = reply.answer() if reply else Answer(WHO, None, "", trouble)
            if not reads and not (reply and reply.status == 429):
                raise ReplyLost(doing, to, answer=answer, left="Whether it took effect is unknown.",
                                then="Run again: it looks before it writes.")
            pause = next(pauses, None)
            if pause is None:
                fault: type[Fault] = Unreachable if reads else Refused
                raise fault(doing, to, answer=answer, left=f"It was asked {len(PAUSES_SECONDS) + 1} times; nothing was changed by it.",
                            then=f"See whether {urlsplit(url).netloc} answers from this machine, then run again.")
            self.clock.sleep(max(pause, self._retry_after))

    _retry_after = 0.0

    def _once(self, method: str, url: str, doing: str, to: str, json: Any, form: Mapping[str, str] | None, params: Mapping[str, Any] | None,
              headers: Mapping[str, str] | None) -> tuple[Reply | None, str]:
        """(reply, "") or (None, what happened instead of a reply)."""
        self._retry_after = 0.0
        sent = {"Accept": "application/json", **self.headers(), **(headers or {})}
        try:
            got = self.session.request(method, url, json=json, data=form, params=params, headers=sent, timeout=TIMEOUT_SECONDS,
                                       allow_redirects=False)
        except requests.Timeout:
            return None, f"nothing within {TIMEOUT_SECONDS[1]} s"
        except UNSENDABLE as error:             # its words may quote a header, and so a secret
            raise Fault(doing, to, left=f"Nothing was sent: no request can be made of that ({type(error).__name__}).",
                        then="Look for what does not belong into an address or a key in auth, such as the end of a line, then run again.") from None
        except requests.RequestException as error:
            return None, f"no connection ({type(error).__name__})"
        after = got.headers.get("Retry-After", "")
        self._retry_after = min(float(after), LONGEST_RETRY_AFTER_SECONDS) if after.isdigit() else 0.0
        try:
            body = got.json() if got.content else {}
        except ValueError:
            body = None
        request = got.headers.get("x-openstack-request-id") or got.headers.get("x-request-id") or ""
        parsed = body if isinstance(body, dict) else None
        return Reply(got.status_code, parsed or {}, got.text, request, got.headers, parsed is not None), ""


def _advice(reply: Reply, check: str) -> str:
    told = reply.answer()
    if any(word in f"{told.code} {told.words}".lower() for word in ("quota", "limitexceeded", "maximum number")):
        return "The project has as many as it may: remove one that nobody needs, or have the quota raised, then run again."
    return {
        400: "Correct what the answer names, then run again.",
        401: check,
        403: "Check the roles of the account in this project, and the quota.",
        404: "What it names does not exist in this project and region; somebody may have removed it. Run again to see what is there.",
        409: "Something else still uses it or is changing it; run again when that is done.",
    }.get(reply.status, MEND)
