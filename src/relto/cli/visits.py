"""`relto visits`: visits asked for, approved up to a rank and within a time box, and what is shown within each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from relto.cli.exchange import told_refusal
from relto.cli.opening import opened
from relto.cli.options import INSTANT, by_option, clock_option, json_option, node_option
from relto.cli.output import columns, print_json, safe, to_the_second
from relto.core.register import Visit, VisitOpened
from relto.core.timeline import Instant
from relto.formats.controls import visit_json
from relto.node.node import Node

_says = click.option("--says", required=True, metavar="TEXT", help="Why.")


@click.group()
def visits() -> None:
    """Visits (article 8): the party on whose territory a site lies approves, up to a rank and within a time box.

    \b
    Example:
      relto visits list --node jpn
      relto visits approve v-0f3a... --ceiling CONFIDENTIAL --by jpn-security-1 --node jpn
    """


@visits.command()
@click.option("--visiting", metavar="P", default="", help="The visiting party (default: this node's).")
@click.option("--host", required=True, metavar="P", help="The party whose facility is visited.")
@click.option("--facility", required=True, metavar="ID", help="Which of its facilities.")
@click.option("--under", "agreement", required=True, metavar="AGREEMENT", help="The agreement that the visit is under.")
@click.option("--purpose", required=True, metavar="TEXT", help="The official purpose.")
@click.option("--topic", "topics", required=True, multiple=True, metavar="T", help="What it is about. Repeatable.")
@click.option("--ceiling", required=True, metavar="RANK", help="The highest rank that is to be shown.")
@click.option("--from", "starts", required=True, type=INSTANT, metavar="T", help="When it begins.")
@click.option("--until", "ends", required=True, type=INSTANT, metavar="T", help="When it ends; no longer part of it.")
@click.option("--visitor", "visitors", required=True, multiple=True, metavar="WHO", help="Who comes. Repeatable.")
@click.option("--assured", is_flag=True, help="Each is cleared, needs to know, and will protect it (article 7(5)).")
@by_option
@node_option
@clock_option
@json_option
def ask(
    visiting: str,
    host: str,
    facility: str,
    agreement: str,
    purpose: str,
    topics: tuple[str, ...],
    ceiling: str,
    starts: Instant,
    ends: Instant,
    visitors: tuple[str, ...],
    assured: bool,
    by: str,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Ask the host for a visit; or, at the host's node, enter a request that came on paper (with --visiting).

    \b
    Example:
      relto visits ask --host JPN --facility ichigaya --under kor-jpn-2016 --purpose "missile warning talks" \\
        --topic defence/dprk --ceiling SECRET --visitor kor-analyst-2 --assured \\
        --from 2019-11-05T09:00+09:00 --until 2019-11-05T17:00+09:00 --by kor-desk-1 --node kor
    """
    from relto.node.visits import Asked, ask_visit

    def act(node: Node) -> Visit:
        asked = Asked(
            visiting or node.party, host, facility, agreement, purpose, topics, ceiling, starts, ends, visitors,
            assured, by,
        )  # fmt: skip
        return ask_visit(node, asked)

    _done(node_dir, at, as_json, act)


