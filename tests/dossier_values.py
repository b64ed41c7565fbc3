"""Strategies that make the values of a dossier's files: every form that a file can say, and hard texts in them."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st

from relto.core.agreement import (
    INSTRUMENT_KINDS,
    Agreement,
    Duty,
    Entry,
    Instrument,
    NoticeRule,
    Persons,
    Purpose,
    Record,
    Scope,
    Survival,
    Term,
    ThirdParty,
    Witnesses,
)
from relto.core.agreement.text import Anchor, Binding, CountsFrom, Keep, SuspendedNotice
from relto.core.decision import ACTS
from relto.core.dossier import (
    ENTRY_KINDS,
    Accredited,
    Assurance,
    ChronicleEntry,
    Claim,
    DomesticRule,
    Facility,
    Item,
    Party,
    Payload,
    Person,
)
from relto.core.label import Caveats, Levels, Mark, RankRow
from relto.core.timeline import Day, Instant, Period, Precision, Stamp, first_instant

ZONES = ("UTC", "Asia/Seoul", "Asia/Tokyo", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe")
HARD = (
    "NO",
    "010",
    "1e3",
    "0x10",
    "null",
    "~",
    "yes",
    "2019-11-23",
    "12:30:00",
    "=",
    "<<",
    "-",
    "?",
    "a: b",
    "a #b",
    "!x",
)
_SHOWN = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp"),
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff",
)
lines = st.sampled_from(HARD) | st.text(_SHOWN, min_size=1, max_size=12).filter(str.strip)
texts = lines | st.just("") | st.text(_SHOWN | st.sampled_from("\n\t :#'\""), max_size=40).filter(str.strip)
ids = st.sampled_from(("NO", "010", "1.5", "null", "yes", "0x10", "2019-11-23")) | st.from_regex(
    r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True
)
parties = st.sampled_from(("NO", "KOR", "JPN", "EU", "010", "on", "no", "1e3", "0x1f", "alpine-cert"))
topics = st.sampled_from(("defence", "defence/dprk/missile", "010", "no", "on/off", "1e3"))
days = st.builds(Day, st.integers(3, 9997), st.integers(1, 12), st.integers(1, 28))
instants = st.builds(
    Instant,
    st.integers(-(62 * 10**18), 253 * 10**18) | st.sampled_from((0, 1574434800 * 10**9, 1574434800 * 10**9 - 1)),
)
bounds = days | instants
periods = st.builds(Period, st.integers(0, 400), st.integers(0, 400)).filter(lambda one: one != Period(0, 0))
counts = st.integers(1, 1000)


def many(strategy: st.SearchStrategy[Any], low: int = 0, high: int = 3) -> st.SearchStrategy[Any]:
    """A tuple of different values."""
    return st.lists(strategy, min_size=low, max_size=high, unique=True).map(tuple)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value, or none."""
    return st.none() | strategy


@st.composite
def stamps(draw: st.DrawFn, zone: str, lone: bool = False) -> Stamp:
    """A stamp as a file says one in `zone`; a `lone` one has no precision beside it."""
    if draw(st.booleans()):
        exact: tuple[Precision, ...] = ("instant",) if lone else get_args(Precision)
        return Stamp(draw(instants), draw(st.sampled_from(exact)), zone)
    day = draw(days)
    precision: Precision = draw(st.sampled_from(get_args(Precision)[3:]))
    if lone and precision != "day":
        day = Day(day.year, day.month if precision == "month" else 1, 1)
    return Stamp(first_instant(day, zone), precision, zone)


