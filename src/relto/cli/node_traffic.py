"""What a node has decided to release, as traffic."""

from __future__ import annotations

from pathlib import Path

import click

from relto.core.analysis.impact import Movement, Traffic, traffic_of
from relto.core.canon import object_in, parse_object, text_in
from relto.core.dossier import Dossier
from relto.core.errors import NotFound
from relto.core.timeline import parse_instant
from relto.node.rows import DecisionRow


def node_traffic(folder: Path) -> Traffic:
    """Every release that the node decided on when it was queued, permitted or not; those of items that its dossier no
    longer has are told on stderr and left out."""
    from relto.compose import open_node

    node = open_node(folder, None)
    try:
        with node.store.read() as reading:
            dossier = node.dossier(reading)
            rows = [one for one in reading.decisions() if one.stage == "queueing"]
    finally:
        node.store.close()
    found, unknown = [], set()
    for row in rows:
        try:
            movement = _movement(row, dossier)
        except NotFound:
            unknown.add(row.subject)
            continue
        if movement is not None:
            found.append(movement)
    if unknown:
        click.echo(f"{len(unknown)} releases of items that the node's dossier does not have are left out", err=True)
    return traffic_of(found)


def _movement(row: DecisionRow, dossier: Dossier) -> Movement | None:
    verdict = object_in({"verdict": parse_object(row.verdict.encode("utf-8"), name="decision")}, "verdict")
    if text_in(verdict, "act") != "release":
        return None
    item = dossier.item(text_in(verdict, "item"))
    at = parse_instant(text_in(verdict, "at"))
    return Movement(row.subject, item, text_in(verdict, "from"), text_in(verdict, "to"), at)
