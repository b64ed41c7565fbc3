"""Whether the node lives, is ready, and its figures: plain routes, no sessions."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relto.core.errors import ReltoError
from relto.node import Node
from relto.serve.api.context import Context
from relto.serve.api.metrics import MEDIA

METRICS: Final = "/metrics"


async def healthz(_: Request) -> Response:
    """It lives: it answers."""
    return JSONResponse({"live": True})


async def readyz(request: Request) -> Response:
    """It can do its work: the store is readable, the keys are unlocked, the clock is not behind."""
    context: Context = request.app.state.context
    checks = await run_in_threadpool(readiness, context.node)
    return JSONResponse({"ready": all(checks.values()), **checks}, status_code=200 if all(checks.values()) else 503)


async def metrics(request: Request) -> Response:
    """The figures, for Prometheus."""
    context: Context = request.app.state.context
    return Response(await run_in_threadpool(context.metrics.text), media_type=MEDIA)


def readiness(node: Node) -> dict[str, bool]:
    """What a node needs to do its work, and whether it has it."""
    checks = {"store": False, "keys": False, "clock": False}
    try:
        with node.store.read() as reading:
            lived = reading.high_water()
        checks["store"] = True
        checks["clock"] = lived is None or node.clock.interval()[1] >= lived
        node.keys.signing()
        checks["keys"] = True
    except (ReltoError, OSError):
        pass
    return checks


ROUTES: Final = {"/healthz": healthz, "/readyz": readyz, METRICS: metrics}
"""The plain routes, by path."""
