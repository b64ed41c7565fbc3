"""`relto duties`: what is owed for what this node holds, and of those whom it lets hold it."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import at_option, json_option, node_option
from relto.cli.output import cited, columns, print_json, safe, to_the_second
from relto.core.timeline import Instant
from relto.node.answers import duty_json
from relto.node.due import Duty


@click.command()
@click.option("--overdue", is_flag=True, help="Only those whose time has passed.")
@at_option
@node_option
@json_option
def duties(overdue: bool, at: Instant | None, node_dir: Path, as_json: bool) -> None:
    """What is owed for what this node holds, the most urgent first: article, time, and whose duty it is.

    \b
    Example:
      relto duties --node jpn
      relto duties --overdue --at 2019-12-24T00:00+09:00 --node jpn
    """
    from relto.node.due import open_duties

    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        when = at or node.clock.interval()[1]
        found = [one for one in open_duties(node, reading, when) if one.overdue or not overdue]
    if as_json:
        for one in found:
            print_json(duty_json(one))
        return
    if not found:
        click.echo("nothing is overdue" if overdue else "nothing is owed")
        return
    rows = [(_when(one), one.do, cited(one.article), one.owner, one.about, safe(one.title)) for one in found]
    click.echo("\n".join(columns(rows)))


def _when(one: Duty) -> str:
    if one.due is None:
        return "no time set"
    return f"{'OVERDUE since' if one.overdue else 'due'} {to_the_second(one.due, one.zone)}"
