"""Who a recipient is: a party, one of its contractors, an authority it designated, or a third country."""

from __future__ import annotations

from typing import NamedTuple

from relto.core.dossier import Accredited, Dossier
from relto.core.errors import InputError
from relto.core.label import is_country
from relto.core.timeline import ETERNITY, Instant


class Addressee(NamedTuple):
    """`party`: whose rules apply. `contractor`: where the recipient is one of its firms. `known`: in the dossier."""

    id: str
    party: str
    contractor: Accredited | None = None
    known: bool = True


def resolve(dossier: Dossier, recipient: str, at: Instant, known_by: Instant | None) -> Addressee:
    """Who `recipient` is at `at`. A country no file describes is a third country; any other unknown id is an error."""
    if recipient in dossier.parties:
        return Addressee(recipient, recipient)
    for party in dossier.parties.values():
        for firm in party.contractors:
            if firm.id == recipient:
                return Addressee(recipient, party.id, contractor=firm)
    designating = _designating_party(dossier, recipient, at, known_by)
    if designating is not None:
        return Addressee(recipient, designating)
    if is_country(recipient, dossier.parties):
        return Addressee(recipient, recipient, known=False)
    known = ", ".join(sorted(dossier.parties))
    raise InputError(
        f"unknown party `{recipient[:60]}`",
        remedy=f"use one of {known}, one of their contractors or authorities, or a country by its ISO 3166-1 code",
    )


def _designating_party(dossier: Dossier, authority: str, at: Instant, known_by: Instant | None) -> str | None:
    """The party that has designated `authority` as competent (article 2(d)), while the designation stands.

    Of several that stand, the first made counts; the order of files and of a record's lines means nothing.
    """
    standing: list[tuple[Instant, str, str, str]] = []
    for name, record in dossier.records.items():
        known = record.known(known_by)
        for one in known:
            if one.kind != "designation" or one.authority != authority or one.at.instant > at:
                continue
            ended = min(
                (other.at.instant for other in known if other.kind == "withdrawal" and one.id in other.targets),
                default=ETERNITY,
            )
            if at < ended:
                standing.append((one.at.instant, name, one.id, min(one.by)))
    return min(standing)[3] if standing else None