provenance: dict[str, st.SearchStrategy[Any]] = {"source": texts, "unconfirmed": st.booleans(), "note": texts}
entries = st.one_of(
    st.builds(Entry, lines, st.sampled_from(("signature", "delivered", "instrument")), unconfirmed=st.booleans()),
    st.builds(Entry, lines, st.just("last-notification"), counted=st.sampled_from(("date", "receipt"))),
    st.builds(Entry, lines, st.just("deposits"), deposits=counts, after=maybe(periods), per_party=st.booleans()),
    st.builds(Entry, lines, st.just("first-of-month"), month=counts, unconfirmed=st.booleans()),
    st.builds(
        Entry,
        lines,
        st.just("first-of-month"),
        month=counts,
        month_after=st.just("last-notification"),
        counted=st.sampled_from(("date", "receipt")),
    ),
)
after_receipt = st.builds(NoticeRule, periods, st.just("after-receipt"), st.sampled_from(get_args(CountsFrom)))
any_notice = st.builds(NoticeRule, periods, st.sampled_from(get_args(Anchor)), st.sampled_from(get_args(CountsFrom)))
terms = st.builds(Term, lines, st.none(), st.none(), maybe(after_receipt), unconfirmed=st.booleans()) | st.builds(
    Term, lines, periods | days, maybe(periods), maybe(any_notice)
)
_words = tuple(keep for keep in get_args(Keep) if keep not in ("articles", "destroy"))
survivals = st.one_of(
    st.builds(Survival, lines, st.sampled_from(_words), unconfirmed=st.booleans()),
    st.builds(Survival, lines, st.just("articles"), articles=many(lines)),
    st.builds(Survival, lines, st.just("destroy"), destroy_within=periods, certificate=st.booleans()),
)
third_parties = st.builds(
    ThirdParty, lines, st.sampled_from(("forbidden", "originator-consent", "community")), unconfirmed=st.booleans()
) | st.builds(ThirdParty, lines, st.just("nations"), nations=many(parties))
purposes = st.builds(Purpose, lines, st.sampled_from(("as-provided", "any")), unconfirmed=st.booleans()) | st.builds(
    Purpose, lines, st.just("only"), only=many(lines)
)
persons_rules = st.builds(Persons, *([maybe(lines)] * 8), unconfirmed=st.booleans())
duties = st.builds(
    Duty,
    lines,
    lines,
    lines,
    st.sampled_from(("", "at-once", "PT72H", "P30D")),
    lines | st.just(""),
    unconfirmed=st.booleans(),
)


@st.composite
def levels(draw: st.DrawFn, names: tuple[str, ...]) -> Levels:
    """A table: every party has marks at the first rank; a hole further down is treated as that one."""
    ranks = draw(many(lines, 1))
    rows = []
    for number, rank in enumerate(ranks):
        holes = set(draw(many(st.sampled_from(names)))) if number else set()
        marks = {name: tuple(f"{number}{one}" for one in draw(many(lines, 1, 2))) for name in names}
        kept = {name: found for name, found in marks.items() if name not in holes}
        treat_as = {name: ranks[0] for name in names if name in holes}
        rows.append(RankRow(rank, kept, treat_as, draw(st.booleans())))
    return Levels(draw(lines), tuple(rows), draw(st.booleans()))


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    """A text by itself, or an arrangement that rests on others."""
    names = draw(many(parties, 2, 4))
    rests = draw(st.booleans())
    readings = draw(st.dictionaries(st.sampled_from(names), st.sampled_from(get_args(SuspendedNotice))))
    return Agreement(
        id=draw(ids),
        version=draw(counts),
        digest="",
        title=draw(lines),
        parties=names,
        binding=draw(st.sampled_from(get_args(Binding))),
        zone=draw(st.sampled_from(ZONES)),
        entry=draw(entries),
        term=draw(terms),
        scope=Scope(draw(lines), draw(many(topics, 1)), unconfirmed=draw(st.booleans())),
        survival=draw(survivals | st.just(Survival("", "none")) if rests else survivals),
        authentic=draw(many(lines)),
        readings=readings,
        unconfirmed_readings=tuple(party for party in readings if draw(st.booleans())),
        levels=None if rests else draw(levels(names)),
        third_party=draw(maybe(third_parties) if rests else third_parties),
        purpose=draw(maybe(purposes) if rests else purposes),
        persons=draw(persons_rules),
        duties=draw(st.lists(duties, max_size=2).map(tuple)),
        witnesses=draw(maybe(st.builds(Witnesses, lines, st.integers(1, len(names) - 1), unconfirmed=st.booleans()))),
        basis=draw(many(ids, 1)) if rests else (),
        hub=draw(maybe(parties)),
        depositary=draw(maybe(parties)),
        supersedes=draw(many(ids)),
        acceding=draw(many(st.sampled_from(names))),
        **{key: draw(strategy) for key, strategy in provenance.items()},
    )


