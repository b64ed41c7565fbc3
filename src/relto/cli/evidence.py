"""`relto evidence`: a bundle for a third person, and its verification offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.cli.options import json_option, node_option
from relto.cli.output import columns, print_json, safe, to_the_second, write_file
from relto.core.errors import VerificationFailed

if TYPE_CHECKING:  # the verification loads none of a node
    from relto.node.bundle import Report
    from relto.node.bundle.account import Step


@click.group()
def evidence() -> None:
    """Evidence: who knew what, and when, for a third person who trusts neither side.

    \b
    Example:
      relto evidence export msl-2019-10-31 --node kor -o kor.bundle
      relto evidence verify kor.bundle jpn.bundle --card KOR.json --card JPN.json
    """


@evidence.command()
@click.argument("about", metavar="ITEM")
@node_option
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Where to write it (default: stdout)."
)
@click.option("--offline", is_flag=True, help="Ask no peer to cosign the ledger first, nor for the hashes of its own.")
def export(about: str, node_dir: Path, output: Path | None, offline: bool) -> None:
    """All that a node has about ITEM, sealed by it: an item, a transmittal, or an instrument, AGREEMENT/ID.

    It holds no payload and no key that opens anything. First the peers are asked to cosign this ledger, and for the
    hashes of theirs, by which their receipts are proved to stand there; who does not answer is told on stderr.

    \b
    Example:
      relto evidence export msl-2019-10-31 --node kor -o kor.bundle
      relto evidence export kor-jpn-2016/n001 --node kor -o notice.bundle
    """
    from relto.adapters.folder import dossier_files
    from relto.cli.opening import opened
    from relto.cli.witness import ask_all
    from relto.node.export import export_bundle

    with opened(node_dir) as node:
        for why in [] if offline else ask_all(node):
            click.echo(f"relto: {why}", err=True)
        bundle = export_bundle(node, about, dossier_files(node_dir / "dossier"))
    data = bundle.to_bytes()
    if output is None:
        click.echo(data, nl=False)
        return
    write_file(output, data)
    click.echo(f"{output}: {len(bundle.leaves)} leaves of the ledger of {bundle.by} about {safe(about)}")


@evidence.command()
@click.argument("bundles", metavar="BUNDLE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--card",
    "cards",
    metavar="CARD",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A party's card, whose thumbprints you have from that party itself.",
)
@json_option
def verify(bundles: tuple[Path, ...], cards: tuple[Path, ...], as_json: bool) -> None:
    """Verify bundles offline, alone and against each other; print who knew what, and when. Exit 0 or 5.

    It needs no node and no dossier. Without --card it takes the keys from the bundles and says that whose they are is
    not shown.

    \b
    Example:
      relto evidence verify kor.bundle
      relto evidence verify kor.bundle jpn.bundle --card KOR.json --card JPN.json --json
    """
    from relto.adapters.folder import read_limited
    from relto.node.bundle import MAX_BUNDLE_BYTES, Bundle, examine
    from relto.node.bundle.report import report_json
    from relto.node.card import Card

    known = [Card.from_bytes(read_limited(path), name=str(path)) for path in cards]
    read = [Bundle.from_bytes(read_limited(path, limit=MAX_BUNDLE_BYTES), name=str(path)) for path in bundles]
    report = examine(read, known)
    if as_json:
        print_json(report_json(report))
    else:
        click.echo("\n".join(_lines(report)))
    if not report.holds:
        wrong = (*report.problems, *report.contradictions)
        raise VerificationFailed(
            f"{len(wrong)} things in the evidence do not hold: {wrong[0]}",
            remedy="keep the files as they are, and ask each party for its own bundle",
        )


def _lines(report: Report) -> list[str]:
    """The report for people."""
    lines = [
        f"{one.by} on {safe(one.about)}: {one.leaves} leaves proved under its checkpoint of {one.size}, {one.receipts} "
        f"receipts repeat what was signed, {one.recomputed} of {one.decisions} verdicts computed again; "
        f"{one.witnessed} leaves witnessed, {one.placed} receipts proved in the ledgers of who gave them"
        for one in report.bundles
    ]
    keys = [
        (f"key of {party}{beside}", one, "of the card given" if known else "of the bundle")
        for party, thumbprint, mldsa, known in report.keys
        for beside, one in (("", thumbprint), (", ML-DSA-44", mldsa))
        if one
    ]
    lines += columns(keys)
    lines += ["", "Who knew what, and when:", *columns([_row(step) for step in report.account], indent="  ")]
    if report.not_shown:
        lines += ["", "Not shown:", *(f"  {safe(one)}" for one in report.not_shown)]
    for title, found in (("Contradictions:", report.contradictions), ("Problems:", report.problems)):
        if found:
            lines += ["", title, *(f"  {safe(one)}" for one in found)]
    return [*lines, "", "everything shown holds" if report.holds else "NOT everything holds"]


def _row(step: Step) -> tuple[str, ...]:
    places = [_place(step, one) for one in step.entries]
    return to_the_second(step.at), f"{step.party}'s clock", step.kind, f"{step.party} {step.says}", "; ".join(places)


def _place(step: Step, entry: Any) -> str:
    place = f"leaf {entry.leaf} of {entry.ledger}"
    if entry.ledger == step.party:
        return place
    return f"{place}, there by {to_the_second(entry.by)}" if entry.by is not None else place
