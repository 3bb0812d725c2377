# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application object: `uvicorn --factory ticketing.main:create`."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from ticketing import api, api_visitor, pages, pages_admin, pages_visitor
from ticketing.config import Settings, from_environment
from ticketing.crossing import Crossing
from ticketing.guard import Guard
from ticketing.lookout import crossing_for
from ticketing.refusals import LogInFirst, Refused
from ticketing.service import assemble
from ticketing.store import Store, engine_for

LOG = logging.getLogger("uvicorn.error")


def create(store: Store | None = None, site: str | None = None, settings: Settings | None = None, crossing: Crossing | None = None) -> FastAPI:
    """The web application. With no arguments it is built from the environment, as a server does."""
    if store is None or site is None:
        settings = from_environment()
        store, site = Store(engine_for(settings)), settings.site
        if settings.own_key:
            LOG.warning("SESSION_KEYS is not set: log-ins hold for this process only, and neither for other copies nor after a switch of sites")
        crossing = crossing_for(settings, store.database.reign)
    settings = settings or Settings(database_url="", site=site)
    # No page of documentation: FastAPI's would load its scripts from elsewhere.
    app = FastAPI(title="Tickets", description="Events, seats and purchases.", version="0.2.0", docs_url=None, redoc_url=None,
                  openapi_url="/api/openapi.json", lifespan=_looking(crossing) if crossing else None)
    app.state.service, app.state.site = assemble(store, settings, crossing), site
    for router in (api.router, api_visitor.router, api_visitor.running, api.health, pages.router, pages_visitor.router, pages_admin.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_middleware(Guard, metrics=app.state.service.metrics, refuse=lambda request, status, code: _say(request, status, code, {"error": code}))

    @app.exception_handler(Refused)
    async def not_done(request: Request, error: Refused) -> Response:
        if request.url.path.startswith("/api/"):
            return api.refusal(error)
        if isinstance(error, LogInFirst):
            return RedirectResponse(pages.log_in_path(request), 303)
        return pages.problem(request, error.status, error.code, error.retry)

    @app.exception_handler(SQLAlchemyError)
    async def database_away(request: Request, error: SQLAlchemyError) -> Response:
        LOG.warning("the database did not do it: %s", type(error).__name__)
        return _say(request, 503, "unavailable", {"error": "database_unavailable", "kind": type(error).__name__})

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        word = "not_found" if error.status_code == 404 else "invalid"
        return _say(request, error.status_code, word, {"error": str(error.detail)}, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def bad_input(request: Request, error: RequestValidationError) -> Response:
        faults = [{"path": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]} for fault in error.errors()]
        return _say(request, 422, "invalid", {"error": "invalid_input", "faults": faults})

    return app


def _looking(crossing: Crossing) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Somebody looks at the standby for as long as the application runs."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        lookout = threading.Thread(target=crossing.run, name="lookout", daemon=True)
        lookout.start()
        try:
            yield
        finally:
            crossing.stop()
            lookout.join(crossing.limit * 2)

    return lifespan


def _say(request: Request, status: int, word: str, body: dict[str, object], headers: dict[str, str] | None = None) -> Response:
    """The same trouble as JSON to programs and as a page to people."""
    if request.url.path.startswith("/api/"):
        return JSONResponse(body, status, headers={**(headers or {}), **({"Retry-After": str(api.RETRY_SECONDS)} if status == 503 else {})})
    return pages.problem(request, status, word, api.RETRY_SECONDS if status == 503 else None)
