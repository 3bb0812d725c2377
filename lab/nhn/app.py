# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emulator as one WSGI application: which service a request is for, who is asking, and what goes wrong on the way."""

from __future__ import annotations

import json
import logging
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from lab.journal import RequestJournal

from . import (
    actions,
    attachments,
    compute,
    dns_plus,
    errors,
    identity,
    image,
    keypairs,
    kubernetes,
    network,
    objects,
    own_images,
    rds,
    registry,
    s3,
    s3_credentials,
    server_groups,
    volumes,
    world,
)
from .calls import Call, Routes
from .errors import Refused
from .store import Settings, Store
from .unkind import Order

log = logging.getLogger("lab.nhn")
FAULTS = ("nhn", "nhn_control_plane")       # names in faults.json that take this control plane down


@dataclass(frozen=True)
class Family:
    """One service: how it refuses, and how it tells who is asking (None: it does not ask)."""

    refuse: Callable[[Refused], tuple[int, Any]]
    authenticate: Callable[[Store, Call], None] | None


FAMILIES = {"_lab": Family(errors.keystone, None), "identity": Family(errors.keystone, None),
            "network": Family(errors.neutron, identity.authenticate), "compute": Family(errors.nova, identity.authenticate),
            "volume": Family(errors.nova, identity.authenticate),
            "image": Family(errors.glance, identity.authenticate), "kubernetes": Family(errors.magnum, identity.authenticate),
            "rds": Family(errors.rds, rds.authenticate), "oauth2": Family(errors.oauth, None),
            "objects": Family(errors.swift, objects.authenticate), "s3": Family(errors.s3, s3.authenticate),
            "registry": Family(errors.registry, registry.authenticate), "dns-plus": Family(errors.dns_plus, dns_plus.authenticate)}
SERVICES: tuple[Routes, ...] = (
    identity.routes, s3_credentials.routes, *network.ALL, compute.routes, attachments.routes, actions.routes, server_groups.routes, keypairs.routes,
    volumes.routes, image.routes, own_images.routes, *kubernetes.ALL, *rds.ALL, objects.routes, s3.routes, registry.routes, *dns_plus.ALL,
    world.routes)
MAP = Map([rule for service in SERVICES for rule in service.as_rules()], merge_slashes=False)


