"""What a third person is told of bundles: whether everything holds, the account, and what is not shown by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relto.core.canon import JSON
from relto.core.envelope import KeyRing, Manifest, VerifyKey
from relto.node.bundle.account import Step, account
from relto.node.bundle.bundle import Bundle
from relto.node.bundle.check import ON_THE_WAY, Checked, check_bundle, check_cards, decision_named
from relto.node.bundle.crosscheck import contradictions, only_at_one
from relto.node.bundle.verdicts import recompute, unsigned
from relto.node.bundle.witnessed import Weighed, check_ledgers, weigh
from relto.node.card import Card
from relto.node.card_chain import CardChain

SCHEMA = "relto/bundle-report/1"


@dataclass(frozen=True, slots=True)
class Shown:
    """What one bundle holds: so many leaves of a ledger of so many; whose it is, and about what. `witnessed` of them
    are under heads that enough witnesses have cosigned; `placed` receipts are proved in the ledgers of who gave them.
    """

    by: str
    about: str
    leaves: int
    size: int
    decisions: int
    recomputed: int
    receipts: int
    witnessed: int
    placed: int


@dataclass(frozen=True, slots=True)
class Report:
    """`keys`: party, thumbprint, that of the ML-DSA-44 key beside it (empty: none), and whether it is that of a card
    that the verifier gave. `not_shown`: what no bundle proves. `problems`: what does not hold; `contradictions`: what
    cannot both be true."""

    bundles: tuple[Shown, ...]
    keys: tuple[tuple[str, str, str, bool], ...]
    account: tuple[Step, ...]
    not_shown: tuple[str, ...]
    problems: tuple[str, ...]
    contradictions: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything in it holds, together too."""
        return not self.problems and not self.contradictions


def examine(bundles: Sequence[Bundle], cards: Sequence[Card] = ()) -> Report:
    """Verify bundles, alone and against each other. `cards`: whose keys the verifier knows; of other parties the
    bundles' own are taken, and the report says so. Problems come back as values."""
    given = {card.party: card for card in cards}
    problems = [
        f"two of the cards given are of {card.party}, and differ" for card in cards if given[card.party] != card
    ]
    keys: dict[str, tuple[VerifyKey, ...]] = {party: (card.signing,) for party, card in given.items()}
    rings = []
    for bundle in bundles:
        ring, differs = _ring_of(bundle, given, keys)
        rings.append(ring)
        problems += differs
    checked = [_checked(bundle, {**keys, **ring}) for bundle, ring in zip(bundles, rings, strict=True)]
    shown, not_shown = [], _keys_not_shown(keys, given)
    labels = {name: label for found in checked for name, label in found.labels.items()}
    for found in checked:
        same, untold = recompute(found, labels)
        weighed = weigh(found, checked)
        problems += found.problems
        not_shown += [*untold, *_not_shown(found, labels), *weighed.not_shown]
        shown.append(_shown(found, same, weighed))
    not_shown += only_at_one(checked) + _always(checked)
    used = tuple(
        (party, key.id, "" if key.mldsa is None else key.mldsa.id, party in given)
        for party, ring in sorted(keys.items())
        for key in ring
    )
    steps = tuple(account(checked))
    return Report(
        tuple(shown),
        used,
        steps,
        tuple(dict.fromkeys(not_shown)),
        tuple(dict.fromkeys(problems)),
        tuple(contradictions(checked)),
    )


def _checked(bundle: Bundle, keys: KeyRing) -> Checked:
    """A bundle held against itself, the keys and the witnesses."""
    found = check_bundle(bundle, keys)
    check_ledgers(found, keys)
    check_cards(found)
    return found


def _ring_of(
    bundle: Bundle, given: Mapping[str, Card], keys: dict[str, tuple[VerifyKey, ...]]
) -> tuple[dict[str, tuple[VerifyKey, ...]], list[str]]:
    """The keys by which a bundle is verified: its own cards of parties that no card was given for, and all to which the
    one given leads by changes that each key has signed for the next. Each goes by the terms as its maker knew them: no
    party can end a key in its own bundle before what it has signed in another's. What differs is a problem; `keys`
    learns of all of them.
    """
    ring: dict[str, tuple[VerifyKey, ...]] = {}
    problems = []
    chains = {chain.party: chain for chain in bundle.chains}
    for card in bundle.cards:
        chain, known = chains.get(card.party) or CardChain.of(card), given.get(card.party)
        linked = next((one for one in chain.cards if known is not None and one.keys_id == known.keys_id), None)
        if known is not None and (linked is None or (not bundle.chains and known != card)):
            problems.append(f"{bundle.by}'s bundle has another card of {card.party} than the one given")
            continue
        names = {one.signing.id for one in chain.linked(linked)} if linked is not None else None
        ring[card.party] = own = tuple(one for one in chain.signing_keys() if names is None or one.id in names)
        before = keys.get(card.party, ())
        longer, shorter = (own, before) if len(own) > len(before) else (before, own)
        if not {(one.raw, one.mldsa) for one in shorter} <= {(one.raw, one.mldsa) for one in longer}:
            problems.append(f"{bundle.by}'s bundle has another card of {card.party} than the other bundle")
        keys[card.party] = longer
    return ring, problems


