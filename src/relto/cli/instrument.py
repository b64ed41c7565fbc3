"""`relto instrument`: sign, countersign, list."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import clock_option, dossier_option, json_option, node_option, open_dossier
from relto.cli.output import columns, doubt, print_json
from relto.core.agreement import Instrument
from relto.core.errors import InputError, PeerUnreachable, Refused
from relto.core.timeline import Instant
from relto.formats.answers import instrument_json
from relto.node import Signed
from relto.node.answers import signed_json


@click.group()
def instrument() -> None:
    """Instruments: dated signed acts that change legal state.

    \b
    Example:
      relto instrument sign notice.yaml --node kor
      relto instrument list kor-jpn-2016
    """


@instrument.command()
@click.argument("file", type=click.Path(path_type=Path))
@node_option
@clock_option
@json_option
def sign(file: Path, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Sign the instrument in FILE for the node's own party, and deliver it to the others.

    FILE begins with `relto: instrument/1` and names its agreement. One that several make counts once all have signed.

    \b
    Example:
      relto instrument sign notice.yaml --node kor
    """
    from relto.adapters.folder import read_limited
    from relto.formats.dossier import instrument_agreement, read_instrument
    from relto.node import sign_instrument

    data = read_limited(file)
    agreement = instrument_agreement(str(file), data)
    with opened(node_dir, at=at) as node:
        with node.store.read() as reading:
            text = node.dossier(reading).versions(agreement)[0]
        signed = sign_instrument(node, agreement, read_instrument(str(file), data, text))
        _told(agreement, signed, as_json)


@instrument.command()
@click.argument("agreement")
@click.argument("identifier", metavar="ID")
@node_option
@clock_option
@json_option
def countersign(agreement: str, identifier: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Sign an instrument that another of its makers has signed and delivered.

    \b
    Example:
      relto instrument countersign kor-jpn-2016 sig --node jpn
    """
    from relto.node import countersign as sign_too

    with opened(node_dir, at=at) as node:
        _told(agreement, sign_too(node, agreement, identifier), as_json)


def _told(agreement: str, signed: Signed, as_json: bool) -> None:
    deliveries = [{"to": one.row.peer, "state": one.state} for one in signed.deliveries]
    if as_json:
        print_json(signed_json(signed))
    else:
        waits = "complete" if signed.complete else f"waits for the signature of {', '.join(signed.row.missing)}"
        click.echo(f"{agreement} {signed.instrument.id}, {signed.instrument.kind}: signed, {waits}")
        click.echo("\n".join(columns([(f"to {one['to']}", one["state"]) for one in deliveries], indent="  ")))
    refusing = [str(one["to"]) for one in deliveries if one["state"] == "refused-by-recipient"]
    if refusing:
        raise Refused(
            f"signed and kept, but refused by {', '.join(refusing)}", remedy="`relto evidence export` shows why"
        )
    if any(one["state"] == "queued" for one in deliveries):
        peers = ", ".join(str(one["to"]) for one in deliveries if one["state"] == "queued")
        raise PeerUnreachable(
            f"signed and kept, but not delivered to {peers}", remedy="`relto outbox --send` tries again"
        )


@instrument.command("list")
@click.argument("agreement", required=False)
@click.option("--node", "node_dir", metavar="DIR", type=click.Path(path_type=Path), help="The record of a node.")
@dossier_option
@json_option
def list_(agreement: str | None, node_dir: Path | None, dossier_dir: Path | None, as_json: bool) -> None:
    """The record: every instrument, of one AGREEMENT or all, of a dossier or a node.

    \b
    Example:
      relto instrument list kor-jpn-2016
      relto instrument list --node kor
    """
    if node_dir is not None and dossier_dir is not None:
        raise InputError("a node has its own dossier", remedy="give `--node` or `--dossier`, not both")
    waiting: dict[tuple[str, str], tuple[str, ...]] = {}
    extra: list[tuple[str, Instrument]] = []
    if node_dir is not None:
        from relto.node import instruments

        with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
            dossier = node.dossier(reading)
            for held in instruments(node):
                if not held.complete:
                    waiting[(held.row.agreement, held.row.id)] = held.row.missing
                    extra.append((held.row.agreement, held.instrument))
    else:
        dossier = open_dossier(dossier_dir)
    if agreement is not None:
        dossier.versions(agreement)
    names = [agreement] if agreement is not None else sorted(dossier.agreements)
    rows = [(name, one) for name in names for one in dossier.record(name).instruments]
    rows += [pair for pair in extra if pair[0] in names]
    rows.sort(key=lambda pair: (pair[0], pair[1].at.instant, pair[1].id))
    if as_json:
        for name, one in rows:
            print_json(instrument_json(name, one, waiting.get((name, one.id), ())))
        return
    if not rows:
        click.echo("no instruments yet; sign one with `relto instrument sign FILE --node DIR`")
        return
    click.echo("\n".join(columns([_row(name, one, waiting.get((name, one.id), ())) for name, one in rows])))


def _row(name: str, one: Instrument, missing: tuple[str, ...]) -> tuple[str, ...]:
    about = [f"on {', '.join(one.targets)}"] if one.targets else []
    about += [f"for {one.item or one.topic} to {', '.join(one.to)}"] if one.to else []
    about += [f"waits for {', '.join(missing)}"] if missing else []
    return name, str(one.at), one.id, one.kind, f"by {', '.join(one.by)}", "; ".join(about) + doubt(one.unconfirmed)
