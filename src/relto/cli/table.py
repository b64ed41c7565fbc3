"""`relto table`: build, prove, show: every answer of a dossier over a span of time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from relto.cli.options import INSTANT, check_reading, json_option, open_dossier, reading_option, source_option
from relto.cli.output import columns, print_json, safe
from relto.core.errors import InputError
from relto.core.timeline import ETERNITY, Instant

if TYPE_CHECKING:
    from relto.core.decision.proof import Proof, Property
    from relto.core.decision.table import Table
    from relto.core.dossier import Dossier

F = TypeVar("F", bound=Callable[..., Any])


def window_options(function: F) -> F:
    """`--from` and `--to`: the span of time that is compiled."""
    start = click.option("--from", "start", type=INSTANT, metavar="T", help="From when (default: the first year).")
    end = click.option(
        "--to", "end", type=INSTANT, metavar="T", help="Until when (default: five years after the last instrument's)."
    )
    return start(end(function))


@click.group()
def table() -> None:
    """The whole of who may give what to whom: compiled, proved cell by cell, and shown.

    \b
    Example:
      relto table prove all
      relto table show --from KOR --to JPN --at 2019-11-18T09:00+09:00
    """


@table.command()
@window_options
@reading_option
@source_option
@json_option
def build(
    start: Instant | None, end: Instant | None, reading: str | None, dossier_dir: Path | None, as_json: bool
) -> None:
    """Compile the dossier over a span of time and say how large the table is.

    \b
    Example:
      relto table build
      relto table build --from 2016-01-01T00:00Z --to 2021-01-01T00:00Z --reading JPN
    """
    compiled, milliseconds = _compiled(open_dossier(dossier_dir), start, end, reading)
    from relto.core.decision.survey import size_of

    size = size_of(compiled)
    per_million = milliseconds / max(size.cells / 1e6, 1e-9)
    if as_json:
        axes: dict[str, Any] = dict(size.axes)
        print_json(
            {
                "schema": "relto/table/1",
                "start": str(compiled.window.start),
                "end": str(compiled.window.end),
                "reading": reading,
                "lanes": size.lanes,
                "slices": size.slices,
                "axes": axes,
                "cells": size.cells,
                "stored_cells": size.stored_cells,
                "bytes": size.bytes,
                "milliseconds": round(milliseconds, 3),
                "milliseconds_per_million_cells": round(per_million, 1),
            }
        )
        return
    click.echo(f"from {compiled.window.start} until {compiled.window.end}")
    rows = [
        ("lanes", f"{size.lanes:,}"),
        ("slices", f"{size.slices:,}"),
        *((name, f"{count:,}") for name, count in size.axes),
        ("cells", f"{size.cells:,} ({size.stored_cells:,} stored)"),
        ("bytes", f"{size.bytes:,}"),
        ("compiled in", f"{milliseconds:.1f} ms ({per_million:,.0f} ms a million cells)"),
    ]
    click.echo("\n".join(columns(rows, indent="  ")))


@table.command()
@click.argument("properties", nargs=-1, metavar="[PROPERTY ...|all]")
@click.option("--file", "file", type=click.Path(path_type=Path), metavar="FILE", help="Properties of your own.")
@window_options
@reading_option
@source_option
@json_option
def prove(
    properties: tuple[str, ...],
    file: Path | None,
    start: Instant | None,
    end: Instant | None,
    reading: str | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> int:
    """Prove properties by looking at every cell; exit 0 if all hold, 5 with a counterexample if one fails.

    The reference evaluator confirms every counterexample, with article and sentence; where it does not, relto is at
    fault (exit 1).

    PROPERTY: lapsed-releases-nothing, no-onward-without-consent, no-level-above-ceiling, purpose-bound,
    every-refusal-cites, mediated-within-scope, or the id of one in --file. Without any: those of --file, else all.

    \b
    Example:
      relto table prove all
      relto table prove lapsed-releases-nothing purpose-bound
      relto table prove --file properties.yaml --json
    """
    dossier = open_dossier(dossier_dir)
    chosen = _chosen(properties, _own_properties(file, dossier))
    compiled, _ = _compiled(dossier, start, end, reading)
    from relto.core.decision.proof import upheld
    from relto.formats.proofs import proof_json, proof_lines

    failed = False
    for one in chosen:
        proof = upheld(one(compiled))
        failed = failed or not proof.holds
        if as_json:
            print_json(proof_json(proof))
        else:
            click.echo("\n".join(safe(line) for line in proof_lines(proof)))
    return 5 if failed else 0


def _own_properties(file: Path | None, dossier: Dossier) -> tuple[Property, ...]:
    if file is None:
        return ()
    from relto.adapters.folder import read_limited
    from relto.core.route.proof import PROPERTIES
    from relto.formats.property import read_properties

    return read_properties(str(file), read_limited(file), dossier, taken=(*PROPERTIES, "all"))


def _chosen(names: tuple[str, ...], own: tuple[Property, ...]) -> list[Callable[[Table], Proof]]:
    """The provers asked for, each once, in the order in which they are listed; checked before anything is compiled."""
    from functools import partial

    from relto.core.decision.proof import prove_property
    from relto.core.route.proof import PROPERTIES

    known: dict[str, Callable[[Table], Proof]] = dict(PROPERTIES)
    known |= {one.id: partial(prove_property, wanted=one) for one in own}
    for name in names:
        if name not in known and name != "all":
            raise InputError(f"no property `{name[:60]}`", remedy=f"use one of {', '.join(known)}, or all")
    if "all" in names or not (names or own):
        return list(known.values())
    wanted = names or tuple(one.id for one in own)
    return [known[name] for name in dict.fromkeys(wanted)]


@table.command()
@click.option("--from", "sender", metavar="P", help="Only what this party gives.")
@click.option("--to", "recipient", metavar="P", help="Only what this party, contractor or authority receives.")
@click.option("--at", type=INSTANT, metavar="T", help="Only what holds at this instant.")
@reading_option
@source_option
@json_option
def show(
    sender: str | None,
    recipient: str | None,
    at: Instant | None,
    reading: str | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """Who may give what to whom, over which stretch of time, under which article; what is refused, and why.

    What an item's caveats, a named person or system, and consents for single items add is decided at each request.

    \b
    Example:
      relto table show --from KOR --to JPN
      relto table show --at 2019-11-23T00:00+09:00
    """
    if at == ETERNITY:
        raise InputError(f"--at: every table ends before {at}", remedy="ask about an earlier instant")
    dossier = open_dossier(dossier_dir)
    start, end = _span(dossier, None, None)
    if at is not None:
        start, end = min(start, at), max(end, at.plus(1))
    compiled, _ = _compiled(dossier, start, end, reading)
    _check_end("--from", sender, compiled.senders)
    _check_end("--to", recipient, compiled.addressees)
    from relto.core.decision.survey import survey
    from relto.formats.verdicts import Vocabulary, span_json, verdict_lines

    spans = survey(compiled, sender=sender, recipient=recipient, at=at)
    if as_json:
        for span in spans:
            print_json(span_json(span))
        return
    axes = compiled.ground.axes
    for line in verdict_lines(spans, Vocabulary(axes.topics, axes.purposes)):
        click.echo(safe(line))


def _check_end(option: str, party: str | None, known: tuple[str, ...]) -> None:
    if party is not None and party not in known:
        raise InputError(f"{option}: unknown party `{party[:60]}`", remedy=f"use one of {', '.join(known)}")


def _compiled(dossier: Dossier, start: Instant | None, end: Instant | None, reading: str | None) -> tuple[Table, float]:
    """The table over the span asked, and the milliseconds it took."""
    from time import perf_counter

    from relto.core.decision.table import compile_table

    check_reading(dossier, reading)
    start, end = _span(dossier, start, end)
    began = perf_counter()
    compiled = compile_table(dossier, start, end, reading)
    return compiled, (perf_counter() - began) * 1000


def _span(dossier: Dossier, start: Instant | None, end: Instant | None) -> tuple[Instant, Instant]:
    if start is not None and end is not None:
        return start, end
    from relto.core.dossier import recorded_span

    try:
        first, last = recorded_span(dossier)
    except InputError as error:
        raise InputError(error.message, remedy="give --from and --to") from error
    return start or first, end or last
