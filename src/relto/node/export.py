"""Exporting evidence: all that this node has about one thing, with the proofs, for a third person to judge.

Of a transmittal: what led to it, what came of it, the hops before and after, and the instruments of the agreements
concerned. No payload, no private key, and nothing about other items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from relto.core.agreement import Instrument
from relto.core.canon import JSON
from relto.core.dossier import Dossier
from relto.core.envelope import signed_label
from relto.core.envelope.manifest import read_manifest
from relto.core.errors import InputError, NotFound, ReltoError
from relto.core.evidence import Evidence
from relto.core.ledger import Tree, parse_note
from relto.formats.dossier import open_record
from relto.formats.dossier.writing import write_party
from relto.node.bundle import Bundle, LabelSigned, Proved, seal_bundle
from relto.node.bundle.bundle import MAX_LEAVES
from relto.node.bundle.check import ON_THE_WAY, decision_named, restored_in
from relto.node.bundle.ledgers import SeenLedger
from relto.node.card import Card
from relto.node.card_chain import CardChain
from relto.node.contents import content_of, instrument_subject
from relto.node.controls import is_aside
from relto.node.labels import label_of
from relto.node.log import subject_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.records.notes import statements_named
from relto.node.rows import Leaf
from relto.node.shown_ledgers import shown_ledgers
from relto.node.statements import statement
from relto.node.transmittal import terms_of, unpack
from relto.node.witness import witness_of


@dataclass(frozen=True, slots=True)
class _Told:
    """A leaf and what it says."""

    leaf: Leaf
    evidence: Evidence


def export_bundle(node: Node, about: str, files: Mapping[str, bytes]) -> Bundle:
    """The bundle of all that `node` has about `about`: an item, a transmittal or an instrument (`AGREEMENT/ID`).

    `files`: those of the node's dossier, byte for byte, by their names in it. The node seals it, so its keys must be
    unlocked. Raises NotFound where its ledger has nothing about it, InputError where it would be too large.
    """
    with node.store.read() as reading:
        told = [_Told(leaf, statement(leaf.evidence)) for leaf in reading.leaves()]
        tree = Tree()
        tree.extend_hashes(one.leaf.hash for one in told)
        found = _about(told, about)
        if not found:
            raise NotFound(
                f"the ledger has nothing about `{about[:80]}`",
                remedy="name an item, a transmittal (`relto outbox`, `relto inbox`) or an instrument, AGREEMENT/ID",
            )
        names = _concerned(node, reading, found)
        found |= _instruments(told, found, names)
        found |= _records(told, found)
        chosen = [one for one in told if one.leaf.id in found]
        if len(chosen) > MAX_LEAVES:
            raise InputError(f"{len(chosen)} leaves are about `{about[:80]}`", remedy="export one transmittal")
        parties = _parties(node, reading, names)
        bundle = Bundle(
            by=node.party,
            about=about,
            checkpoint=reading.checkpoint(),
            leaves=tuple(
                Proved(one.leaf.position, one.leaf.evidence, tree.inclusion_proof(one.leaf.position)) for one in chosen
            ),
            decisions=_decisions(node, reading, chosen),
            labels=(labels := _labels(reading, chosen)),
            items=_items(node, chosen),
            files=_files(node.dossier(reading), files, names, chosen),
            ledgers=(ledgers := shown_ledgers(node, reading, tree, [one.leaf for one in chosen], parties)),
            cards=(cards := _cards(node, chosen, labels, ledgers)),
            chains=_chains(node, cards),
        )
    return seal_bundle(bundle, node.keys.signing())


def _about(told: list[_Told], about: str) -> set[str]:
    """The leaves about it, and about what these rest on and lead to: consents, hops before and after, reports."""
    subjects = {
        subject_of(one.evidence)
        for one in told
        if about == subject_of(one.evidence)
        or (about in (one.evidence.item, one.evidence.says.get("about")) and not is_aside(one.evidence))
    }
    size = -1
    while len(subjects) != size:
        size = len(subjects)
        for one in told:
            subject, holding = subject_of(one.evidence), one.evidence.says.get("holding")
            if subject in subjects:
                subjects |= {part for part in (_consent(one.evidence), holding) if isinstance(part, str) and part}
            elif isinstance(holding, str) and holding in subjects:
                subjects.add(subject)
    shown = {one.leaf.id for one in told if one.evidence.item == about and is_aside(one.evidence)}
    return shown | {one.leaf.id for one in told if subject_of(one.evidence) in subjects}


def _consent(one: Evidence) -> str:
    try:
        return terms_of(one).consent if one.kind in ("submission", "relay") else ""
    except ReltoError:
        return ""


def _concerned(node: Node, reading: Reading, found: set[str]) -> set[str]:
    """The agreements under which these statements were decided, or might have been: between any two of the parties."""
    evidence = [statement(leaf.evidence) for leaf in reading.leaves() if leaf.id in found]
    dossier = node.dossier(reading)
    parties: set[str] = set()
    for one in evidence:
        event = one.says.get("event")
        originator = event.get("originator") if isinstance(event, dict) else None
        parties |= {part for part in (one.party, one.to, originator) if isinstance(part, str)}
        parties |= {*_recipients(one)}
    names = {one.agreement for one in evidence if one.agreement}
    for name, (text, *_) in dossier.agreements.items():
        if len(parties & set(text.parties)) > 1:
            names |= {name, *text.basis, *text.supersedes}
    items = {one.item for one in evidence if one.item}
    names |= {consent.record for consent in dossier.consents(None) if consent.topic or consent.item in items}
    return names & dossier.agreements.keys()


def _terms_parties(one: Evidence) -> set[str]:
    try:
        terms = terms_of(one)
    except ReltoError:
        return set()
    return {terms.recipient, terms.onward, *terms.via}


def _instruments(told: list[_Told], found: set[str], names: set[str]) -> set[str]:
    """The leaves about the instruments of these agreements; of consents, only those about the items shown."""
    items = {one.evidence.item for one in told if one.leaf.id in found}
    signed: dict[str, Instrument] = {}
    for one in told:
        if one.evidence.kind == "instrument" and one.evidence.agreement in names:
            value = one.evidence.says.get("instrument")
            if isinstance(value, dict):
                signed[subject_of(one.evidence)] = content_of(value).instrument
    foreign = {
        subject for subject, act in signed.items() if act.kind == "consent" and act.item and act.item not in items
    }
    for subject, act in signed.items():
        targets = {instrument_subject(subject.partition("/")[0], target) for target in act.targets}
        if act.kind == "withdrawal" and targets and targets <= foreign:
            foreign.add(subject)
    kept = signed.keys() - foreign
    return {one.leaf.id for one in told if subject_of(one.evidence) in kept}


def _records(told: list[_Told], found: set[str]) -> set[str]:
    """The leaves by which a peer said what it holds, where a refusal rests on that; and by which this party says what
    of these it had lost and has got back."""
    named = {name for one in told if one.leaf.id in found for name in statements_named(one.evidence.says)}
    restored = {one.leaf.id for one in told if found & set(restored_in(one.evidence))}
    return restored | {one.leaf.id for one in told if one.leaf.id in named}


def _decisions(node: Node, reading: Reading, chosen: list[_Told]) -> tuple[str, ...]:
    """The decisions that this node's own statements name."""
    named = {decision_named(one.evidence) for one in chosen if one.evidence.party == node.party}
    subjects = dict.fromkeys(one.evidence.transmittal for one in chosen if one.evidence.transmittal)
    rows = [row for subject in subjects for row in reading.decisions(subject)]
    return tuple(dict.fromkeys(row.verdict for row in rows if row.digest in named))