@visits.command()
@click.argument("visit")
@click.option("--ceiling", default="", metavar="RANK", help="The highest rank that may be shown (default: as asked).")
@click.option("--from", "starts", type=INSTANT, metavar="T", help="When it begins (default: as asked).")
@click.option("--until", "ends", type=INSTANT, metavar="T", help="When it ends (default: as asked).")
@by_option
@node_option
@clock_option
@json_option
def approve(
    visit: str,
    ceiling: str,
    starts: Instant | None,
    ends: Instant | None,
    by: str,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Approve VISIT to an own facility: as asked for, or up to a lower rank and for a shorter time.

    \b
    Example:
      relto visits approve v-0f3a... --ceiling CONFIDENTIAL --by jpn-security-1 --node jpn
    """
    from relto.node.visits import approve_visit

    _done(node_dir, at, as_json, lambda node: approve_visit(node, visit, by, ceiling, starts, ends))


@visits.command()
@click.argument("visit")
@_says
@by_option
@node_option
@clock_option
@json_option
def decline(visit: str, says: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Decline VISIT to an own facility.

    \b
    Example:
      relto visits decline v-0f3a... --says "the site is closed that week" --by jpn-security-1 --node jpn
    """
    from relto.node.visits import decline_visit

    _done(node_dir, at, as_json, lambda node: decline_visit(node, visit, says, by))


@visits.command("call-off")
@click.argument("visit")
@_says
@by_option
@node_option
@clock_option
@json_option
def call_off(visit: str, says: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """End VISIT, by either party: nothing is shown from then on.

    \b
    Example:
      relto visits call-off v-0f3a... --says "postponed" --by kor-desk-1 --node kor
    """
    from relto.node.visits import call_off_visit

    _done(node_dir, at, as_json, lambda node: call_off_visit(node, visit, says, by))


@visits.command()
@click.argument("visit")
@click.option("--came", multiple=True, metavar="WHO", help="Who came (default: all visitors). Repeatable.")
@by_option
@node_option
@clock_option
@json_option
def held(visit: str, came: tuple[str, ...], by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Record that VISIT to an own facility took place, and who came.

    \b
    Example:
      relto visits held v-0f3a... --came kor-analyst-2 --by jpn-security-1 --node jpn
    """
    from relto.node.visits import hold_visit

    _done(node_dir, at, as_json, lambda node: hold_visit(node, visit, came, by))


@visits.command()
@click.argument("visit")
@click.argument("what")
@click.option("--to", required=True, metavar="WHO", help="Which visitor sees it.")
@click.option("--purpose", default="", metavar="P", help="For what (default: what it was provided for).")
@by_option
@node_option
@clock_option
@json_option
def show(
    visit: str, what: str, to: str, purpose: str, by: str, node_dir: Path, at: Instant | None, as_json: bool
) -> int:
    """Show WHAT, a holding or an own item of the dossier, within VISIT; nothing is left with who sees it. Refused above
    the ceiling, outside the time box, and where the agreement does not permit it to be disclosed.

    \b
    Example:
      relto visits show v-0f3a... t-91bc... --to kor-analyst-2 --by jpn-desk-1 --node jpn
    """
    from relto.node import ActRefused
    from relto.node.visits import show_in_visit

    with opened(node_dir, at=at) as node:
        try:
            found = show_in_visit(node, visit, what, to, by, purpose)
        except ActRefused as refused:
            return told_refusal(node.read_dossier(), refused, as_json)
    _tell(found, as_json)
    return 0


@visits.command("list")
@node_option
@json_option
def list_(node_dir: Path, as_json: bool) -> None:
    """Every visit, its ceiling and time box, its visitors, and what was shown.

    \b
    Example:
      relto visits list --node jpn
    """
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        found = [one for one in reading.controls("visit") if isinstance(one, Visit)]
    if not found and not as_json:
        click.echo("no visits")
    for one in found:
        _tell(one, as_json)


def _done(node_dir: Path, at: Instant | None, as_json: bool, act: Callable[[Node], Visit]) -> None:
    """Do it, tell the other side, and say how the visit stands."""
    from relto.node import dispatch_pending

    with opened(node_dir, at=at) as node:
        found = act(node)
        dispatch_pending(node)
    _tell(found, as_json)


def _tell(visit: Visit, as_json: bool) -> None:
    if as_json:
        print_json(visit_json(visit))
        return
    asked, granted = visit.asked, visit.approved or visit.asked
    click.echo(f"{visit.id}  {visit.state}: {asked.visiting} to {safe(asked.facility)} of {asked.host}")
    facts = [
        ("purpose", f"{asked.purpose}, on {', '.join(asked.topics)}, under {asked.agreement}"),
        ("up to", granted.ceiling),
        ("within", f"{to_the_second(granted.starts)} until {to_the_second(granted.ends)}"),
        *(("visitor", one) for one in asked.visitors),
        ("assured", "by the visiting party, article 7(5)" if asked.assured else "no: nothing can be shown"),
    ]
    for one in visit.shown:
        how, to = ("opened", one.person) if isinstance(one, VisitOpened) else ("shown", one.to)
        facts.append((how, f"{to_the_second(one.at)}  {one.item} ({one.rank}) {'to ' + to if to else ''}"))
    click.echo("\n".join(columns(facts, indent="  ")))
