"""Peers: the same rules in other engines, measured beside the compiled table on the same requests.

Each peer is built once from a dossier (`__init__`: policies written, parsed, loaded), encodes each request once
(`prepare`), both outside the timing, and is timed on `decide` alone: from the encoded request to yes or no. None gives
grounds, none may remember whole requests, and each must answer as the reference evaluator does on every request before
anything is timed (`bench.peers.check`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from relto.core.decision import Request
from relto.core.dossier import Dossier


class Peer(Protocol):
    """An engine that decides: encodes a request, then says yes or no."""

    name: str

    def prepare(self, request: Request) -> Any:
        """The request as this engine takes it; outside the timing."""

    def decide(self, prepared: Any) -> bool:
        """Whether it is permitted; this is timed."""


@dataclass(frozen=True, slots=True)
class Loader:
    """A peer that is imported only when it is built, for its engine may not be installed."""

    name: str
    module: str
    kind: str

    def __call__(self, dossier: Dossier, requests: Sequence[Request]) -> Peer:
        """Build it. Raises ModuleNotFoundError where its engine is not installed."""
        return cast(Peer, getattr(import_module(self.module), self.kind)(dossier, requests))


PEERS = (
    Loader("dict/if", "bench.peers.plain", "Plain"),
    Loader("cedarpy", "bench.peers.cedar", "Cedar"),
    Loader("regorus", "bench.peers.rego", "Rego"),
    Loader("casbin", "bench.peers.casbin_", "Casbin"),
    Loader("vakt", "bench.peers.vakt_", "Vakt"),
)
