"""Records of the worlds of the tests: entry by every rule, notices and their life, consents, designations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relto.core.agreement import Agreement, Instrument, InstrumentKind, Record
from relto.core.dossier import Dossier, Item, Party
from relto.core.timeline import Bound, Instant, Stamp, bound_instant
from tests.worlds_chance import DAY, END, START, Chance, Moments, Pools, draw_bound, person_ids

_LETTERS = "abcdefghkm"


class RecordMaker:
    """Writes the record of one agreement, act by act; each is valid beside those before it."""

    def __init__(self, chance: Chance, versions: tuple[Agreement, ...], *, plain: bool = False) -> None:
        self.chance, self.versions, self.text = chance, versions, versions[0]
        self.moments = Moments(chance, self.text.zone)
        self.plain = plain
        self.made: list[Instrument] = []

    def record(self) -> Record:
        """What was made so far, in an order that means nothing."""
        found = self.chance.shuffled(self.made) if self.chance.often(0.3) else tuple(self.made)
        return Record(self.text.id, found, draw_bound(self.chance, 2022, 2024) if self.chance.often(0.05) else None)

    def make(self, kind: InstrumentKind, by: Sequence[str], at: Instant, **more: Any) -> Instrument:
        """One instrument, sometimes recorded only later, sometimes with an hour that is a placeholder."""
        chance = self.chance
        recorded = at.plus(chance.number(1, 400 * 86_400) * 1_000_000_000) if chance.often(0.12) else at
        stamp = Stamp(at, "day" if chance.often(0.15) else "instant", self.text.zone)
        name = f"{chance.pick(_LETTERS)}{len(self.made)}"
        one = Instrument(name, kind, tuple(by), stamp, recorded, **more)
        self.made.append(one)
        return one

    def enter(self, low: Instant, *, whole: bool) -> Instant:
        """The acts that bring it into force by its rule, from `low` on; not `whole`: one of them is missing."""
        entry, founders = self.text.entry, [one for one in self.text.parties if one not in self.text.acceding]
        missing = None if whole else self.chance.pick(founders)
        steps: list[InstrumentKind] = ["signature"]
        if entry.when == "last-notification" or (entry.when, entry.month_after) == (
            "first-of-month",
            "last-notification",
        ):
            steps.append("notification")
        elif entry.when == "delivered":
            steps.append("delivery")
        elif entry.when == "deposits":
            steps = ["signature", "deposit"] if self.chance.often(0.5) else ["deposit"]
        elif entry.when == "instrument":
            steps.append("entry-into-force")
        last = low
        for number, kind in enumerate(steps):
            actors = founders
            if number == len(steps) - 1:
                actors = [one for one in founders if one != missing]
            last = self._acts(kind, actors, last)
        for party in self.text.acceding:
            if self.chance.often(0.75):
                last = self.make("accession", (party,), self.moments.after(last, 900)).at.instant
        return last

    def _acts(self, kind: InstrumentKind, actors: Sequence[str], low: Instant) -> Instant:
        """An act of each of `actors`: one joint instrument, or several; the instant of the last."""
        keeper = self.text.hub or self.text.depositary
        if kind == "delivery":
            actors = [one for one in actors if one != keeper]
        if kind == "entry-into-force" and keeper is not None and self.chance.often(0.5):
            actors = [keeper]
        if not actors:
            return low
        if self.plain or self.chance.often(0.5):
            return self._join(kind, actors, self.moments.after(low, 120))
        return max(self._join(kind, (one,), self.moments.after(low, 200)) for one in actors)

    def _join(self, kind: InstrumentKind, by: Sequence[str], at: Instant) -> Instant:
        more: dict[str, Any] = {}
        if kind == "notification" and self.chance.often(0.4):
            more["sent"] = self._sent(at)
        if kind == "signature" and len(by) == 1 and self.chance.often(0.04):
            kind = "accession"
        return self.make(kind, by, at, **more).at.instant

    def _sent(self, at: Instant) -> Stamp:
        return Stamp(at.plus(-self.chance.number(0, 20) * DAY), "instant", self.text.zone)

    def withdraw(self, targets: Sequence[Instrument], at: Instant) -> None:
        """Take them all back, by all who gave them."""
        givers = tuple(dict.fromkeys(party for one in targets for party in one.by))
        self.make("withdrawal", givers, at, targets=tuple(one.id for one in targets))

    def live(self, since: Instant) -> None:
        """What becomes of it after `since`: notices and their life, a new entry, amendments, changes of law."""
        chance = self.chance
        if len(self.versions) > 1:
            self._amend(since)
        for _ in range(chance.number(1, 2) if chance.often(0.5) else 0):
            self._notice(self.moments.between(since, END))
        if chance.often(0.06):
            founding = [one for one in self.made if one.kind in ("signature", "deposit", "notification", "delivery")]
            if founding:
                one = chance.pick(founding)
                self.withdraw((one,), self.moments.after(one.at.instant, 1500))
        if chance.often(0.15):
            self.enter(self.moments.between(since, END), whole=True)
        if chance.often(0.05):
            self.make("law-change", (chance.pick(self.text.parties),), self.moments.between(since, END))

    def _amend(self, since: Instant) -> None:
        """All parties, mostly, agree to version 2; sometimes back to version 1 after that."""
        chance = self.chance
        low = since if chance.often(0.85) else START
        for number in (1, 0) if chance.often(0.15) else (1,):
            digest, low = self.versions[number].digest, self.moments.after(low, 1500)
            parties = tuple(dict.fromkeys([*self.text.parties, *self.versions[number].parties]))
            if chance.often(0.5):
                low = self.make("amendment", parties, low, text=digest).at.instant
                continue
            for party in parties:
                if chance.often(0.95):
                    low = self.make("amendment", (party,), self.moments.after(low, 60), text=digest).at.instant

    def _notice(self, at: Instant) -> None:
        """A notice of termination; perhaps suspended; perhaps one of them, or both, withdrawn; perhaps once more."""
        chance, text = self.chance, self.text
        by = chance.some(text.parties, 1, 1 if chance.often(0.9) else 2)
        sent = text.term.notice is not None and text.term.notice.counts_from == "sending"
        more: dict[str, Any] = {"sent": self._sent(at)} if sent or chance.often(0.1) else {}
        notice = self.make("termination-notice", by, at, contested=chance.often(0.05), **more)
        for _ in range(2):
            if not chance.often(0.5):
                return
            held = self.make("suspension", by, self.moments.after(at, 200), targets=(notice.id,))
            if not chance.often(0.6):
                return
            at = self.moments.after(held.at.instant, 900)
            targets: tuple[Instrument, ...] = chance.pick(((held,), (held,), (notice, held), (notice,)))
            self.withdraw(targets, at)


class ConsentMaker:
    """Writes consents and designations, for items and topics, to everyone whom one may name."""

    def __init__(self, chance: Chance, pools: Pools, parties: Mapping[str, Party], items: Mapping[str, Item]) -> None:
        self.chance, self.pools, self.items = chance, pools, tuple(items.values())
        self.bodies = tuple(
            [firm.id for party in parties.values() for firm in party.contractors] + [*pools.authorities]
        )
        self.persons = tuple(person for name in pools.names for person in person_ids(name))

    def consent(self, maker: RecordMaker) -> None:
        """An originator's approval in the record of `maker`, sometimes with an end, sometimes withdrawn."""
        chance, pools = self.chance, self.pools
        more: dict[str, Any] = {}
        by: tuple[str, ...] = (chance.pick(pools.names),)
        if self.items and chance.often(0.5):
            item = chance.pick(self.items)
            more["item"] = item.id
            by = (item.originator,) if chance.often(0.9) else by
        if not more or chance.often(0.1):
            more["topic"] = chance.pick(pools.topics)
        if chance.often(0.1):
            by = (*by, *(one for one in (chance.pick(pools.names),) if one not in by))
        if chance.often(0.35):
            more["purpose"] = chance.pick(pools.purposes)
        at = maker.moments.between(START, END.plus(-700 * DAY))
        until = self._until(at, maker.text.zone)
        one = maker.make("consent", by, at, to=self._whom(), until=until, **more)
        if chance.often(0.25) and {*by} <= {*maker.text.parties}:  # no one but a party may withdraw in this record
            maker.withdraw((one,), maker.moments.after(at, 1200))

    def _whom(self) -> tuple[str, ...]:
        chance, pools = self.chance, self.pools
        found = list(chance.some(pools.names, 1, 3))
        for more, share in ((self.bodies, 0.4), (pools.thirds, 0.3), (self.persons, 0.25), (("CHE", "ISL"), 0.2)):
            if more and chance.often(share):
                found.append(chance.pick(more))
        return tuple(dict.fromkeys(found))

    def _until(self, at: Instant, zone: str) -> Bound | None:
        bound = draw_bound(self.chance, 2018, 2025)
        return bound if bound is not None and bound_instant(bound, zone) > at else None

    def designate(self, maker: RecordMaker) -> None:
        """A party of the agreement names an authority as competent; sometimes takes that back."""
        chance = self.chance
        who = chance.pick(self.pools.authorities) if chance.often(0.92) else chance.pick(self.pools.thirds)
        by = chance.some(maker.text.parties, 1, 1 if chance.often(0.9) else 2)
        at = maker.moments.between(START, END.plus(-700 * DAY))
        one = maker.make("designation", by, at, authority=who)
        if chance.often(0.4):
            maker.withdraw((one,), maker.moments.after(at, 1500))


