"""`relto export`: the dossier in other formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

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
@click.option("--schema", is_flag=True, help="The schema instead of the policies.")
@click.option("--entities", is_flag=True, help="The entities, in JSON, instead of the policies; with --schema both.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write files into DIR: what is chosen, else all three.",
)
@reading_option
@known_by_option
@dossier_option
@json_option
def cedar(
    at: Instant | None,
    schema: bool,
    entities: bool,
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
      relto export cedar --at 2019-11-23T00:00+09:00 --schema --entities --out lapsed
    """
    if schema and entities and out is None and not as_json:
        raise InputError("--schema and --entities are two texts", remedy="add --out DIR, or --json, or ask for one")
    dossier = open_dossier(dossier_dir)
    check_reading(dossier, reading)
    made = export_cedar(dossier, at or now(), reading=reading, known_by=known_by)
    parts = [name for name, chosen in (("cedar_schema", schema), ("entities", entities)) if chosen]
    contents = _contents(made, parts or [*_FILES])
    written = _write(out, contents) if out is not None else []
    if as_json:
        print_json(_as_json(made, parts or [*_FILES], written))
    elif out is not None:
        click.echo("\n".join(written))
    else:
        click.echo(contents[(parts or ["policies"])[0]], nl=False)


_FILES: Final = {"policies": "policies.cedar", "cedar_schema": "schema.cedarschema", "entities": "entities.json"}
"""The parts of an export, each with its file."""


def _contents(made: CedarExport, parts: list[str]) -> dict[str, str]:
    every = {"policies": made.policies, "cedar_schema": made.schema, "entities": _entities(made)}
    return {name: every[name] for name in parts}


def _as_json(made: CedarExport, parts: list[str], written: list[str]) -> dict[str, Any]:
    facts = made.facts
    value: dict[str, Any] = {
        "schema": "relto/cedar/1",
        "at": str(facts.at),
        "reading": facts.reading,
        "known_by": str(facts.known_by) if facts.known_by is not None else None,
    }
    if written:
        return {**value, "files": written}
    every = {"policies": made.policies, "cedar_schema": made.schema, "entities": made.entities}
    return {**value, **{name: every[name] for name in parts}}


def _write(out: Path, contents: dict[str, str]) -> list[str]:
    """The files of these parts, each whole or not at all; their paths."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"`{out}` cannot be made: {error.strerror}", remedy="name another folder") from error
    for part, text in contents.items():
        write_file(out / _FILES[part], text.encode("utf-8"))
    return [str(out / _FILES[part]) for part in contents]


def _entities(made: CedarExport) -> str:
    """The entities, one a line."""
    lines = (json.dumps(one, ensure_ascii=False) for one in made.entities)
    return "[\n" + ",\n".join(lines) + "\n]\n"
