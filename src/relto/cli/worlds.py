"""Options that put another state of the world: `--lapse`, `--without`, `--with`, `--text`, `--absent`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from relto.cli.options import INSTANT
from relto.core.analysis.world import World
from relto.core.dossier import Dossier
from relto.core.errors import InputError

_OPTIONS: tuple[Callable[..., Any], ...] = (
    click.option("--lapse", type=INSTANT, metavar="T", help="The agreement ends at T, whatever the record says."),
    click.option("--without", multiple=True, metavar="INSTRUMENT", help="An instrument that was never made."),
    click.option("--with", "record_file", type=click.Path(path_type=Path), metavar="RECORD", help="Another record."),
    click.option("--text", "text_file", type=click.Path(path_type=Path), metavar="FILE", help="Another text of it."),
    click.option("--absent", is_flag=True, help="The agreement never was."),
)


def world_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of another world; `world_of` makes of them what they ask for."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def world_of(
    dossier: Dossier, agreement: str | None, given: dict[str, Any], between: frozenset[str] = frozenset()
) -> World:
    """The world that the options (taken out of `given`) put. `agreement` None: the one whose parties are `between`.

    Raises InputError where several could be meant, and as the files that are named do.
    """
    lapse, without, absent = given.pop("lapse"), given.pop("without"), given.pop("absent")
    record_file, text_file = given.pop("record_file"), given.pop("text_file")
    if lapse is None and not (without or absent or record_file or text_file):
        return World()
    name = agreement or _only(dossier, between)
    versions = dossier.versions(name)
    record = text = None
    if record_file is not None:
        from relto.adapters.folder import load_record

        record = load_record(record_file, versions[0])
    if text_file is not None:
        from relto.adapters.folder import load_text

        text = load_text(text_file, dossier)
        if text.id != name:
            raise InputError(f"`{text_file}` is a text of `{text.id}`", remedy=f"give one of `{name}`")
    return World(name, lapse, tuple(without), record, text, absent)


def _only(dossier: Dossier, between: frozenset[str]) -> str:
    found = [
        name
        for name, texts in sorted(dossier.agreements.items())
        if frozenset(texts[0].parties) == between and not texts[0].mediates
    ]
    if len(found) != 1:
        raise InputError(
            "which agreement is meant?", remedy=f"name one in --agreement: {', '.join(sorted(dossier.agreements))}"
        )
    return found[0]
