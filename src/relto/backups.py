"""Backups of a node: one file of its whole folder, taken while it serves; and a node made again from one.

What is not in it: the passphrase (`unlock`), first passwords, and what is only on its way in. Its keys are, encrypted
as they lie in the folder: a backup is as precious as the node.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from relto.adapters.folder import make_private_folder, move_whole
from relto.compose import open_node
from relto.core.errors import Conflict, InputError, NotFound
from relto.node.heads import mark_restored

STORES: Final = ("node.db", "people.db")
_FILES: Final = ("node.toml", "neighbours.json", "clock")
_FOLDERS: Final = ("dossier", "keys", "peers")
_MAX_MEMBERS: Final = 100_000
_PART: Final = 1 << 20
_NAME_ONE: Final = "name a file of `relto node backup`"

Progress = Callable[[str], None]
"""What is being copied now."""


def back_up(folder: Path, target: Path, told: Progress = lambda _: None) -> int:
    """Write a backup of the node in `folder` into `target`, whole or not at all; how many bytes it has.

    It is the node as it was at one instant, while others go on using it. Raises NotFound where there is no node,
    Conflict where `target` is there already.
    """
    if not (folder / "node.toml").is_file():
        raise NotFound(f"there is no node in `{folder}`", remedy="name the folder of a node")
    if target.exists():
        raise Conflict(f"`{target}` is there already", remedy="choose another name; a backup is never written over")
    part = target.with_name(f".{target.name}.{os.urandom(8).hex()}.part")
    stores = part.with_suffix(".stores")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        stores.mkdir(mode=0o700)
        with os.fdopen(handle, "wb") as file:
            with closing(sqlite3.connect(folder / "node.db", isolation_level=None, timeout=30)) as guard:
                guard.execute("BEGIN IMMEDIATE")  # keys are changed only within a transaction: none is half done
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    for name, place in _members(folder, stores, told):
                        tar.add(place, name, recursive=False)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, target)  # never over another
        return target.stat().st_size
    except FileExistsError as error:
        raise Conflict(f"`{target}` is there already", remedy="choose another name") from error
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(stores, ignore_errors=True)


def _members(folder: Path, stores: Path, told: Progress) -> Iterator[tuple[str, Path]]:
    for name in _FILES:
        if (folder / name).is_file():
            yield name, folder / name
    for name in _FOLDERS:
        for place in sorted((folder / name).rglob("*")):
            if place.is_file() and not place.name.startswith("."):
                yield str(place.relative_to(folder)), place
    for name in STORES:
        if (folder / name).is_file():
            told(name)
            yield name, _copied(folder / name, stores / name)


def _copied(store: Path, copy: Path) -> Path:
    """A store as it stands, in one file."""
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(copy)) as into:
        source.backup(into)
        into.execute("PRAGMA journal_mode=DELETE")
    return copy


def restore(backup: Path, folder: Path, told: Progress = lambda _: None) -> str:
    """Make the node in `backup` again in `folder`; its party. It signs nothing before each of its peers has said how
    far it has cosigned its ledger: a backup may be older than what was signed since.

    Raises Conflict for a folder that is not empty, InputError for a file that is no backup.
    """
    root = folder.absolute()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Conflict(f"`{root}` is there already, and not empty", remedy="choose another folder")
    part = root.with_name(f".{root.name}.{os.getpid()}.part")
    try:
        make_private_folder(part)
        _unpack(backup, part, told)
        with closing(open_node(part, None)) as node:
            mark_restored(node)
            party = node.party
        move_whole(part, root)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return party


def _unpack(backup: Path, part: Path, told: Progress) -> None:
    try:
        with tarfile.open(backup, "r:") as tar:
            for count, member in enumerate(tar):
                if count >= _MAX_MEMBERS:
                    raise InputError(f"`{backup}` has more than {_MAX_MEMBERS} files", remedy="name a backup")
                _take(tar, member, part, told)
    except (tarfile.TarError, EOFError) as error:
        raise InputError(f"`{backup}` is no backup of a node: {error}", remedy=_NAME_ONE) from error
    except FileNotFoundError as error:
        raise NotFound(f"there is no file `{backup}`", remedy=_NAME_ONE) from error
    for name in STORES:
        if (part / name).is_file():
            _check_whole(part / name)
    if not (part / "node.toml").is_file() or not (part / "node.db").is_file():
        raise InputError(f"`{backup}` is no whole backup of a node", remedy=_NAME_ONE)


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, part: Path, told: Progress) -> None:
    """Unpack one file where a node has one, and nowhere else."""
    parts = Path(member.name).parts
    where = (len(parts) == 1 and parts[0] in (*_FILES, *STORES)) or (len(parts) > 1 and parts[0] in _FOLDERS)
    if not member.isreg() or not where or ".." in parts or member.name.startswith("/"):
        raise InputError(f"`{member.name[:80]}` in the backup is nothing that a node has", remedy="name another file")
    target = part.joinpath(*parts)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None
    if parts[0] in STORES:
        told(parts[0])
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, _PART)


def _check_whole(store: Path) -> None:
    try:
        with closing(sqlite3.connect(store)) as connection:
            (says,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        says = str(error)
    if says != "ok":
        raise InputError(f"the store in the backup is damaged: {says}", remedy="restore another backup")
