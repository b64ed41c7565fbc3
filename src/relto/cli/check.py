"""`relto check` and `relto explain`: a verdict, and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from relto.cli.options import (
    at_option,
    check_reading,
    json_option,
    known_by_option,
    now,
    open_dossier,
    reading_option,
    source_option,
)
from relto.cli.output import both_clocks, cited, columns, doubt, print_json, safe
from relto.core.decision import ACTS, Ground, Request, Verdict
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError
from relto.core.route import decide, mediated_routes
from relto.core.timeline import Instant


def request_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a question about an item consists of, with both parties named."""
    sender = click.option("--from", "sender", required=True, metavar="P", help="The party that provides it.")
    recipient = click.option("--to", "recipient", required=True, metavar="P", help="The party or body that gets it.")
    return _with_options(function, click.argument("item"), sender, recipient)


def all_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, or about all recipients at once."""
    sender = click.option(
        "--from", "sender", metavar="P", help="The party that provides it (with --all: default the originator)."
    )
    recipient = click.option("--to", "recipient", metavar="P", help="The party or body that gets it.")
    everybody = click.option("--all", "everybody", is_flag=True, help="Who may receive it, and under what.")
    return _with_options(function, click.argument("item"), sender, recipient, everybody)


def _with_options(function: Callable[..., Any], *first: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        [
            *first,
            at_option,
            click.option("--act", type=click.Choice(ACTS), default="release", show_default=True, help="What is done."),
            click.option("--purpose", metavar="P", help="The purpose asked (default: the item's own)."),
            click.option("--person", type=click.Path(path_type=Path), metavar="FILE", help="Who gets to see it."),
            click.option("--system", metavar="ID", help="The recipient's system that holds or carries it."),
            reading_option,
            known_by_option,
            source_option,
            json_option,
        ]
    ):
        function = option(function)
    return function


def find_item(dossier: Dossier, item: str) -> Item:
    """An item of the dossier by id, or the one in a file."""
    if item in dossier.items:
        return dossier.items[item]
    if item.endswith((".yaml", ".yml")) or "/" in item:
        from relto.adapters.folder import load_item

        return load_item(item, dossier)
    return dossier.item(item)


def ask(
    dossier: Dossier,
    item: str,
    sender: str,
    recipient: str,
    at: Instant | None,
    act: Any,
    purpose: str | None,
    person: Path | None,
    system: str | None,
    reading: str | None,
    known_by: Instant | None,
) -> Request:
    """The question that the options put."""
    check_reading(dossier, reading)
    if purpose == "":
        raise InputError("--purpose is empty", remedy="name the purpose, or leave the option out for the item's own")
    found = find_item(dossier, item)
    named = None
    if person is not None:
        from relto.adapters.folder import load_person

        named = load_person(person, dossier)
    return Request(act, found, sender, recipient, at or now(), purpose, named, system, reading, known_by)


@click.command()
@all_options
def check(dossier_dir: Path | None, as_json: bool, everybody: bool, **asked: Any) -> int:
    """May ITEM go from one party to another? Exit 0 for yes, 3 for no.

    ITEM is an id in the dossier, or a file. With --all: who may receive it, directly or through an ally; exit 3 where
    nobody may.

    \b
    Example:
      relto check msl-2019-10-31 --from KOR --to JPN --at 2019-11-18T09:00+09:00
      relto check msl-2019-10-31 --from JPN --to USA --at 2019-11-18T09:00+09:00 --json
      relto check msl-2019-10-31 --all --at 2019-11-23T00:00+09:00 --known-by 2019-11-18T00:00Z
    """
    if everybody:
        return _check_all(dossier_dir, as_json, asked)
    for name, option in (("sender", "--from"), ("recipient", "--to")):
        if asked[name] is None:
            raise click.UsageError(f"Missing option '{option}'.", click.get_current_context())
    from relto.formats.answers import verdict_json

    dossier = open_dossier(dossier_dir)
    request = ask(dossier, **asked)
    verdict = decide(dossier, request)
    if as_json:
        print_json(verdict_json(verdict))
    else:
        print_verdict(dossier, verdict)
    return 0 if verdict.permits else 3


def _check_all(dossier_dir: Path | None, as_json: bool, asked: dict[str, Any]) -> int:
    """The question about all recipients: none may be named; the sender is the originator where none is."""
    from relto.cli.recipients import check_all

    if asked["recipient"] is not None:
        raise InputError("both --to and --all", remedy="ask about one recipient, or about all")
    dossier = open_dossier(dossier_dir)
    asked["sender"] = sender = asked["sender"] or find_item(dossier, asked["item"]).originator
    return check_all(dossier, ask(dossier, **{**asked, "recipient": sender}), as_json=as_json)


def print_verdict(dossier: Dossier, verdict: Verdict) -> None:
    """A verdict as sentences: the answer, then the marks and duties, or every failed ground; then the routes."""
    zone = dossier.agreements[verdict.agreement][0].zone if verdict.agreement else "UTC"
    what = f"{verdict.act} {verdict.item} from {verdict.sender} to {verdict.recipient}"
    click.echo(f"{verdict.verdict}: {what}, {both_clocks(verdict.at, zone)}")
    if verdict.permits:
        click.echo(f"  under {verdict.agreement}, marked {' or '.join(verdict.marks)}")
        rows = [
            (
                "  duty",
                cited(one.article),
                f"on {one.on}: {one.do}"
                + (f", {one.within}" if one.within else "")
                + (f", to {one.to}" if one.to else ""),
            )
            for one in verdict.duties
        ]
        click.echo("\n".join(columns(rows)) if rows else "  no duties")
    else:
        click.echo("\n".join(columns([_ground_row(ground) for ground in verdict.failed()], indent="  ")))
    for route in verdict.routes:
        if route.kind == "mediated":
            click.echo(
                f"  instead: through {', '.join(route.via)} under {route.agreements[0]}, "
                f"marked {' or '.join(route.marks)}"
            )


def _ground_row(ground: Ground) -> tuple[str, str, str]:
    cited = f"{ground.agreement} {ground.article}".strip()
    return ground.check, cited + doubt(ground.unconfirmed), ground.says


@click.command()
@request_options
def explain(dossier_dir: Path | None, as_json: bool, **asked: Any) -> int:
    """Every ground of the verdict on ITEM, passed or failed, with article and source line. Exit as `check`.

    \b
    Example:
      relto explain msl-2019-10-31 --from KOR --to JPN --at 2019-11-23T00:00+09:00 --known-by 2019-11-18T00:00Z
    """
    dossier = open_dossier(dossier_dir)
    request = ask(dossier, **asked)
    verdict = decide(dossier, request)
    if as_json:
        print_json(_explanation_json(dossier, request, verdict))
        return 0 if verdict.permits else 3
    _print_explanation(dossier, request, verdict)
    return 0 if verdict.permits else 3


def _print_explanation(dossier: Dossier, request: Request, verdict: Verdict) -> None:
    item = request.item
    click.echo(f"{safe(item.title)}{doubt(item.unconfirmed)}")
    facts = [
        ("originator", item.originator),
        ("mark", item.mark),
        ("topic", item.topic),
        ("purpose", f"{item.purpose}, asked for {request.asked_purpose}"),
        ("source", item.source or "-"),
    ]
    click.echo("\n".join(columns(facts, indent="  ")) + "\n")
    print_verdict(dossier, verdict)
    click.echo("\ngrounds")
    rows = [
        (
            "pass" if ground.passed else "FAIL",
            ground.check,
            f"{ground.agreement} {ground.article}".strip() or "-",
            ground.says + doubt(ground.unconfirmed),
            _line(dossier, ground),
        )
        for ground in verdict.grounds
    ]
    click.echo("\n".join(columns(rows, indent="  ")))
    for number, route in enumerate(mediated_routes(dossier, request), start=1):
        click.echo(f"\nmediated route {number}, under {route.arrangement}")
        hops = [
            (
                f"{hop.sender} -> {hop.recipient}",
                f"under {hop.verdict.agreement}",
                f"marked {' or '.join(hop.verdict.marks)}",
            )
            for hop in route.hops
        ]
        click.echo("\n".join(columns(hops, indent="  ")))


def _line(dossier: Dossier, ground: Ground) -> str:
    place = dossier.where.get((ground.agreement, ground.article))
    return str(place) if place is not None else ""


def _explanation_json(dossier: Dossier, request: Request, verdict: Verdict) -> dict[str, Any]:
    from relto.formats.answers import verdict_json

    value: dict[str, Any] = {**verdict_json(verdict), "schema": "relto/explanation/1"}
    for told, ground in zip(value["grounds"], verdict.grounds, strict=True):
        told["source"] = _line(dossier, ground) or None
    value["hops"] = [
        [
            {
                "from": hop.sender,
                "to": hop.recipient,
                "agreement": hop.verdict.agreement,
                "marks": list(hop.verdict.marks),
            }
            for hop in route.hops
        ]
        for route in mediated_routes(dossier, request)
    ]
    return value