@st.composite
def instruments(draw: st.DrawFn, zone: str) -> Instrument:
    """An instrument as a file can say it, whether or not it makes sense in a record."""
    at = draw(stamps(zone))
    return Instrument(
        id=draw(ids),
        kind=draw(st.sampled_from(INSTRUMENT_KINDS)),
        by=draw(many(parties)),
        at=at,
        recorded=draw(st.just(at.instant) | instants),
        sent=draw(maybe(stamps(zone, lone=True))),
        targets=draw(many(ids)),
        text=draw(texts),
        item=draw(st.just("") | ids),
        topic=draw(st.just("") | topics),
        to=draw(many(ids)),
        purpose=draw(texts),
        until=draw(maybe(bounds)),
        condition=draw(texts),
        authority=draw(texts),
        contested=draw(st.booleans()),
        **{key: draw(strategy) for key, strategy in provenance.items()},
    )


def records(agreement: str, zone: str) -> st.SearchStrategy[Record]:
    """A record of instruments with different ids."""
    acts = st.lists(instruments(zone), max_size=3, unique_by=lambda one: one.id).map(tuple)
    return st.builds(Record, st.just(agreement), acts, maybe(bounds))


accredited = st.builds(Accredited, ids, lines, maybe(bounds), st.booleans())
facilities = st.builds(Facility, ids, lines, many(ids), st.booleans())
domestic_rules = st.builds(
    DomesticRule,
    ids,
    lines,
    lines,
    st.sampled_from(("caveat", "scope", "third-party")),
    many(ids),
    many(topics),
    many(lines),
    many(lines),
    many(st.sampled_from(sorted(ACTS))),
)
marks = st.builds(Mark, lines, lines, texts, texts, texts, st.booleans())


def _by_id(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2, unique_by=lambda one: one.id).map(tuple)


party_values = st.builds(
    Party,
    parties,
    st.dictionaries(st.sampled_from(("en", "no", "ko")), lines, min_size=1),
    st.lists(marks, max_size=3, unique_by=(lambda one: one.mark, lambda one: one.rank)).map(tuple),
    _by_id(facilities),
    _by_id(accredited),
    _by_id(accredited),
    _by_id(domestic_rules),
    st.sampled_from(ZONES),
)


@st.composite
def person_values(draw: st.DrawFn) -> Person:
    """A person, cleared or not; an end of the clearance only where there is one."""
    clearance = draw(maybe(lines))
    flags = st.booleans()
    return Person(
        draw(ids),
        draw(parties),
        draw(st.just("") | parties),
        clearance,
        draw(maybe(bounds)) if clearance else None,
        draw(many(topics)),
        draw(st.just("") | ids),
        draw(maybe(st.builds(Assurance, parties, instants, flags, flags, flags))),
    )


caveats = st.builds(Caveats, maybe(many(parties)), st.booleans(), st.booleans(), maybe(many(ids)))
payloads = st.builds(Payload, lines, texts) | st.builds(Payload, lines, file=st.sampled_from(("a.pdf", "010", "no")))
item_values = st.builds(
    Item,
    ids,
    lines,
    parties,
    lines,
    topics,
    lines,
    caveats,
    maybe(payloads),
    maybe(stamps("UTC", lone=True)),
    **provenance,
)


@st.composite
def chronicle_entries(draw: st.DrawFn) -> ChronicleEntry:
    """An entry that says something, by itself or through claims."""
    zone = draw(st.sampled_from(ZONES))
    said_in = st.dictionaries(st.sampled_from(["ko", "ja", "de"]), lines).map(lambda said: tuple(said.items()))
    claims = draw(st.lists(st.builds(Claim, parties, lines, texts, st.booleans(), said_in), max_size=2).map(tuple))
    return ChronicleEntry(
        id=draw(ids),
        kind=draw(st.sampled_from(ENTRY_KINDS)),
        at=draw(stamps(zone)),
        by=draw(many(parties)),
        speaker=draw(texts),
        about=draw(many(ids)),
        says=draw(texts if claims else lines),
        claims=claims,
        until=draw(maybe(stamps(zone, lone=True))),
        handled=draw(texts),
        place=draw(texts),
        count=draw(maybe(st.integers(0, 10**9 - 1))),
        needs=draw(many(ids)),
        ends=draw(many(ids)),
        said_in=draw(said_in),
        **{key: draw(strategy) for key, strategy in provenance.items()},
    )
