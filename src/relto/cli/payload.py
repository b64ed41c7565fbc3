"""`relto payload`: typed payloads checked, their JSON Schema, warnings as CAP 1.2 and encounters as GeoJSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from relto.cli.options import json_option
from relto.cli.output import print_json, safe, write_file
from relto.core.errors import InputError
from relto.core.payload import EncounterReport, MissileWarning, Payload
from relto.formats.payload.codec import MAX_PAYLOAD, TYPES, read_payload, schema_of, write_payload
from relto.formats.payload.features import encounter_features

_TYPE = click.option(
    "--type", "kind", type=click.Choice(list(TYPES)), default="missile-warning", show_default=True, help="Its type."
)
_OUT = click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there.")
_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def payload() -> None:
    """Typed payloads: missile warnings, encounter reports, documents.

    \b
    Example:
      relto payload schema missile-warning
      relto payload check warning.json
      relto payload to-cap warning.json --out warning.xml
    """


@payload.command()
@click.argument("kind", type=click.Choice(list(TYPES)), metavar="TYPE")
def schema(kind: str) -> None:
    """The JSON Schema of a TYPE.

    \b
    Example:
      relto payload schema missile-warning
    """
    click.echo(json.dumps(schema_of(kind), indent=2, ensure_ascii=False))


@payload.command()
@_FILE
@_TYPE
@json_option
def check(file: Path, kind: str, as_json: bool) -> None:
    """Read FILE strictly; exit 2 where it is not a payload of its type.

    \b
    Example:
      relto payload check warning.json
      relto payload check encounter.json --type encounter-report --json
    """
    found = read_payload(kind, _bytes(file), name=str(file))
    if as_json:
        click.echo(write_payload(found).decode("utf-8"))
        return
    click.echo("\n".join(safe(one) for one in _lines(found)))


@payload.command("to-cap")
@_FILE
@_OUT
def to_cap(file: Path, out: Path | None) -> None:
    """A missile warning in FILE (JSON) as a CAP 1.2 alert.

    \b
    Example:
      relto payload to-cap warning.json --out warning.xml
    """
    from relto.formats.payload.cap import write_cap

    found = read_payload("missile-warning", _bytes(file), name=str(file))
    assert isinstance(found, MissileWarning)
    _put(write_cap(found), out)


@payload.command("from-cap")
@_FILE
@_OUT
def from_cap(file: Path, out: Path | None) -> None:
    """A CAP 1.2 alert in FILE as a missile warning (JSON).

    \b
    Example:
      relto payload from-cap warning.xml --out warning.json
    """
    from relto.formats.payload.cap import read_cap

    _put(write_payload(read_cap(_bytes(file), name=str(file))), out)


@payload.command()
@_FILE
def features(file: Path) -> None:
    """An encounter report in FILE (JSON) as GeoJSON: a feature for each reporter's account.

    \b
    Example:
      relto payload features encounter.json
    """
    found = read_payload("encounter-report", _bytes(file), name=str(file))
    assert isinstance(found, EncounterReport)
    print_json(encounter_features(found))


def _bytes(file: Path) -> bytes:
    if not file.is_file():
        raise InputError(f"no file `{file}`", remedy="check the name")
    if file.stat().st_size > MAX_PAYLOAD:
        raise InputError(f"`{file}` has {file.stat().st_size} bytes", remedy=f"give at most {MAX_PAYLOAD}")
    return file.read_bytes()


def _put(data: bytes, out: Path | None) -> None:
    if out is None:
        click.echo(data.decode("utf-8"))
    else:
        write_file(out, data + b"\n")


def _lines(found: Payload) -> list[str]:
    if isinstance(found, MissileWarning):
        seen = f"observed {found.observed}, {found.confidence}, track of {len(found.track)}"
        return [f"missile warning {found.event}, version {found.version} ({found.kind}), by {found.by}", f"  {seen}"]
    if isinstance(found, EncounterReport):
        lines = [f"encounter {found.event} ({found.domain}) between {' and '.join(found.between)}: {found.state}"]
        lines += [f"  {one.by} says: {one.says}" for one in found.claims]
        return lines + [f"  they differ in {what}: {one} and {other}" for what, one, other in found.conflicts()]
    return [f"document of {len(found.text)} signs{f': {found.title}' if found.title else ''}"]
