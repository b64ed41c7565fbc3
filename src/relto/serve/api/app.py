"""The application: the operations, the plain routes, and what goes round them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from relto.node import Node
from relto.node.people_store import People
from relto.serve.api import accounts, agreeing, control, custody, health, holding, oidc, proving, releasing, session
from relto.serve.api.around import Around
from relto.serve.api.context import Context, Rate
from relto.serve.api.guard import COOKIE
from relto.serve.api.metrics import Metrics
from relto.serve.api.operation import BROWSED, Guarded
from relto.serve.api.problem import MEDIA, http_problem
from relto.serve.api.provider import Provider
from relto.serve.api.settings import ApiSettings
from relto.serve.log import Log, silent
from relto.serve.sparing import Sparing

_CHAPTERS: Final = (
    session.operations,
    oidc.operations,
    agreeing.operations,
    releasing.operations,
    holding.operations,
    custody.operations,
    control.operations,
    proving.operations,
    accounts.operations,
)


def create_api(node: Node, people: People, settings: ApiSettings | None = None, log: Log = silent) -> FastAPI:
    """The people's interface of `node`. Its server puts the DER of a client's certificate, whose chain and private key
    TLS has verified, into the scope's state as `peer_certificate`; it closes node and people itself."""
    chosen = settings or ApiSettings()
    metrics = Metrics(
        lambda: _queued(node), lambda: len(health.peers_apart(node)), lambda: len(health.peers_differing(node))
    )
    context = Context(node, people, chosen, metrics, Rate(chosen.logins_a_minute), log, Sparing(log))
    app = FastAPI(
        title=f"relto: the node of {node.party}",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    app.state.oidc = Provider(chosen.oidc) if chosen.oidc is not None else None
    app.state.error_page = None  # how the desk shows an error to a browser, where there is a desk
    app.router.route_class = Guarded
    app.router.redirect_slashes = False
    for chapter in _CHAPTERS:
        chapter.add_to(app)
    for path, serve in health.ROUTES.items():
        if chosen.metrics or path != health.METRICS:
            app.add_route(path, serve, include_in_schema=False)
    app.add_exception_handler(HTTPException, _on_http)
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]
    app.add_middleware(Around, context=context)
    return app


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return http_problem(error.status_code, str(error.detail).lower(), dict(error.headers or {}))


def _queued(node: Node) -> int:
    with node.store.read() as reading:
        return len(reading.outbox("queued"))


def _description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, with the three ways to be known, and every problem as the document it is."""
    if app.openapi_schema is None:
        described = get_openapi(title=app.title, version=app.version, routes=app.routes)
        described.setdefault("components", {})["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            "certificate": {"type": "mutualTLS"},
        }
        for path in described["paths"].values():
            for operation in path.values():
                operation["responses"] = _responses(operation["responses"], BROWSED in operation)
        for name in ("HTTPValidationError", "ValidationError"):
            described["components"].get("schemas", {}).pop(name, None)
        app.openapi_schema = described
    return app.openapi_schema


def _responses(found: dict[str, Any], browsed: bool) -> dict[str, Any]:
    """The answers of an operation, without those that FastAPI adds for errors of its own."""
    told = {}
    for status, one in found.items():
        schema = one.get("content", {}).get("application/json", {}).get("schema", {})
        if status.startswith(("4", "5")):
            if not str(schema.get("$ref", "")).endswith("/Problem"):
                continue
            one = {**one, "content": {MEDIA: {"schema": schema}, **({"text/html": {}} if browsed else {})}}
        elif not schema:  # a page, or no body at all
            media = {kind: given for kind, given in one.get("content", {}).items() if kind != "application/json"}
            one = {"description": one["description"], **({"content": media} if media else {})}
        told[status] = one
    return told
