"""Another state of the world: one agreement that ends earlier, has another record or text, or never was."""

from __future__ import annotations

from dataclasses import dataclass, replace

from relto.core.agreement import Agreement, Record
from relto.core.decision.difference import governed_by
from relto.core.dossier import Dossier
from relto.core.errors import InputError, NotFound
from relto.core.timeline import Instant


@dataclass(frozen=True, slots=True)
class World:
    """What is otherwise, all about one agreement; nothing at all is the world as recorded.

    `lapse`: it ends then, whatever the record says. `without`: instruments that were never made. `record`: its record
    in place of the recorded one. `text`: its text from the first. `absent`: it never was.
    """

    agreement: str = ""
    lapse: Instant | None = None
    without: tuple[str, ...] = ()
    record: Record | None = None
    text: Agreement | None = None
    absent: bool = False

    @property
    def recorded(self) -> bool:
        """Whether nothing is otherwise."""
        return not (self.lapse or self.without or self.record or self.text or self.absent)

    def __str__(self) -> str:
        parts = [f"ends at {self.lapse}"] if self.lapse is not None else []
        parts += [f"{one} was never made" for one in self.without]
        parts += ["has the record given"] if self.record is not None else []
        parts += ["has the text given"] if self.text is not None else []
        parts += ["never was"] if self.absent else []
        return f"{self.agreement} {', and '.join(parts)}" if parts else "as recorded"


def in_world(dossier: Dossier, world: World) -> Dossier:
    """`dossier` in another state of the world. Raises NotFound for an agreement or instrument that it does not have,
    InputError for what contradicts itself."""
    if world.recorded:
        return dossier
    dossier.versions(world.agreement)
    if world.absent and (world.lapse or world.without or world.record or world.text):
        raise InputError("an agreement that never was, and more about it", remedy="ask for one of them")
    if world.record is not None and world.record.agreement != world.agreement:
        raise InputError(
            f"the record given is of `{world.record.agreement}`", remedy=f"give one of `{world.agreement}`"
        )
    found = governed_by(dossier, world.text) if world.text is not None else dossier
    record = world.record or found.record(world.agreement)
    if world.absent:
        record = Record(world.agreement)
    record = without_instruments(record, world.without)
    found = replace(found, records={**found.records, world.agreement: record})
    return replace(found, ends={**found.ends, world.agreement: world.lapse}) if world.lapse is not None else found


def without_instruments(record: Record, names: tuple[str, ...]) -> Record:
    """`record` as if the instruments `names` had never been made: nor was what acts on nothing but them."""
    gone = set(names)
    unknown = sorted(gone - {one.id for one in record.instruments})
    if unknown:
        known = ", ".join(one.id for one in record.instruments)
        raise NotFound(
            f"no instrument `{unknown[0][:60]}` in the record of `{record.agreement}`", remedy=f"there are: {known}"
        )
    kept = list(record.instruments)
    while True:
        left = [
            replace(one, targets=tuple(name for name in one.targets if name not in gone))
            for one in kept
            if one.id not in gone and (not one.targets or set(one.targets) - gone)
        ]
        if len(left) == len(kept):
            return replace(record, instruments=tuple(left))
        gone |= {one.id for one in kept} - {one.id for one in left}
        kept = left
