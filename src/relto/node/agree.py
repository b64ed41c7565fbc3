"""Agreeing: a party signs an instrument; the others verify it, keep it and acknowledge it (DESIGN 4).

An instrument counts once all its makers have signed it. The nodes that hold the same signed instruments compute the
same standing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from relto.core.agreement import Instrument
from relto.core.dossier import Dossier
from relto.core.errors import InputError, NotFound
from relto.core.evidence import Evidence
from relto.node.contents import Content, instrument_subject, read_content
from relto.node.dispatch import Delivery, delivery_of, dispatch_row
from relto.node.log import sign_and_enter
from relto.node.node import Node
from relto.node.rows import InstrumentRow, OutboxRow
from relto.node.taking import check_fits, check_not_backdated, same_content, with_signature


@dataclass(frozen=True, slots=True)
class Signed:
    """An instrument as this node holds it after signing: complete, or waiting for those `missing`."""

    row: InstrumentRow
    instrument: Instrument
    deliveries: tuple[Delivery, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all its makers have signed it, so that it is in the record."""
        return self.row.recorded is not None


def sign_instrument(node: Node, agreement: str, instrument: Instrument) -> Signed:
    """Sign `instrument` for the node's own party, keep it and queue it for the other parties at once; then deliver it.

    Signing the same again changes nothing. Raises InputError where the party is none of its makers, Contradiction where
    the record cannot hold it, Conflict where another instrument has its id; then nothing is changed.
    """
    signed = _sign(node, agreement, instrument)
    subject = instrument_subject(agreement, instrument.id)
    deliveries = [dispatch_row(node, one.row) if one.state == "queued" else one for one in delivery_of(node, subject)]
    return replace(signed, deliveries=tuple(deliveries))


def _sign(node: Node, agreement: str, instrument: Instrument) -> Signed:
    if node.party not in instrument.by:
        raise InputError(
            f"instrument `{instrument.id}` is by {', '.join(instrument.by)}, not by {node.party}",
            remedy="a party signs only what it makes itself",
        )
    with node.store.write() as tx:
        dossier = node.dossier(tx)
        content = Content(agreement, _text_at(dossier, agreement, instrument), instrument)
        known = tx.instrument(agreement, instrument.id)
        if known is not None:
            content = same_content(known, content)
            if node.party in known.signers:
                return Signed(known, content.instrument)
        check_fits(dossier, content)
        moment = node.now(tx)
        evidence = Evidence(
            kind="instrument",
            party=node.party,
            at=moment.latest,
            agreement=agreement,
            says={"step": "signature", "instrument": content.to_json()},
        )
        entered = sign_and_enter(node, tx, evidence)
        row = with_signature(known, content, node.party, entered, moment.latest)
        if content.instrument.by == (node.party,):
            check_not_backdated(dossier, node.party, content, moment)
        tx.put_instrument(row)
        for peer in _others(dossier, node.party, content):
            tx.enqueue(
                OutboxRow(
                    kind="instrument",
                    subject=content.subject,
                    peer=peer,
                    message=entered.signed.encode("ascii"),
                    evidence=entered.id,
                    queued_at=moment.latest,
                )
            )
    return Signed(row, content.instrument)


def countersign(node: Node, agreement: str, identifier: str) -> Signed:
    """Sign an instrument that another of its makers has signed and delivered. NotFound where there is none."""
    with node.store.read() as reading:
        row = reading.instrument(agreement, identifier)
    if row is None:
        raise NotFound(
            f"no instrument `{identifier[:60]}` of `{agreement[:60]}` has come in",
            remedy="list the instruments, or sign it from its file",
        )
    return sign_instrument(node, agreement, read_content(row.content.encode("utf-8")).instrument)


def instruments(node: Node) -> list[Signed]:
    """All instruments signed live, complete or not, in the order they came."""
    with node.store.read() as reading:
        rows = reading.instruments()
    found: list[Signed] = []
    for row in rows:
        one = read_content(row.content.encode("utf-8")).instrument
        found.append(Signed(row, one if row.recorded is None else replace(one, recorded=row.recorded)))
    return found


def _text_at(dossier: Dossier, agreement: str, instrument: Instrument) -> str:
    """The digest of the text under which an instrument is made: that of the version which stands at its instant."""
    return dossier.history(agreement).phase(instrument.at.instant).text.digest


def _others(dossier: Dossier, own: str, content: Content) -> Iterable[str]:
    """To whom an instrument is delivered: all parties of the agreement, its hub and depositary, and its makers."""
    named: dict[str, None] = dict.fromkeys(content.instrument.by)
    for text in dossier.versions(content.agreement):
        named |= dict.fromkeys((*text.parties, *(one for one in (text.hub, text.depositary) if one)))
    return [party for party in named if party != own]
