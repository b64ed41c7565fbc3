"""Making tables: whole, or from the one before where only some records have changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from relto.core.agreement import Instrument
from relto.core.decision.table.compiling import Compiler, Window, authorities_of, ground_of
from relto.core.decision.table.lane import Lane
from relto.core.decision.table.table import Table
from relto.core.dossier import Dossier, Person
from relto.core.errors import InputError
from relto.core.timeline import Instant


def compile_table(
    dossier: Dossier,
    start: Instant,
    end: Instant,
    reading: str | None = None,
    *,
    known_by: Instant | None = None,
    persons: Iterable[Person] = (),
    bits: int | None = None,
) -> Table:
    """Compile every answer of `dossier` over [start, end).

    `reading`: the party whose reading counts (None: each sender's own). `known_by`: up to when the record counts as
    known. `persons`: interned at once, their dates cut slices. `bits`: how many bits of a word the fields share (None:
    all there are). Raises InputError for an empty window or a reading of a party that is unknown.
    """
    for name, one in (("start", start), ("end", end)):
        if not isinstance(one, Instant):
            raise InputError(f"`{name}` is {type(one).__name__}, not an Instant", remedy="give one of parse_instant")
    if end <= start:
        raise InputError(f"a table from {start} to {end} is empty", remedy="let it end after it starts")
    if reading is not None and reading not in dossier.parties:
        raise InputError(f"unknown party `{reading[:60]}`", remedy=f"use one of {', '.join(sorted(dossier.parties))}")
    window = Window(start, end, reading, known_by, tuple(persons))
    compiler = Compiler(dossier, window, ground_of(dossier, bits=bits))
    lanes = {
        (sender, recipient): compiler.lane(sender, number)
        for sender in compiler.ground.senders
        for number, recipient in enumerate(compiler.ground.addressees)
    }
    return Table(dossier, window, compiler.ground, lanes)


def updated(table: Table, dossier: Dossier) -> Table:
    """The table of `dossier`, where it differs from the table's own in its records: only what they touch is compiled.

    Where texts, parties or the authorities ever designated differ, everything is. `table` stays as it is; the items and
    persons it knows are interned in the new one as well, under numbers of its own, but for those of the old dossier
    that the new one no longer has.
    """
    old, window = table.dossier, table.window
    same_ground = (
        dict(old.agreements) == dict(dossier.agreements)
        and dict(old.parties) == dict(dossier.parties)
        and authorities_of(old) == authorities_of(dossier)
    )
    # cells of its own: two tables may be renewed from one at the same time
    ground = replace(table.ground, arena=table.ground.arena.copy()) if same_ground else ground_of(dossier)
    compiler = Compiler(dossier, window, ground)
    touched = _Touched(old, dossier, window.known_by)
    lanes: dict[tuple[str, str], Lane] = {}
    for sender in compiler.ground.senders:
        for number, recipient in enumerate(compiler.ground.addressees):
            kept = table.lanes[sender, recipient] if same_ground else None
            lanes[sender, recipient] = compiler.lane(sender, number) if kept is None or touched(kept) else kept
    renewed = Table(dossier, window, compiler.ground, lanes)
    for item in table.items:
        if old.items.get(item.id) != item or item.id in dossier.items:
            renewed.item(item)
    for person in table.persons:
        renewed.person(person)
    return renewed


class _Touched:
    """Whether a lane may answer otherwise under the records of `new` than under those of `old`."""

    def __init__(self, old: Dossier, new: Dossier, known_by: Instant | None) -> None:
        changed = {
            name
            for name in new.agreements
            if old.record(name) != new.record(name) or old.ends.get(name) != new.ends.get(name)
        }
        while more := {older for name in changed for older in new.agreements[name][0].supersedes} - changed:
            changed |= more
        self._parties = {
            party for name in changed if name in new.agreements for party in new.agreements[name][0].parties
        }
        consents = set(old.consents(known_by)) ^ set(new.consents(known_by))
        self._named = {one for consent in consents for one in consent.to}
        before, after = _designations(old, known_by), _designations(new, known_by)
        self._named |= {name for name in {*before, *after} if before.get(name) != after.get(name)}
        self._nationals = bool(consents) and any(
            text.persons.nationality is not None for versions in new.agreements.values() for text in versions
        )

    def __call__(self, lane: Lane) -> bool:
        to = {lane.recipient, *(stretch.to.party for stretch in lane.stretches if stretch.to is not None)}
        edges = any(stretch.edges for stretch in lane.stretches)
        return lane.sender in self._parties or bool(self._named & to) or (self._nationals and edges)


def _designations(dossier: Dossier, known_by: Instant | None) -> dict[str, set[tuple[str, Instrument]]]:
    """All that says who an authority is, by its name: its designations, and the withdrawals of those."""
    found: dict[str, set[tuple[str, Instrument]]] = {}
    for agreement, record in dossier.records.items():
        known = record.known(known_by)
        for one in known:
            if one.kind == "designation":
                ends = [other for other in known if other.kind == "withdrawal" and one.id in other.targets]
                found.setdefault(one.authority, set()).update((agreement, act) for act in (one, *ends))
    return found
