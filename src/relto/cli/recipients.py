"""`relto check --all`: who may receive an item, and under what."""

from __future__ import annotations

import click

from relto.cli.output import both_clocks, cited, columns, doubt, print_json
from relto.core.canon import JSON
from relto.core.decision import Request, Verdict
from relto.core.dossier import Dossier
from relto.core.route.recipients import recipients

RECIPIENTS_SCHEMA = "relto/recipients/1"


def check_all(dossier: Dossier, request: Request, *, as_json: bool) -> int:
    """Print the verdict towards everybody; 0 where anyone may receive it, directly or through an ally, else 3."""
    found = list(recipients(dossier, request))
    if as_json:
        print_json(_all_json(request, found))
    else:
        _print_all(dossier, request, found)
    return 0 if any(verdict.routes for _, verdict in found) else 3


def _print_all(dossier: Dossier, request: Request, found: list[tuple[str, Verdict]]) -> None:
    zone = dossier.parties[request.sender].zone
    click.echo(f"{request.act} {request.item.id} from {request.sender}, {both_clocks(request.at, zone)}")
    if not found:
        click.echo("  nobody to receive it: the dossier describes no other party")
    click.echo("\n".join(columns([_row(to, verdict) for to, verdict in found], indent="  ")))


def _row(to: str, verdict: Verdict) -> tuple[str, str, str]:
    if verdict.permits:
        duties = f"{len(verdict.duties)} {'duty' if len(verdict.duties) == 1 else 'duties'}"
        return to, "direct", f"under {verdict.agreement}, marked {' or '.join(verdict.marks)}, {duties}"
    if verdict.routes:
        ways = [
            f"through {', '.join(route.via)} under {route.agreements[0]}, marked {' or '.join(route.marks)}"
            for route in verdict.routes
        ]
        return to, "mediated", "; ".join(ways)
    grounds = [
        " ".join(part for part in (f"{one.check},", one.agreement, cited(one.article)) if part) + doubt(one.unconfirmed)
        for one in verdict.failed()
    ]
    return to, "refused", "; ".join(grounds)


def _all_json(request: Request, found: list[tuple[str, Verdict]]) -> dict[str, JSON]:
    from relto.formats.answers import verdict_json

    told: list[JSON] = []
    for to, verdict in found:
        value = verdict_json(verdict)
        shared = ("schema", "act", "item", "from", "at")
        told.append({"to": to, **{name: part for name, part in value.items() if name not in shared}})
    return {
        "schema": RECIPIENTS_SCHEMA,
        "item": request.item.id,
        "from": request.sender,
        "act": request.act,
        "at": str(request.at),
        "recipients": told,
    }