def _labels(reading: Reading, chosen: list[_Told]) -> tuple[LabelSigned, ...]:
    """What the originators signed of the items, out of the envelopes sent and received."""
    wanted = {one.evidence.digests["label"] for one in chosen if one.evidence.kind in ON_THE_WAY}
    found: dict[str, LabelSigned] = {}
    for subject in dict.fromkeys(one.evidence.transmittal for one in chosen if one.evidence.kind in ON_THE_WAY):
        envelopes = [unpack(row.message)[1] for row in reading.outbox(subject=subject) if row.kind == "transmittal"]
        held = reading.sealed(subject or "")
        for data in (*envelopes, *((held,) if held is not None else ())):
            manifest, signature = signed_label(data)
            if read_manifest(manifest).label_digest in wanted:
                found[manifest.hex()] = LabelSigned(manifest, signature)
    return tuple(found.values())


def _items(node: Node, chosen: list[_Told]) -> tuple[Mapping[str, JSON], ...]:
    """The labels of this party's own items that were refused before they were sealed, as its dossier gives them."""
    refused = dict.fromkeys(
        one.evidence.item
        for one in chosen
        if one.evidence.kind == "refusal" and one.evidence.says.get("stage") == "queueing"
    )
    own = (node.base.items.get(name or "") for name in refused)
    return tuple(label_of(item) for item in own if item is not None and item.originator == node.party)


