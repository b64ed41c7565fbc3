"""`relto contractors`: the conditions that each meets, its inspections, and what is missing (article 16)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import at_option, by_option, clock_option, json_option, node_option
from relto.cli.output import cited, columns, print_json, safe, to_the_second
from relto.core.register import CONDITIONS, INSPECTIONS, Contractor
from relto.core.timeline import Instant
from relto.formats.controls import contractor_json
from relto.node.node import Node

_conditions = click.option(
    "--condition", "conditions", required=True, multiple=True, metavar="LETTER", help="Which: a to o. Repeatable."
)


@click.group()
def contractors() -> None:
    """Contractors' checklists: fifteen conditions before anything comes to one, and inspections that fall due.

    \b
    Example:
      relto contractors list --node jpn
      relto contractors inspect jpn-maker-1 --says "as it should be" --by jpn-security-1 --node jpn
    """


@contractors.command("set")
@click.argument("contractor")
@click.option("--under", "agreement", required=True, metavar="AGREEMENT", help="Whose text asks for the conditions.")
@click.option("--inspect-every", "every", required=True, metavar="PERIOD", help="P1Y, P6M: from one to the next.")
@by_option
@node_option
@clock_option
@json_option
def set_(
    contractor: str, agreement: str, every: str, by: str, node_dir: Path, at: Instant | None, as_json: bool
) -> None:
    """Begin the checklist of CONTRACTOR, one of the party's file; or set another period.

    \b
    Example:
      relto contractors set jpn-maker-1 --under kor-jpn-2016 --inspect-every P1Y --by jpn-security-1 --node jpn
    """
    from relto.node.contractors import set_checklist

    _done(node_dir, at, as_json, lambda node: set_checklist(node, contractor, agreement, every, by))


@contractors.command()
@click.argument("contractor")
@_conditions
@click.option("--evidence", required=True, metavar="TEXT", help="What shows that they are met.")
@by_option
@node_option
@clock_option
@json_option
def confirm(
    contractor: str,
    conditions: tuple[str, ...],
    evidence: str,
    by: str,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Enter what shows that conditions of CONTRACTOR are met; (g) is met by inspections alone.

    \b
    Example:
      relto contractors confirm jpn-maker-1 --condition b --condition k --evidence "survey 12" --by jpn-security-1 \\
        --node jpn
    """
    from relto.node.contractors import confirm_conditions

    _done(node_dir, at, as_json, lambda node: confirm_conditions(node, contractor, conditions, evidence, by))


@contractors.command()
@click.argument("contractor")
@_conditions
@click.option("--says", required=True, metavar="TEXT", help="Why.")
@by_option
@node_option
@clock_option
@json_option
def withdraw(
    contractor: str,
    conditions: tuple[str, ...],
    says: str,
    by: str,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Enter that conditions of CONTRACTOR are met no more: nothing comes to it until they are.

    \b
    Example:
      relto contractors withdraw jpn-maker-1 --condition j --says "the officer left" --by jpn-security-1 --node jpn
    """
    from relto.node.contractors import withdraw_conditions

    _done(node_dir, at, as_json, lambda node: withdraw_conditions(node, contractor, conditions, says, by))


@contractors.command()
@click.argument("contractor")
@click.option("--says", required=True, metavar="TEXT", help="What was found.")
@click.option("--failed", is_flag=True, help="It is not as it must be.")
@by_option
@node_option
@clock_option
@json_option
def inspect(
    contractor: str, says: str, failed: bool, by: str, node_dir: Path, at: Instant | None, as_json: bool
) -> None:
    """Enter an inspection of CONTRACTOR; the next is due after its period.

    \b
    Example:
      relto contractors inspect jpn-maker-1 --says "as it should be" --by jpn-security-1 --node jpn
    """
    from relto.node.contractors import enter_inspection

    _done(node_dir, at, as_json, lambda node: enter_inspection(node, contractor, says, by, passed=not failed))


@contractors.command("list")
@at_option
@node_option
@json_option
def list_(at: Instant | None, node_dir: Path, as_json: bool) -> None:
    """Every contractor with a checklist: what is met, what is not, and when its inspection is due.

    \b
    Example:
      relto contractors list --node jpn
    """
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        when = at or node.clock.interval()[1]
        found = [one for one in reading.controls("contractor") if isinstance(one, Contractor)]
    if not found and not as_json:
        click.echo("no checklist of a contractor was begun")
    for one in found:
        _tell(one, when, as_json)


def _done(node_dir: Path, at: Instant | None, as_json: bool, act: Callable[[Node], Contractor]) -> None:
    with opened(node_dir, at=at) as node:
        found, when = act(node), node.clock.interval()[1]
    _tell(found, when, as_json)


def _tell(one: Contractor, at: Instant, as_json: bool) -> None:
    if as_json:
        print_json(contractor_json(one, at))
    else:
        click.echo("\n".join(contractor_lines(one, at)))


def contractor_lines(one: Contractor, at: Instant) -> list[str]:
    """A contractor's checklist in lines for people, as it stands at `at`."""
    kept, last, unmet = one.checklist, one.inspection, one.unmet(at)
    state = "all conditions met" if not unmet else f"{len(unmet)} of {len(CONDITIONS)} conditions not met"
    facts = [("conditions", f"{state}, {cited(kept.article)} of {kept.agreement}")]
    facts += [("not met", f"({letter}) {CONDITIONS[letter]}") for letter in unmet]
    if last is not None:
        found = "passed" if last.passed else "failed"
        facts.append(("inspected", f"{to_the_second(last.at, kept.zone)}, {found}: {last.says}"))
    due = one.inspection_due
    when = "no time set"
    if due is not None:
        when = f"{'OVERDUE since' if one.overdue(at) else 'due'} {to_the_second(due, kept.zone)}"
    facts.append(("inspect", f"{when}, condition ({INSPECTIONS})"))
    return [f"{safe(one.id)}  contractor", *columns(facts, indent="  ")]