def redesignated(seed: int, dossier: Dossier) -> Dossier:
    """The same dossier in which a designation is taken back, in whichever record it stands, and perhaps made anew by
    another party in another; the dossier itself where nobody designated anyone."""
    chance = Chance(seed, 5)
    made = [
        (name, one)
        for name, record in sorted(dossier.records.items())
        for one in record.instruments
        if one.kind == "designation"
    ]
    if not made:
        return dossier
    name, named = chance.pick(made)
    text, instruments = dossier.agreements[name][0], dossier.record(name).instruments
    ended = Moments(chance, text.zone).after(named.at.instant, 900)
    stamp = Stamp(ended, "instant", text.zone)
    targets = tuple(one.id for one in instruments if one.kind == "withdrawal" and named.id in one.targets)
    taken_back = Instrument("taken-back", "withdrawal", named.by, stamp, ended, targets=(named.id,))
    kept = instruments if targets else (*instruments, taken_back)
    found = dossier.with_instruments(name, tuple(one for one in kept if one.id not in targets))
    if chance.often(0.5):
        name = chance.pick(sorted(dossier.agreements))
        text = dossier.agreements[name][0]
        again = Instrument(
            "made-again", "designation", (chance.pick(text.parties),), stamp, ended, authority=named.authority
        )
        found = found.with_instruments(name, (*found.record(name).instruments, again))
    return found
