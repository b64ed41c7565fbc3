"""`relto export`: the dossier in other formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from relto.cli.options import (
    at_option,
    check_reading,
    dossier_option,
    json_option,
    known_by_option,
    now,
    open_dossier,
    reading_option,
)
from relto.cli.output import print_json, write_file
from relto.core.errors import InputError
from relto.core.timeline import Instant
from relto.formats.cedar import CedarExport, export_cedar


@click.group()
def export() -> None:
    """The dossier in other formats.

    \b
    Example:
      relto export cedar --at 2019-11-18T09:00+09:00
    """


@export.command()
@at_option
@click.option("--schema", "part", flag_value="schema", help="Print the schema instead of the policies.")
@click.option("--entities", "part", flag_value="entities", help="Print the entities, in JSON, instead of the policies.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the three files into DIR.")
@reading_option
@known_by_option
@dossier_option
@json_option
def cedar(
    at: Instant | None,
    part: str | None,
    out: Path | None,
    reading: str | None,
    known_by: Instant | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """The rules at an instant as Cedar policies, with their schema and entities.

    A request to Cedar has the recipient as principal, the act as action, the item as resource, and in its context who
    provides it (`provider`) and for what (`purpose`). The policies speak of that one instant only.

    \b
    Example:
      relto export cedar --at 2019-11-18T09:00+09:00
      relto export cedar --at 2019-11-23T00:00+09:00 --known-by 2019-11-18T00:00Z --out lapsed
    """
    if out is not None and part is not None:
        raise InputError(f"both --out and --{part}", remedy="use one of them: --out writes all three files")
    if as_json and part is not None:
        raise InputError(f"both --json and --{part}", remedy="use one of them: --json has all three")
    dossier = open_dossier(dossier_dir)
    check_reading(dossier, reading)
    made = export_cedar(dossier, at or now(), reading=reading, known_by=known_by)
    written = _write(out, made) if out is not None else []
    if as_json:
        print_json(_as_json(made, written))
    elif out is not None:
        click.echo("\n".join(written))
    else:
        click.echo({"schema": made.schema, "entities": _entities(made)}.get(part or "", made.policies), nl=False)


def _as_json(made: CedarExport, written: list[str]) -> dict[str, Any]:
    facts = made.facts
    value: dict[str, Any] = {
        "schema": "relto/cedar/1",
        "at": str(facts.at),
        "reading": facts.reading,
        "known_by": str(facts.known_by) if facts.known_by is not None else None,
    }
    if written:
        return {**value, "files": written}
    return {**value, "policies": made.policies, "cedar_schema": made.schema, "entities": made.entities}


def _write(out: Path, made: CedarExport) -> list[str]:
    """The three files, each whole or not at all; their paths."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"`{out}` cannot be made: {error.strerror}", remedy="name another folder") from error
    contents = {"policies.cedar": made.policies, "schema.cedarschema": made.schema, "entities.json": _entities(made)}
    for name, text in contents.items():
        write_file(out / name, text.encode("utf-8"))
    return [str(out / name) for name in contents]


def _entities(made: CedarExport) -> str:
    """The entities, one a line."""
    lines = (json.dumps(one, ensure_ascii=False) for one in made.entities)
    return "[\n" + ",\n".join(lines) + "\n]\n"
