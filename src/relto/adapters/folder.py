"""Dossiers on disk: reads the files, with limits, and hands their bytes to the codec; and folders that last."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from relto.core.agreement import Agreement, Record
from relto.core.dossier import Dossier, Item, Person
from relto.core.errors import InputError, Position
from relto.formats.dossier import (
    FOLDERS,
    MAX_FILE_BYTES,
    Source,
    check_item,
    check_person,
    check_text,
    open_record,
    read_agreement,
    read_dossier,
    read_item,
    read_party,
    read_person,
    read_record,
)

MAX_FILES: Final = 5_000
MAX_TOTAL_BYTES: Final = 64 << 20


def load_dossier(path: Path | str) -> Dossier:
    """Read the dossier in the folder `path`. Raises InputError for the first fault, with its place."""
    return read_dossier(dossier_files(path), root=str(Path(path)))


def dossier_files(path: Path | str) -> dict[str, bytes]:
    """The files of the dossier in the folder `path`, by their names in it, within the limits of one."""
    root = Path(path)
    if not os.path.isdir(root):  # Path.is_dir raises for names that are too long
        raise InputError(f"no dossier at `{root}`", remedy="name a folder with agreements/ and parties/")
    files: dict[str, bytes] = {}
    total = 0
    for folder in FOLDERS:
        for entry in _entries(root / folder):
            data = read_limited(entry, inside=root)
            total += len(data)
            if len(files) >= MAX_FILES or total > MAX_TOTAL_BYTES:
                raise InputError(
                    f"a dossier of more than {MAX_FILES} files or {MAX_TOTAL_BYTES >> 20} MiB",
                    where=Position(str(root)),
                    remedy="split it",
                )
            files[f"{folder}/{entry.name}"] = data
    return files


def _entries(folder: Path) -> list[Path]:
    """The YAML files of a folder in order of name; none where there is no such folder."""
    try:
        found = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}",
            where=Position(str(folder)),
            remedy="check that it is a folder you may read",
        ) from error
    return sorted(entry for entry in found if entry.suffix in (".yaml", ".yml"))


def read_limited(path: Path, *, inside: Path | None = None, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a regular file, no more than `limit` (4 MiB), that does not lead out of `inside`."""
    try:
        if inside is not None and not path.resolve().is_relative_to(inside.resolve()):
            raise InputError(
                "leads out of the dossier", where=Position(str(path)), remedy="put the file itself in its place"
            )
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError("not a regular file", where=Position(str(path)), remedy="name a file")
            if status.st_size > limit:
                raise InputError(
                    f"a file of {status.st_size} bytes",
                    where=Position(str(path), 1, 1),
                    remedy=f"split it; the limit is {limit >> 20} MiB a file",
                )
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}",
            where=Position(str(path)),
            remedy="check its name and permissions",
        ) from error
    except (ValueError, RuntimeError) as error:  # a NUL in the name; a loop of links
        raise InputError("not a file name", where=Position(str(path)), remedy="name a file") from error


def copy_dossier(source: Path, target: Path, without_records: Collection[str]) -> None:
    """Copy the folders of a dossier, plain files only, byte for byte: the digest of a text is that of its bytes.

    The records of the agreements `without_records` are left out. Raises InputError where there is no dossier.
    """
    if not source.is_dir():
        raise InputError(f"no dossier at `{source}`", remedy="name a folder with agreements/ and parties/")
    for name in FOLDERS:
        (target / name).mkdir(parents=True)
        for path in sorted((source / name).iterdir()) if (source / name).is_dir() else ():
            if path.name.startswith(".") or not path.is_file():
                continue
            data = read_limited(path, inside=source)
            if name == "records" and open_record(str(path), data).agreement in without_records:
                continue
            (target / name / path.name).write_bytes(data)


def make_private_folder(path: Path) -> None:
    """Make a folder for its owner alone, and those above it, whose names are on the disk when this returns.

    Raises FileExistsError where it is there already.
    """
    _make_lasting(path.parent)
    path.mkdir(mode=0o700)


def move_whole(folder: Path, target: Path) -> None:
    """Give a folder its name, so that a power cut leaves all that is in it under that name, or nothing there.

    It is on the disk when this returns; what is in it goes first.
    """
    for inside, _, names in os.walk(folder, topdown=False):
        for name in names:
            _put_on_disk(Path(inside, name))
        _put_on_disk(Path(inside))
    folder.rename(target)
    _put_on_disk(target.parent)


def _make_lasting(folder: Path) -> None:
    if not folder.is_dir():
        if folder.exists():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        _make_lasting(folder.parent)
        folder.mkdir(exist_ok=True)
        _put_on_disk(folder.parent)


def _put_on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_person(path: Path | str, dossier: Dossier) -> Person:
    """Read the person in a file, held against `dossier`."""
    data = read_limited(Path(path))
    person = read_person(str(path), data)
    check_person(person, dossier, Source(str(path), data))
    return person


def load_item(path: Path | str, dossier: Dossier) -> Item:
    """Read the one item in a file, held against `dossier`."""
    data = read_limited(Path(path))
    item = read_item(str(path), data)
    check_item(item, dossier.parties, Source(str(path), data))
    return item


def load_text(path: Path | str, dossier: Dossier) -> Agreement:
    """Read the agreement in a file, another text of one of the dossier's, held against `dossier`."""
    data = read_limited(Path(path))
    text, _ = read_agreement(str(path), data)
    dossier.versions(text.id)
    check_text(text, dossier.parties, dossier.agreements, Source(str(path), data))
    return text


def load_record(path: Path | str, text: Agreement) -> Record:
    """Read the record in a file, another one of the agreement `text`. Raises InputError with the place."""
    opened = open_record(str(path), read_limited(Path(path)))
    if opened.agreement != text.id:
        raise InputError(f"a record of `{opened.agreement}`", where=opened.where, remedy=f"give one of `{text.id}`")
    return read_record(opened, text)[0]


def lint(path: Path | str, dossier_dir: Path | str) -> Agreement:
    """Read one agreement's file and hold it against its own dossier, or `dossier_dir` where it lies in none.

    In its own dossier the other agreements and its record must fit it as well. Raises InputError with the place.
    """
    file = Path(path)
    data = read_limited(file)
    own = file.resolve().parent
    at_home = own.name == "agreements" and (own.parent / "parties").is_dir()
    root = own.parent if at_home else Path(dossier_dir)
    text, _ = read_agreement(str(path), data)
    parties = {}
    for entry in _entries(root / "parties"):
        party = read_party(str(entry), read_limited(entry, inside=root))
        parties[party.id] = party
    texts: dict[str, object] = {entry.stem.partition("@")[0]: None for entry in _entries(root / "agreements")}
    check_text(text, parties, texts, Source(str(path), data))
    if at_home and file.resolve() in _entries(own):
        _check_beside(text, root)
    return text


def _check_beside(text: Agreement, root: Path) -> None:
    """Hold the dossier's agreements against each other, and the record of `text` against its versions."""
    files: dict[str, bytes] = {}
    for folder in ("agreements", "parties", "records"):
        for entry in _entries(root / folder):
            data = read_limited(entry, inside=root)
            if folder != "records" or open_record(str(entry), data).agreement == text.id:
                files[f"{folder}/{entry.name}"] = data
    read_dossier(files, root=str(root))
