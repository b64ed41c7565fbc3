"""How long each way takes, by assumption: what is delayed where another way must be taken."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.analysis.impact.answers import Outcome
from relto.core.analysis.sufficiency.assumptions import Assumptions
from relto.core.timeline import Instant

Seconds = tuple[float, float, float]
"""Low, nominal and high."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds that each way takes. `mediated_linked`: from `link_from` on, where a real-time link carries it."""

    direct: Seconds
    mediated: Seconds
    mediated_linked: Seconds
    link_from: Instant | None

    @classmethod
    def of(cls, assumed: Assumptions, link_from: Instant | None = None) -> Delays:
        """By people under the pact; two hops and the ally's handling; the link, from its own date or the one given."""
        hop, handling = assumed.hop, assumed.handling
        return cls(
            direct=(assumed.people.low, assumed.people.nominal, assumed.people.high),
            mediated=(
                2 * hop.low + handling.low,
                2 * hop.nominal + handling.nominal,
                2 * hop.high + handling.high,
            ),
            mediated_linked=(assumed.link.low, assumed.link.nominal, assumed.link.high),
            link_from=link_from if link_from is not None else assumed.link_from,
        )

    def seconds(self, outcome: Outcome, at: Instant) -> Seconds | None:
        """What a way takes at `at`; None for what is refused."""
        if outcome == "refused":
            return None
        if outcome == "direct":
            return self.direct
        linked = self.link_from is not None and at >= self.link_from
        return self.mediated_linked if linked else self.mediated
