"""Printing: JSON lines for programs, plain text with aligned columns for people."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from relto.core.errors import InputError
from relto.core.timeline import Instant, format_local


def print_json(value: Any) -> None:
    """One JSON value on one line; native scripts as they are, where the output can take them."""
    plain = (getattr(sys.stdout, "encoding", None) or "utf-8").lower() not in ("utf-8", "utf8")
    click.echo(json.dumps(value, ensure_ascii=plain, separators=(", ", ": ")))


def width(text: str) -> int:
    """How many columns a terminal needs for `text`: two for wide characters, none for combining ones."""
    columns = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return columns


def safe(text: str) -> str:
    """`text` without control signs, so that data cannot drive a terminal or turn its direction."""
    return "".join(
        char
        if char.isprintable() and unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs")
        else " "
        if char in "\t\n\r"
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def columns(rows: Iterable[Sequence[str]], *, indent: str = "", gap: str = "  ") -> list[str]:
    """Rows as aligned lines; the last column is left as long as it is."""
    table = [[safe(cell) for cell in row] for row in rows]
    if not table:
        return []
    widths = [max(width(row[n]) for row in table if n < len(row)) for n in range(max(map(len, table)))]
    lines = []
    for row in table:
        cells = [cell + " " * (widths[n] - width(cell)) for n, cell in enumerate(row[:-1])] + row[-1:]
        lines.append((indent + gap.join(cells)).rstrip())
    return lines


def both_clocks(instant: Instant, zone: str) -> str:
    """An instant on the agreement's clock and in UTC: `2019-11-23 00:00 KST (2019-11-22 15:00 UTC)`."""
    local, utc = format_local(instant, zone), format_local(instant, "UTC")
    return local if local == utc else f"{local} ({utc})"


def to_the_second(instant: Instant, zone: str = "UTC") -> str:
    """An instant for lists: no finer than a second."""
    return format_local(Instant(instant.ns - instant.ns % 1_000_000_000), zone)


def cited(article: str) -> str:
    """`article 21(3)`; what is cited from elsewhere (`party:JPN:systems`, `label:rel_to`) as it is."""
    return article if ":" in article else f"article {article}"


def doubt(unconfirmed: bool) -> str:
    """What stands behind a thing that is not confirmed."""
    return " (unconfirmed)" if unconfirmed else ""


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"`{path}` cannot be written: {error.strerror}", remedy="name another file") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # its new name must not be on the disk before it is
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        raise InputError(f"`{path}` cannot be written: {error.strerror}", remedy="name another file") from error