def _files(dossier: Dossier, files: Mapping[str, bytes], names: set[str], chosen: list[_Told]) -> dict[str, str]:
    """The texts and records concerned as they are, and of their parties what a decision on a release may ask.

    Who is on which facility's register, and what is accredited, is nobody else's business.
    """
    kept: dict[str, str] = {}
    for name, data in files.items():
        folder, _, rest = name.partition("/")
        stem = rest.rpartition(".")[0].partition("@")[0]
        if (folder == "agreements" and stem in names) or (folder == "records" and _of(name, data) in names):
            kept[name] = data.decode("utf-8")
    texts = [text for name in names for text in dossier.versions(name)]
    recipients = {recipient for one in chosen for recipient in _recipients(one.evidence)}
    wanted = {party for text in texts for party in (*text.parties, text.hub, text.depositary) if party}
    for party in sorted(wanted & dossier.parties.keys()):
        one = dossier.parties[party]
        firms = tuple(firm for firm in one.contractors if firm.id in recipients)
        kept[f"parties/{party}.yaml"] = write_party(replace(one, facilities=(), systems=(), contractors=firms)).decode()
    return kept


def _of(name: str, data: bytes) -> str:
    return open_record(name, data).agreement


def _recipients(one: Evidence) -> Iterable[str]:
    asked = one.says.get("recipient")
    return [*_terms_parties(one), *([asked] if isinstance(asked, str) else [])]


def _parties(node: Node, reading: Reading, names: set[str]) -> set[str]:
    """The parties of the agreements concerned."""
    dossier = node.dossier(reading)
    return {party for name in names for text in dossier.versions(name) for party in text.parties}


def _cards(
    node: Node, chosen: list[_Told], labels: tuple[LabelSigned, ...], ledgers: tuple[SeenLedger, ...]
) -> tuple[Card, ...]:
    """The keys, as this node has pinned them, of all who signed or cosigned, and of the originators of what passed."""
    originators = {read_manifest(one.manifest).originator for one in labels}
    signatures = {line.name for one in ledgers for head in one.cosigned for line in parse_note(head.note).signatures}
    witnesses = {party for party in node.keys.peers if witness_of(party) in signatures}
    parties = sorted({one.evidence.party for one in chosen} | {node.party} | originators | witnesses)
    cards = {node.party: node.keys.own, **node.keys.peers}
    chains = node.keys.chains
    return tuple(cards.get(party) or chains[party].cards[-1] for party in parties if party in chains)


def _chains(node: Node, cards: Iterable[Card]) -> tuple[CardChain, ...]:
    """How the keys of these parties have changed, where they have."""
    chains = (node.keys.chains[card.party] for card in cards)
    return tuple(chain for chain in chains if len(chain.cards) > 1 or chain.changes)
