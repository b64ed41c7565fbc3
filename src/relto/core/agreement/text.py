"""The text of an agreement, clause by clause, as software can enforce it (DESIGN 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from relto.core.label import Levels
from relto.core.timeline import Day, Period

Binding = Literal["treaty", "arrangement", "community"]
EntryWhen = Literal["signature", "last-notification", "delivered", "deposits", "first-of-month", "instrument"]
Counted = Literal["date", "receipt"]
Anchor = Literal["before-term-end", "after-receipt"]
CountsFrom = Literal["receipt", "sending"]
SuspendedNotice = Literal["no-term", "term-runs"]
Keep = Literal["all", "articles", "until-released", "while-classified", "destroy", "none"]
ThirdPartyRule = Literal["forbidden", "originator-consent", "nations", "community"]
PurposeRule = Literal["as-provided", "any", "only"]


@dataclass(frozen=True, slots=True)
class Clause:
    """What every clause has: the article it stands in, and whether that could be confirmed."""

    article: str
    unconfirmed: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Entry(Clause):
    """When it enters into force.

    `counted` is for notifications, `deposits`/`after`/`per_party` for deposits, `month`/`month_after` for
    first-of-month (the first day of the `month`-th calendar month after the month of the act).
    """

    when: EntryWhen
    counted: Counted = "receipt"
    deposits: int = 0
    after: Period | None = None
    per_party: bool = False
    month: int = 0
    month_after: Literal["signature", "last-notification"] = "signature"


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """How a party may end it: the period, from where it counts, and which act of the giver counts."""

    period: Period
    anchor: Anchor
    counts_from: CountsFrom = "receipt"


@dataclass(frozen=True, slots=True)
class Term(Clause):
    """How long it runs. `initial` None is indefinite; `renewal` None ends it; `notice` None: one ends it at once."""

    initial: Period | Day | None
    renewal: Period | None = None
    notice: NoticeRule | None = None


@dataclass(frozen=True, slots=True)
class Survival(Clause):
    """What outlives the agreement. `articles` for keep=articles, `destroy_within`/`certificate` for keep=destroy."""

    keep: Keep
    articles: tuple[str, ...] = ()
    destroy_within: Period | None = None
    certificate: bool = False

    @property
    def lives_on(self) -> bool:
        """Whether a holder may go on with what it has: nothing says that it must be destroyed or let go."""
        return self.keep in ("all", "articles", "until-released", "while-classified")


@dataclass(frozen=True, slots=True)
class Scope(Clause):
    """The topics it covers, each with all below it."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThirdParty(Clause):
    """To whom beyond the parties a recipient may pass an item. `nations` for that rule only."""

    rule: ThirdPartyRule
    nations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Purpose(Clause):
    """For what an item may be used. `only` for that rule only."""

    rule: PurposeRule
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Witnesses(Clause):
    """How many of the parties, beside the one whose ledger it is, must have cosigned a head of a party's ledger before
    what stands under it is proved to the others (C2SP tlog-cosignature)."""

    quorum: int


@dataclass(frozen=True, slots=True)
class Persons:
    """Which checks of persons, systems and contractors the text knows, each by its article (None: it does not)."""

    clearance: str | None = None
    need_to_know: str | None = None
    facility: str | None = None
    assurance: str | None = None
    system: str | None = None
    contractor: str | None = None
    clearance_from: str | None = None
    nationality: str | None = None
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Duty(Clause):
    """What a permit obliges: when (`on`), what (`do`), how soon and towards whom."""

    on: str
    do: str
    within: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of the text of an agreement. `digest` is `sha256:` and the hash of the exact bytes of its file."""

    id: str
    version: int
    digest: str
    title: str
    parties: tuple[str, ...]
    binding: Binding
    zone: str
    entry: Entry
    term: Term
    scope: Scope
    survival: Survival
    authentic: tuple[str, ...] = ()
    readings: Mapping[str, SuspendedNotice] = field(default_factory=dict)
    unconfirmed_readings: tuple[str, ...] = ()
    levels: Levels | None = None
    third_party: ThirdParty | None = None
    purpose: Purpose | None = None
    persons: Persons = field(default_factory=Persons)
    duties: tuple[Duty, ...] = ()
    witnesses: Witnesses | None = None
    basis: tuple[str, ...] = ()
    hub: str | None = None
    depositary: str | None = None
    supersedes: tuple[str, ...] = ()
    acceding: tuple[str, ...] = ()
    source: str = ""
    unconfirmed: bool = False
    note: str = ""

    @property
    def mediates(self) -> bool:
        """Whether it only opens mediated routes under the agreements it rests on (DESIGN 4: `basis`)."""
        return bool(self.basis)

    def reading_of(self, party: str | None) -> SuspendedNotice:
        """How `party` reads a suspended notice; where neither text nor party says, the stricter `no-term`."""
        return self.readings.get(party or "", "no-term")
