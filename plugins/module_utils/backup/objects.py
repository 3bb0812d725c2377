# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The exported files in NHN's Object Storage, as streams."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from ..absent import absent
from ..faults import Answer, Fault, Refused
from ..nhn.iaas import Iaas
from ..nhn.object_container import objects_below
from ..nhn.wire import WHO

try:
    import requests
except ImportError:
    requests = absent("requests")

BLOCK = 1 << 18
TRIES = 6                       # a download goes on where it broke off; an upload begins anew
TIMEOUT_SECONDS = (10, 60)
PAUSE_SECONDS = 2.0


class Again(requests.ConnectionError):
    """An answer that says nothing but to ask once more."""


class Objects:
    """One container. cloud: logged in to the tenant of Object Storage."""

    def __init__(self, cloud: Iaas, container: str) -> None:
        self.cloud, self.container = cloud, container
        self._session = requests.Session()
        self._session.trust_env = False
        self._refused = False

    def below(self, path: str) -> list[dict[str, Any]]:
        """The object of that name, or all below it, or all for "": [{name, bytes, hash}], in order."""
        return objects_below(self.cloud, self.container, path)

    def get(self, entry: dict[str, Any]) -> Iterator[bytes]:
        """An object as it was listed. Raises Fault at its end unless size and MD5 are what the listing says."""
        name, digest, count = entry["name"], hashlib.md5(usedforsecurity=False), 0
        trouble: Exception | None = None
        for attempt in range(TRIES):
            if attempt:
                self.cloud.clock.sleep(PAUSE_SECONDS)
            try:
                for block in self._read_from(name, count, entry["bytes"]):
                    digest.update(block)
                    count += len(block)
                    yield block
            except requests.RequestException as error:
                trouble = error
            if count >= entry["bytes"]:
                break
        if count < entry["bytes"]:
            raise Fault("read", self._at(name), answer=Answer(WHO, None, "", _words(trouble)),
                        left=f"{count} of {entry['bytes']} bytes came in {TRIES} attempts.", then="Run again.")
        if count != entry["bytes"] or digest.hexdigest() != entry["hash"]:
            raise Fault("use", self._at(name), left="Its MD5 is not what Object Storage says it should be. It was not used.", then="Run again.")

    def put(self, name: str, body: Callable[[], Iterable[bytes]]) -> None:
        """Upload a stream under a name. body: begins it, at each attempt anew. Raises Fault; a stream that breaks off leaves nothing."""
        trouble: Exception | None = None
        for attempt in range(TRIES):
            if attempt:
                self.cloud.clock.sleep(PAUSE_SECONDS)
            digest = hashlib.md5(usedforsecurity=False)
            try:
                reply = self._send("PUT", name, data=_summed(body(), digest))
            except requests.RequestException as error:
                trouble = error
                continue
            if reply.headers.get("ETag", "").strip('"') != digest.hexdigest():
                raise Fault("upload", self._at(name), left="Object Storage tells another MD5 than what was sent has.", then="Run again.")
            return
        raise Fault("upload", self._at(name), answer=Answer(WHO, None, "", _words(trouble)), left=f"None of {TRIES} attempts came through.",
                    then="Run again.")

    def delete(self, name: str) -> None:
        """Remove; gone already is fine."""
        self.cloud.ask("DELETE", "objects", f"/{quote(self.container, safe='')}/{quote(name)}", doing="remove", to=self._at(name), gone_is_fine=True)

    def _read_from(self, name: str, begin: int, size: int) -> Iterator[bytes]:
        if begin >= size > 0:
            return
        headers = {"Range": f"bytes={begin}-"} if begin else {}
        with self._send("GET", name, stream=True, headers=headers) as reply:
            if begin and reply.status_code != 206:
                raise Fault("go on reading", self._at(name), left="Object Storage began at the start again.", then="Run again.")
            yield from reply.iter_content(BLOCK)

    def _send(self, method: str, name: str, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        url = f"{self.cloud.url('objects')}/{quote(self.container, safe='')}/{quote(name)}"
        login = self.cloud.login(anew=self._refused)
        reply = self._session.request(method, url, headers={**login, **(headers or {})}, timeout=TIMEOUT_SECONDS, **more)
        self._refused = reply.status_code == 401        # a token is not for ever, and a backup takes hours
        if reply.status_code >= 500 or reply.status_code in (401, 429):
            reply.close()
            raise Again(f"answered {reply.status_code}")
        if reply.status_code >= 400:
            raise Refused("read" if method == "GET" else "upload", self._at(name), answer=Answer(WHO, reply.status_code))
        return reply

    def _at(self, name: str) -> str:
        return f"{self.container}/{name}"


def _summed(body: Iterable[bytes], digest: Any) -> Iterator[bytes]:
    for block in body:
        digest.update(block)
        yield block


def _words(trouble: Exception | None) -> str:
    return "ended early" if trouble is None else str(trouble) if isinstance(trouble, Again) else type(trouble).__name__
