"""A case: one request under one agreement, with what several checks need worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from relto.core.agreement import Agreement, Phase
from relto.core.decision.addressee import Addressee
from relto.core.decision.request import Request
from relto.core.decision.verdict import Check, Ground
from relto.core.dossier import Dossier, Person
from relto.core.label import RankOrder

_new = tuple.__new__
"""Makes a ground without the detour through its constructor: twelve at every agreement asked."""


class Level(NamedTuple):
    """The rank at which the recipient protects the item, its marks there, and why there are none."""

    rank: str
    marks: tuple[str, ...]
    missing: str = ""


@dataclass(slots=True)  # not frozen: one is made at every agreement asked, and never leaves the evaluator
class Case:
    """`consented`: the originator consents to this hop by its route. `person` and `system` at the last only."""

    dossier: Dossier
    request: Request
    text: Agreement
    phase: Phase
    sender: str
    to: Addressee
    level: Level
    order: RankOrder
    consented: bool = False
    person: Person | None = None
    system: str | None = None

    def passed(self, check: Check, article: str, says: str, *, unconfirmed: bool = False) -> Ground:
        """A ground that this check passed."""
        return _new(Ground, (check, True, article, self.text.id, says, unconfirmed))

    def failed(self, check: Check, article: str, says: str, *, unconfirmed: bool = False) -> Ground:
        """A ground that this check failed."""
        return _new(Ground, (check, False, article, self.text.id, says, unconfirmed))

    @property
    def onward(self) -> bool:
        """Whether an item of someone else is passed on to a third: neither side of the hop is its originator."""
        originator = self.request.item.originator
        return originator not in (self.sender, self.to.party)

    def has_consent(self, *recipients: str) -> bool:
        """Whether the originator approved, in writing and beforehand, this item for one of `recipients`."""
        return self.consented or consent_on_record(self.dossier, self.request, recipients)

    def has_purpose_consent(self) -> bool:
        """Whether the originator approved this very purpose, other than the item's own, for the recipient."""
        return consent_on_record(self.dossier, self.request, (self.to.party, self.to.id), other_purpose=True)


def consent_on_record(
    dossier: Dossier, request: Request, recipients: tuple[str, ...], *, other_purpose: bool = False
) -> bool:
    """Whether a consent of the item's originator, valid at the instant, names one of `recipients`.

    A consent that names a purpose serves that purpose alone; `other_purpose` asks for one that names it.
    """
    item, asked = request.item, request.asked_purpose
    for consent in dossier.consents(request.known_by):
        if item.originator not in consent.by or not consent.covers_item(item.id, item.topic):
            continue
        if not consent.valid.contains(request.at) or not any(one in consent.to for one in recipients):
            continue
        if (asked and consent.purpose == asked) or (not other_purpose and not consent.purpose):
            return True
    return False


def find_level(dossier: Dossier, text: Agreement, request: Request, sender: str, recipient: str) -> Level:
    """The recipient's equivalent of the item's mark under `text` (article 4 and its kin).

    An originator's mark must stand in its own column; any other sender is judged by the item's rank.
    """
    item = request.item
    originator = dossier.parties.get(item.originator)
    mark = originator.mark(item.mark) if originator else None
    rank = mark.rank if mark else ""
    if text.levels is None:
        return Level(rank, (), "it has no table of levels")
    row = text.levels.row_of_mark(sender, item.mark) if sender == item.originator else text.levels.row_of_rank(rank)
    if row is None:
        return Level(rank, (), f"{item.mark} ({rank or 'no rank'}) has no row in its table of levels")
    protected = text.levels.protected_as(row, recipient)
    if protected is None:
        return Level(row.rank, (), f"{recipient} has no equivalent of {item.mark} ({row.rank}) in its table of levels")
    marks = protected.marks[recipient]
    if recipient == item.originator and item.mark in marks:
        marks = (item.mark,)  # an item that comes home keeps the very mark it left with
    return Level(protected.rank, marks)