def _keys_not_shown(keys: KeyRing, given: Mapping[str, Card]) -> list[str]:
    unknown = [party for party in sorted(keys) if party not in given]
    if not unknown:
        return []
    return [f"whose keys these are: no card of {' or '.join(unknown)} was given, and the bundle's own were taken"]


def _shown(found: Checked, same: int, weighed: Weighed) -> Shown:
    return Shown(
        by=found.by,
        about=found.bundle.about,
        leaves=len(found.statements),
        size=found.head.size if found.head is not None else 0,
        decisions=len(found.decisions),
        recomputed=same,
        receipts=found.receipts,
        witnessed=weighed.witnessed,
        placed=weighed.placed,
    )


def _not_shown(found: Checked, labels: Mapping[str, Manifest]) -> list[str]:
    """What this bundle leaves open."""
    told = []
    statements = [one.evidence for one in found.statements.values()]
    received = {one.transmittal for one in statements if one.kind == "receipt"}
    answered = {one.transmittal for one in statements if one.kind == "refusal"} | received
    for one in statements:
        if one.kind in ("submission", "relay") and one.transmittal not in answered:
            told.append(f"that {one.to} received {one.transmittal}: no receipt of it is here")
        if one.kind in ON_THE_WAY and one.digests["label"] not in labels:
            told.append(f"the label of {one.item} under {one.transmittal}: only its digest is here")
    told += [
        f"the label of {one.get('item')}, refused before it was sealed: it is {found.by}'s word"
        for one in found.bundle.items
    ]
    size = found.head.size if found.head is not None else 0
    told.append(f"what else is in {found.by}'s ledger: {len(found.statements)} of its {size} leaves are here")
    if found.bundle.files:
        told.append(f"that the record of {found.by} from before its node was made is true: nobody signed it here")
    told += [
        f"that `{text}` of {found.by} is the text agreed: nothing signed here names it" for text in unsigned(found)
    ]
    return told


def _always(checked: Sequence[Checked]) -> list[str]:
    makers = {found.by for found in checked}
    others = sorted(
        {
            one.evidence.party
            for found in checked
            for one in found.statements.values()
            if one.evidence.party not in makers
        }
    )
    statements = [one.evidence for found in checked for one in found.statements.values()]
    decided = {name for found in checked for name in found.decisions}
    blind = sorted({one.party for one in statements if decision_named(one) not in decided | {None}})
    told = [f"how {party} came to its decisions: only their digests are here" for party in blind]
    told += [f"what {party} has in its own ledger: no bundle of {party} is here" for party in others]
    return [
        *told,
        "that a clock was right: each instant is by the clock of the party that states it",
        "the content of an item: evidence names it by a commitment alone",
    ]


def report_json(report: Report) -> dict[str, JSON]:
    """`relto/bundle-report/1`."""
    return {
        "schema": SCHEMA,
        "holds": report.holds,
        "bundles": [
            {
                "by": one.by,
                "about": one.about,
                "leaves": one.leaves,
                "ledger_size": one.size,
                "decisions": one.decisions,
                "recomputed": one.recomputed,
                "receipts": one.receipts,
                "witnessed": one.witnessed,
                "placed": one.placed,
            }
            for one in report.bundles
        ],
        "keys": [
            {"party": party, "signing": thumbprint, "mldsa": beside or None, "given": known}
            for party, thumbprint, beside, known in report.keys
        ],
        "account": [
            {
                "at": str(step.at),
                "clock": step.party,
                "party": step.party,
                "step": step.kind,
                "says": step.says,
                "evidence": step.evidence,
                "leaves": [
                    {"ledger": one.ledger, "leaf": one.leaf, "there_by": str(one.by) if one.by is not None else None}
                    for one in step.entries
                ],
            }
            for step in report.account
        ],
        "not_shown": list(report.not_shown),
        "problems": list(report.problems),
        "contradictions": list(report.contradictions),
    }