class Emulator:
    """The WSGI application. One request at a time touches the store."""

    def __init__(self, settings: Settings):
        self.store = Store(settings)
        self._told: dict[str, Response] = {}        # what each read was answered last
        self._born: set[str] = set()                # the last parts of paths that lead to what was made here

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        name = _service_of(request.path)
        family = FAMILIES.get(name, Family(errors.keystone, None))
        if name == "_lab":
            return self._serve(request, family)
        if self._down():
            return _response(family.refuse(Refused(503, "The service is unavailable.")))
        order = self.store.orders.take(request.method, request.path)
        if order is not None and order.expire:
            self.store.tokens.clear()
            self.store.access_tokens.clear()
        if order is not None and order.delay:
            time.sleep(order.delay)
        read = f"{request.method} {request.full_path}"
        if order is not None and order.stale:
            if read in self._told:
                return self._told[read]
            if request.method in ("GET", "HEAD") and request.path.rsplit("/", 1)[-1] in self._born:
                return _response(family.refuse(Refused(404, "The resource could not be found.")))
        if order is None or not order.fails:
            response = self._serve(request, family)
            if request.method in ("GET", "HEAD") and (response.status_code < 400 or response.status_code == 404) and not response.is_streamed:
                self._told[read] = response
            self._born |= _made(request, response)
            return response
        if order.after:
            self._born |= _made(request, self._serve(request, family))
        return _disturbed(request, family, order)

    def classify(self, environ: dict[str, Any]) -> tuple[str, bool]:
        """For the request journal: the handler's name in words, and whether the request would change state."""
        request = Request(environ)
        write = request.method not in ("GET", "HEAD", "OPTIONS") and not request.path.startswith(("/identity/v2.0/tokens", "/oauth2/"))
        try:
            handler, _ = MAP.bind("").match(request.path, request.method)
        except (NotFound, MethodNotAllowed):
            return "unknown", write
        return handler.__name__.replace("_", " "), write

    def _serve(self, request: Request, family: Family) -> Response:
        call = Call(self.store, request, {})
        try:
            with self.store.lock:
                if family.authenticate:
                    family.authenticate(self.store, call)
                try:
                    handler, call.path = MAP.bind("").match(request.path, request.method)
                except NotFound as error:
                    raise Refused(404, "The resource could not be found.", "HTTPNotFound") from error
                except MethodNotAllowed as error:
                    raise Refused(405, f"{request.method} is not allowed here.", "HTTPMethodNotAllowed") from error
                if call.path.get("objects_tenant", self.store.settings.credentials.object_tenant_id) \
                        != self.store.settings.credentials.object_tenant_id:
                    raise Refused(403, "Access was denied to this resource.")
                if call.path.get("tenant", self.store.settings.credentials.tenant_id) != self.store.settings.credentials.tenant_id:
                    raise Refused(400, f"Malformed request URL: URL's project_id '{call.path['tenant']}' doesn't match Context's project_id")
                return _response(handler(call))
        except Refused as refused:
            return _response(family.refuse(refused))
        except Exception:
            log.exception("%s %s", request.method, request.path)
            return _response(family.refuse(Refused(500, "The emulator failed; its log has the details.")))

    def _down(self) -> bool:
        try:
            faults = json.loads(self.store.settings.faults.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return False
        return any(fault in faults for fault in FAULTS)


def create_app(settings: Settings | None = None, journal: Path | None = None) -> tuple[Callable[..., Any], Emulator]:
    """The emulator, and the WSGI application to serve: the emulator itself, or a request journal around it."""
    emulator = Emulator(settings or Settings.from_environment())
    emulator.store.requests = journal
    return (RequestJournal(emulator, journal, emulator.classify) if journal else emulator), emulator


def serve_in_thread(auto_observe: bool = False, settings: Settings | None = None) -> tuple[str, Store]:
    """A fresh emulator on an ephemeral loopback port, for tests: (its address, its store).

    Its kubeconfig material and its journal (`store.requests`, for `lab.journal.count_writes`) live in a temporary directory;
    `store.close()` stops the server and removes them. With `settings` given, `auto_observe` is theirs to say.
    """
    scratch = tempfile.TemporaryDirectory(prefix="nhn-emulator-")
    home = Path(scratch.name)
    (home / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", encoding="utf-8")
    (home / "token").write_text("kube-token\n", encoding="utf-8")
    app, emulator = create_app(settings or Settings(auto_observe=auto_observe, kube=home, faults=home / "faults.json",
                                                   objects=home / "objects", backups=home / "backups"),
                               home / "requests.jsonl")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)     # how soon close() is noticed
    thread.start()

    def close() -> None:
        server.shutdown()
        thread.join()
        server.server_close()
        scratch.cleanup()

    emulator.store.close = close
    return f"http://127.0.0.1:{server.server_port}", emulator.store


class Quiet(WSGIRequestHandler):
    """The journal records requests; the log is for what goes wrong."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def _service_of(path: str) -> str:
    """The first part of the path; Object Storage answers S3 at the very address where it answers Swift, whose paths begin with /v1/."""
    name, _, rest = path.strip("/").partition("/")
    return "s3" if name == "objects" and rest.split("/", 1)[0] != "v1" else name


def _made(request: Request, response: Response) -> set[str]:
    """What a write made, as the last part of its path will be."""
    if request.method == "PUT" and response.status_code == 201:
        return {request.path.rsplit("/", 1)[-1]}
    if request.method != "POST" or response.status_code >= 400 or response.mimetype != "application/json":
        return set()
    body = json.loads(response.get_data(as_text=True) or "{}")
    records = [body, *body.values()] if isinstance(body, dict) else []
    return {str(record[key]) for record in records if isinstance(record, dict) for key in ("id", "uuid", "name") if key in record}


def _disturbed(request: Request, family: Family, order: Order) -> Response:
    if order.drop:
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)      # what is written after this reaches nobody
    response = _response(family.refuse(order.refusal()))
    response.headers.extend(order.headers)
    return response


def _response(answer: Any) -> Response:
    if isinstance(answer, Response):        # Object Storage, whose bodies are no JSON
        return answer
    status, body = answer if isinstance(answer, tuple) else (200, answer)
    if isinstance(body, errors.Xml):
        return Response(body, status, mimetype="application/xml")
    if isinstance(body, errors.Html):
        return Response(body, status, mimetype="text/html")
    response = Response(status=HTTPStatus(status)) if body is None else Response(json.dumps(body), status, mimetype="application/json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Keystone"
    return response
