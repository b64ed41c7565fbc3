"""Hypotheses about one agreement: another text on the same record, or the same texts as if in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from relto.core.agreement import Agreement, Entry, Instrument
from relto.core.dossier import Dossier
from relto.core.timeline import GENESIS, Instant, Stamp

_KEPT: Final = frozenset({"consent", "designation", "law-change"})
"""Instruments that do not touch whether the agreement is in force."""


def governed_by(dossier: Dossier, text: Agreement) -> Dossier:
    """`dossier` where `text` has governed its agreement from the first, on the same record.

    What brought the agreement into force stands: an entry clause that differs from the original's changes nothing.
    Raises NotFound where the dossier has no such agreement.
    """
    versions = dossier.versions(text.id)
    first = versions[0].entry
    same = _rule(text.entry) == _rule(first)
    forced = tuple(
        replace(text, version=one.version, digest=one.digest, entry=text.entry if same else first) for one in versions
    )
    return replace(dossier, agreements={**dossier.agreements, text.id: forced})


def _rule(entry: Entry) -> Entry:
    return replace(entry, article="", unconfirmed=False)


def as_if_in_force(dossier: Dossier, agreement: str, at: Instant) -> Dossier:
    """`dossier` where `agreement`, under its first version, enters into force between all its parties at `at`.

    Nothing ends it then: no notice, no fixed term that is past, no agreement that took its place.
    """
    texts = dict(dossier.agreements)
    for name, versions in texts.items():
        if name != agreement:
            left = tuple(
                replace(text, supersedes=tuple(one for one in text.supersedes if one != agreement))
                if agreement in text.supersedes
                else text
                for text in versions
            )
            texts[name] = left
    first = dossier.versions(agreement)[0]
    texts[agreement] = (replace(first, acceding=(), term=replace(first.term, initial=None, renewal=None)),)
    record = dossier.record(agreement)
    kept = {one.id for one in record.instruments if one.kind in _KEPT}
    entry = Instrument("(as if in force)", "entry-into-force", first.parties, Stamp(at, "instant", first.zone), GENESIS)
    instruments = tuple(
        one for one in record.instruments if one.id in kept or (one.kind == "withdrawal" and kept & set(one.targets))
    )
    changed = replace(record, instruments=(*instruments, entry))
    return replace(dossier, agreements=texts, records={**dossier.records, agreement: changed})
