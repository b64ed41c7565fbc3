"""`relto outbox export`, `inbox import`, `outbox import`: what is queued, and the answers, carried on a medium."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import print_json
from relto.core.timeline import Instant
from relto.node.answers import transmittal_json


@click.command()
@click.option("--to", required=True, metavar="P", help="The party that it is carried to.")
@click.argument("file", type=click.Path(path_type=Path))
@node_option
@clock_option
@json_option
def export(to: str, file: Path, node_dir: Path, at: Instant | None, as_json: bool) -> int:
    """Write what is queued for a party into FILE, to be carried where no network is allowed.

    Each item is decided on again now. It stays queued until its receipt is back, on a medium (`relto outbox import`) or
    over the network. Exit 3 where something is refused now, 4 where nothing goes.

    \b
    Example:
      relto outbox export --to JPN kor-to-jpn.medium --node kor
    """
    from relto.adapters.medium import new_medium
    from relto.node.carrying import export_queued

    with opened(node_dir, at=at) as node, new_medium(file) as write:
        done = export_queued(node, to, write, _progress)
    refused = [one for one in done.left if one.state != "queued"]
    if as_json:
        left = [transmittal_json(one.row, one.grounds) for one in done.left]
        print_json(
            {"schema": "relto/export/1", "to": to, "file": str(file), "parts": len(done.manifest.parts), "left": left}
        )
    else:
        click.echo(f"{file}: {len(done.manifest.parts)} for {to}, {done.manifest.size} bytes")
        for one in done.left:
            click.echo(f"  not with it: {one.row.kind} {one.row.subject}  {one.row.last_error or one.state}")
    return 3 if refused else 0


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--answers", type=click.Path(path_type=Path), metavar="FILE", help="Write the answers here, to go back.")
@node_option
@clock_option
@json_option
def take(file: Path, answers: Path | None, node_dir: Path, at: Instant | None, as_json: bool) -> int:
    """Take in what a partner's medium carries, as if it had come over the network, and write the answers.

    All of FILE is looked at before any of it is taken in. The same FILE again has the same effect and the same answers,
    so an import that was cut off is begun again. Exit 3 where something was refused; the refusals go back too.

    \b
    Example:
      relto inbox import kor-to-jpn.medium --answers jpn-to-kor.medium --node jpn
    """
    from relto.adapters.medium import new_medium, open_medium
    from relto.node.carrying import take_in

    with opened(node_dir, at=at) as node, open_medium(file) as medium:
        if answers is None:
            done = take_in(node, medium, progress=_progress)
        else:
            with new_medium(answers) as write:
                done = take_in(node, medium, write, _progress)
    sender = done.manifest.sender
    problems = [(one.kind, one.subject, error) for one, error in done.problems]
    if as_json:
        told = [
            {"kind": kind, "id": subject, "code": error.exit_code, "error": str(error)}
            for kind, subject, error in problems
        ]
        counts = {"accepted": done.accepted, "refused": done.refused, "problems": told}
        print_json({"schema": "relto/import/1", "from": sender, "answers": str(answers) if answers else None, **counts})
    else:
        click.echo(f"from {sender}: {done.accepted} taken in, {done.refused} refused")
        for kind, subject, error in problems:
            click.echo(f"  not taken in: {kind} {subject}  {error}")
        if answers is not None:
            click.echo(f"next: carry {answers} back to {sender}")
    return problems[0][2].exit_code if problems else 3 if done.refused else 0


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@node_option
@clock_option
@json_option
def settle(file: Path, node_dir: Path, at: Instant | None, as_json: bool) -> int:
    """Settle what was sent by the answers that FILE carries: receipts, acknowledgements, refusals.

    The same FILE again changes nothing. Exit 3 where the partner refused something or did not take it in.

    \b
    Example:
      relto outbox import jpn-to-kor.medium --node kor
    """
    from relto.adapters.medium import open_medium
    from relto.node.carrying import settle_from

    with opened(node_dir, at=at) as node, open_medium(file) as medium:
        manifest, settled = settle_from(node, medium, _progress)
    if as_json:
        for one in settled:
            print_json(transmittal_json(one.row, one.grounds))
    else:
        done = sum(one.state == "done" for one in settled)
        click.echo(f"answers of {manifest.sender}: {done} done, {len(settled) - done} not")
        for one in settled:
            if one.state != "done":
                click.echo(f"  {one.row.kind} {one.row.subject}  {one.row.last_error or one.state}")
    return 0 if all(one.state == "done" for one in settled) else 3


def _progress(done: int, of: int) -> None:
    """How far it is, on stderr, where a person watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {of}", nl=done >= of, err=True)
