"""Entry into force: which acts bring an agreement into force, and when, for the whole and for each party."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.core.agreement.instrument import Instrument, InstrumentKind
from relto.core.agreement.text import Agreement
from relto.core.timeline import Day, Instant, first_instant, local_day

JOINING: Final[frozenset[InstrumentKind]] = frozenset(
    {"signature", "notification", "deposit", "delivery", "accession", "entry-into-force"}
)


@dataclass(frozen=True, slots=True)
class Act:
    """What one party did at an instant, and the instrument that shows it."""

    at: Instant
    instrument: str


@dataclass(frozen=True, slots=True)
class EntryIntoForce:
    """`at`: of the whole; `bound`: from when each party is bound; `by`: the instrument that completed it."""

    at: Instant
    bound: Mapping[str, Act]
    by: str


def counts_at(text: Agreement, instrument: Instrument) -> Instant:
    """The instant from which an instrument counts: its `at`, or its sending where the text counts from that."""
    from_sending = False
    if instrument.kind == "termination-notice":
        from_sending = text.term.notice is not None and text.term.notice.counts_from == "sending"
    elif instrument.kind == "notification":
        from_sending = text.entry.counted == "date"
    if from_sending and instrument.sent is not None:
        return instrument.sent.instant
    return instrument.at.instant


def entry_into_force(text: Agreement, instruments: Iterable[Instrument]) -> EntryIntoForce | None:
    """When the text enters into force by these acts, under its own rule or by the parties' joint act; None if not."""
    acts = tuple(one for one in instruments if one.kind in JOINING)
    founders = _founders(text)
    by_rule = _deposited(text, acts) if text.entry.when == "deposits" else _by_rule(text, acts, founders)
    joint = _joint_entry(text, acts, founders)
    options = [one for one in (by_rule, joint) if one is not None]
    if not options:
        return None
    first = min(options, key=lambda one: one.at)
    bound = dict(first.bound)
    for party, act in _acts(text, acts, ("accession",)).items():
        if party not in bound:
            bound[party] = Act(max(first.at, _own_instant(text, act)), act.instrument)
    return EntryIntoForce(first.at, bound, first.by)


def rejoins_at(text: Agreement, instruments: Iterable[Instrument], party: str, left: Instant) -> Act | None:
    """When a party that left is bound again: by an accession or deposit at or after it left."""
    acts = [one for one in instruments if counts_at(text, one) >= left]
    act = _acts(text, acts, ("accession", "deposit")).get(party)
    return None if act is None else Act(_own_instant(text, act), act.instrument)


def _founders(text: Agreement) -> tuple[str, ...]:
    """The parties without whom it cannot enter into force: all but those that the text lets accede later."""
    return tuple(party for party in text.parties if party not in text.acceding)


def _acts(text: Agreement, instruments: Iterable[Instrument], kinds: tuple[InstrumentKind, ...]) -> dict[str, Act]:
    """The first act of each party among instruments of `kinds`."""
    first: dict[str, Act] = {}
    for one in instruments:
        if one.kind not in kinds:
            continue
        act = Act(counts_at(text, one), one.id)
        for party in one.by:
            if party not in first or (act.at, act.instrument) < (first[party].at, first[party].instrument):
                first[party] = act
    return first


def _last(acts: Mapping[str, Act], needed: Iterable[str]) -> Act | None:
    """The last of the acts of the parties needed; None where one of them has not acted."""
    found = [acts.get(party) for party in needed]
    if not found or any(act is None for act in found):
        return None
    return max((act for act in found if act is not None), key=lambda act: (act.at, act.instrument))


def _later(*acts: Act | None) -> Act | None:
    if any(act is None for act in acts):
        return None
    return max((act for act in acts if act is not None), key=lambda act: (act.at, act.instrument))


def _by_rule(text: Agreement, acts: tuple[Instrument, ...], founders: tuple[str, ...]) -> EntryIntoForce | None:
    signed = _last(_acts(text, acts, ("signature", "accession")), founders)
    notified = _later(signed, _last(_acts(text, acts, ("notification", "accession")), founders))
    if text.entry.when == "signature":
        last = signed
    elif text.entry.when == "last-notification":
        last = notified
    elif text.entry.when == "delivered":
        keeper = text.hub or text.depositary
        others = tuple(party for party in founders if party != keeper)
        last = _later(signed, _last(_acts(text, acts, ("delivery", "accession")), others))
    elif text.entry.when == "first-of-month":
        last = _first_of_month(text, signed if text.entry.month_after == "signature" else notified)
    else:  # "instrument": only the joint act, below
        last = None
    return None if last is None else EntryIntoForce(last.at, dict.fromkeys(founders, last), last.instrument)


def _first_of_month(text: Agreement, act: Act | None) -> Act | None:
    """The first day of the n-th calendar month after the month of the act, at its first instant."""
    if act is None:
        return None
    day = local_day(act.at, text.zone)
    first = Day(day.year, day.month, 1).plus(months=text.entry.month)
    return Act(first_instant(first, text.zone), act.instrument)


def _joint_entry(text: Agreement, acts: tuple[Instrument, ...], founders: tuple[str, ...]) -> EntryIntoForce | None:
    """An instrument of entry into force made by all the parties, or by the depositary (or hub) for them."""
    declared = _acts(text, acts, ("entry-into-force",))
    keeper = declared.get(text.depositary or text.hub or "")
    last = keeper if keeper is not None else _last(declared, founders)
    return None if last is None else EntryIntoForce(last.at, dict.fromkeys(founders, last), last.instrument)


def _deposited(text: Agreement, acts: tuple[Instrument, ...]) -> EntryIntoForce | None:
    """After the n-th deposit; each later party from its own (with the period too where the text says per party)."""
    deposits = _acts(text, acts, ("deposit", "accession"))
    in_order = sorted(deposits.items(), key=lambda pair: (pair[1].at, pair[0]))
    needed = max(text.entry.deposits, 1)
    if len(in_order) < needed:
        return None
    completing = in_order[needed - 1][1]
    whole = Act(_after_deposit(text, completing.at), completing.instrument)
    bound = {party: whole for party, _ in in_order[:needed]}
    for party, act in in_order[needed:]:
        bound[party] = Act(max(whole.at, _own_instant(text, act)), act.instrument)
    return EntryIntoForce(whole.at, bound, whole.instrument)


def _own_instant(text: Agreement, act: Act) -> Instant:
    """From when a later party is bound by its own act."""
    return _after_deposit(text, act.at) if text.entry.per_party else act.at


def _after_deposit(text: Agreement, at: Instant) -> Instant:
    """The deposit's day plus the period, at that day's first instant; never before the deposit itself."""
    day = local_day(at, text.zone)
    if text.entry.after is not None:
        day = text.entry.after.after(day)
    return max(first_instant(day, text.zone), at)
