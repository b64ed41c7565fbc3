"""Figures for Prometheus, in a registry of their own: counts and times; no marks, titles, names or payloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from relto.core.decision import Verdict

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter was made is nothing to anybody


class Metrics:
    """The figures of one node. `queued` counts what waits in the outbox when the figures are read, `apart` the peers
    whose clocks do not go with the own, `differ` those that hold another record."""

    def __init__(self, queued: Callable[[], int], apart: Callable[[], int], differ: Callable[[], int]) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._releases = Counter(
            "relto_releases",
            "Releases and relays asked of this node, by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        self._refusals = Counter(
            "relto_refusals", "Refusals by agreement, by each check that failed", ["check"], registry=self.registry
        )
        self._logins = Counter("relto_logins", "Attempts to sign in, by outcome", ["outcome"], registry=self.registry)
        self._seconds = Histogram(
            "relto_request_seconds",
            "Time to answer a request of the people's interface",
            ["method", "route", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_Counted("relto_outbox_queued", "Messages that wait to be sent", queued))
        self.registry.register(_Counted("relto_clocks_apart", "Peers whose clocks disagree with this node's", apart))
        self.registry.register(
            _Counted("relto_records_differ", "Peers that hold another record than this node", differ)
        )

    def released(self, outcome: str) -> None:
        """A release or relay has come to this."""
        self._releases.labels(outcome).inc()

    def refused(self, verdict: Verdict) -> None:
        """An agreement has refused an act."""
        for ground in verdict.failed():
            self._refusals.labels(ground.check).inc()

    def logged_in(self, outcome: str) -> None:
        """Somebody has tried to sign in."""
        self._logins.labels(outcome).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._seconds.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self.registry)


class _Counted(Collector):
    def __init__(self, name: str, says: str, count: Callable[[], int]) -> None:
        self._name, self._says = name, says
        self._count = count

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count anew."""
        yield GaugeMetricFamily(self._name, self._says, value=self._count())
