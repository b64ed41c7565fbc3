"""Scenes of `relto demo`: the launches of 2019 as warnings over a stream, and the three answers."""

from __future__ import annotations

from collections import Counter

import click

from relto.adapters.folder import read_limited
from relto.cli.options import shipped_dossier
from relto.cli.output import both_clocks, columns
from relto.cli.rehearsal import PACT, Rehearsal
from relto.core.analysis.brief import standing_sentence
from relto.core.analysis.impact import impact
from relto.core.analysis.sufficiency import Assessment, Launch, assess
from relto.core.analysis.world import World, in_world
from relto.core.dossier import Dossier
from relto.core.payload import MissileWarning
from relto.core.timeline import Instant, parse_instant
from relto.formats.analysis.assumptions import read_assumptions
from relto.formats.analysis.impact import WORDS
from relto.formats.analysis.launches import read_launches
from relto.formats.analysis.sufficiency import LABEL, summary
from relto.formats.analysis.traffic import read_traffic
from relto.formats.payload.codec import write_payload
from relto.node import ActRefused

ZONE = "Asia/Seoul"
STREAM = "launch-warnings"
FIRST = parse_instant("2019-07-24T00:00Z")
_MINUTE = 60_000_000_000
_MIDNIGHT = parse_instant("2019-11-23T00:00+09:00")


def launches() -> list[Launch]:
    """The recorded launches of 2019, as shipped."""
    return read_launches("2019.csv", read_limited(shipped_dossier() / "launches" / "2019.csv"))


class Warnings:
    """Korea's warnings to Japan: each launch from July on, as far as it has come, a minute after it."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._waiting = [one for one in launches() if one.at is not None and one.at >= FIRST]

    def until(self, text: str) -> None:
        """Send warnings of all launches before an instant that were not sent yet, those of one day together."""
        limit, days = parse_instant(text), dict[str, list[Launch]]()
        while self._waiting and self._waiting[0].at is not None and self._waiting[0].at < limit:
            one = self._waiting.pop(0)
            days.setdefault(one.id[:10], []).append(one)
        for found in days.values():
            last = found[-1].at
            assert last is not None
            self._send(found, last.plus(_MINUTE))

    def _send(self, found: list[Launch], at: Instant) -> None:
        outcome = self._rehearsal.feed(STREAM, [_warning(one, at) for one in found], "msl-2019-07-25", "KOR", "JPN", at)
        what = f"{both_clocks(at, ZONE)}  KOR -> JPN: {len(found)} launch warning{'s' if len(found) > 1 else ''}"
        if isinstance(outcome, ActRefused):
            ground = outcome.verdict.failed()[0]
            click.echo(f"{what}, REFUSED  {ground.agreement} {ground.article}: {ground.says}")
        else:
            click.echo(f"{what} of {found[0].missile}, {outcome.state}")


def _warning(one: Launch, at: Instant) -> bytes:
    """The facts of the record as an alert; when it was observed and let go is notional, and it says `exercise`."""
    return write_payload(
        MissileWarning(
            event=f"launch-{one.id}",
            version=1,
            by="KOR",
            kind="alert",
            observed=at,
            status="exercise",
            confidence="observed",
            launch_at=one.at,
            launch=one.place,
            says=f"{one.missile}, range {one.range_km:g} km, apogee {one.apogee_km:g} km"
            if one.range_km and one.apogee_km
            else one.missile,
        )
    )


def three_answers(dossier: Dossier, at: Instant) -> None:
    """Is it alive; what is lost if it ends tonight; is what a party obtains alone and through the ally sufficient?"""
    click.echo("Is the pact still alive?")
    for reading in ("KOR", "JPN"):
        sentence = standing_sentence(dossier.standing(PACT, at, reading=reading), ZONE)
        click.echo(f"  {both_clocks(at, ZONE)}, as {reading} reads it: {sentence}")
    click.echo("\nWhat is lost if it ends at midnight, 23 November 2019? (notional traffic of the weeks after)")
    place = shipped_dossier() / "traffic" / "winter-2019.csv"
    traffic = read_traffic(place.name, read_limited(place), dossier)
    found = impact(traffic, dossier, in_world(dossier, World(PACT, lapse=_MIDNIGHT)), zone=ZONE)
    rows = []
    for change in found.rows():
        one, words = change.movement, WORDS[change.before.outcome, change.after.outcome]
        rows.append((one.id, f"{one.sender} to {one.recipient}", one.item.topic, words))
    click.echo("\n".join(columns(rows, indent="  ")))
    click.echo("\nIs what a party obtains alone and through the ally sufficient?")
    file = shipped_dossier() / "assumptions" / "notional.yaml"
    assumed = read_assumptions(file.name, read_limited(file))
    told = list(assess(launches(), assumed, dossier))
    click.echo(f"  {LABEL}; stations NOTIONAL")
    click.echo("\n".join(columns(summary(told, sorted(assumed.need)), indent="  ")))
    flips = Counter(
        flip.assumption for one in told if isinstance(one, Assessment) for party in one.parties for flip in party.flips
    )
    often = ", ".join(f"{name} ({count})" for name, count in flips.most_common(4))
    click.echo(f"  what would flip a verdict, and how many: {often}")
