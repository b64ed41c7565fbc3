"""Whether the node lives, is ready, and its figures: plain routes, no sessions."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relto.core.errors import ReltoError
from relto.node import Node
from relto.node.behind import stopped
from relto.node.clocks import clocks_apart
from relto.node.records import differences
from relto.node.witness import forks
from relto.serve.api.context import Context
from relto.serve.api.metrics import MEDIA

METRICS: Final = "/metrics"


async def healthz(_: Request) -> Response:
    """It lives: it answers."""
    return JSONResponse({"live": True})


async def readyz(request: Request) -> Response:
    """It can do its work: the store is readable, the keys are unlocked, neither clock nor ledger is behind."""
    context: Context = request.app.state.context
    checks = await run_in_threadpool(readiness, context.node)
    ready = all(checks.values())
    apart = await run_in_threadpool(peers_apart, context.node) if checks["store"] else []
    differ = await run_in_threadpool(peers_differing, context.node) if checks["store"] else []
    forked = await run_in_threadpool(peers_forked, context.node) if checks["store"] else []
    told = {"ready": ready, **checks, "clocks_apart": apart, "records_differ": differ, "ledgers_forked": forked}
    return JSONResponse(told, status_code=200 if ready else 503)


async def metrics(request: Request) -> Response:
    """The figures, for Prometheus."""
    context: Context = request.app.state.context
    return Response(await run_in_threadpool(context.metrics.text), media_type=MEDIA)


def peers_apart(node: Node) -> list[str]:
    """The peers whose clocks do not go with the own. It says nothing of being ready: either clock may be the wrong one,
    and no peer is to decide whether this node serves its people."""
    with node.store.read() as reading:
        return [one.peer for one in clocks_apart(node, reading)]


def peers_differing(node: Node) -> list[str]:
    """The peers that hold another record than this node. It says nothing of being ready either: what it keeps back is
    refused, with its grounds, by the decision."""
    with node.store.read() as reading:
        return sorted({one.peer for one in differences(node, reading)})


def peers_forked(node: Node) -> list[str]:
    """The peers whose ledgers have contradicted themselves."""
    with node.store.read() as reading:
        return sorted(forks(reading))


def readiness(node: Node) -> dict[str, bool]:
    """What a node needs to do its work, and whether it has it."""
    checks = {"store": False, "keys": False, "clock": False, "ledger": False}
    try:
        with node.store.read() as reading:
            lived = reading.high_water()
            checks["ledger"] = not stopped(reading)
        checks["store"] = True
        checks["clock"] = lived is None or node.clock.interval()[1] >= lived
        node.keys.signing()
        checks["keys"] = True
    except (ReltoError, OSError):
        pass
    return checks


ROUTES: Final = {"/healthz": healthz, "/readyz": readyz, METRICS: metrics}
"""The plain routes, by path."""
