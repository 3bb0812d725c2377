# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application object: `uvicorn --factory ticketing.main:create`."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from ticketing import api, pages
from ticketing.config import from_environment
from ticketing.store import Store, engine_for


def create(store: Store | None = None, site: str | None = None) -> FastAPI:
    """The web application. With no arguments it is built from the environment, as a server does."""
    if store is None or site is None:
        settings = from_environment()
        store, site = Store(engine_for(settings)), settings.site
    app = FastAPI(title="Tickets", description="Events, seats and purchases.", version="0.1.0")
    app.state.store, app.state.site = store, site
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")

    @app.exception_handler(SQLAlchemyError)
    async def database_away(request: Request, error: SQLAlchemyError) -> Response:
        return _say(request, 503, "unavailable", {"error": "database_unavailable", "kind": type(error).__name__})

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        word = "not_found" if error.status_code == 404 else "invalid"
        return _say(request, error.status_code, word, {"error": str(error.detail)})

    @app.exception_handler(RequestValidationError)
    async def bad_input(request: Request, error: RequestValidationError) -> Response:
        faults = [{"path": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]} for fault in error.errors()]
        return _say(request, 422, "invalid", {"error": "invalid_input", "faults": faults})

    return app


def _say(request: Request, status: int, word: str, body: dict[str, object]) -> Response:
    """The same trouble as JSON to programs and as a page to people."""
    if request.url.path.startswith("/api/"):
        return JSONResponse(body, status, headers={"Retry-After": str(api.RETRY_SECONDS)} if status == 503 else None)
    return pages.problem(request, status, word)
