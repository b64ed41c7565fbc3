"""Makes texts, instruments, parties and items as values, with sane defaults, for tests of the pure core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from relto.core.agreement import (
    Agreement,
    Duty,
    Entry,
    Instrument,
    InstrumentKind,
    NoticeRule,
    Persons,
    Purpose,
    Record,
    Scope,
    Survival,
    Term,
    ThirdParty,
)
from relto.core.dossier import Accredited, Dossier, Facility, Item, Party, Person
from relto.core.label import Caveats, Levels, Mark, RankRow
from relto.core.timeline import Day, Instant, Stamp, parse_instant, parse_period

SEOUL = "Asia/Seoul"


def at(text: str) -> Instant:
    """Short for parse_instant."""
    return parse_instant(text)


def text_2016(**changes: Any) -> Agreement:
    """The text of 2016 as DESIGN 4 gives it."""
    base = Agreement(
        id="kor-jpn-2016",
        version=1,
        digest="sha256:" + "0" * 64,
        title="ROK-Japan agreement on the protection of classified military information",
        parties=("KOR", "JPN"),
        binding="treaty",
        zone=SEOUL,
        entry=Entry("21(1)", "last-notification"),
        term=Term(
            "21(3)", parse_period("P1Y"), parse_period("P1Y"), NoticeRule(parse_period("P90D"), "before-term-end")
        ),
        scope=Scope("2(a)", ("defence",)),
        survival=Survival("21(4)", "all"),
        readings={"KOR": "no-term", "JPN": "term-runs"},
        levels=Levels(
            "4",
            (
                RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘", "特定秘密")}),
                RankRow("CONFIDENTIAL", {"KOR": ("군사III급비밀",), "JPN": ("秘",)}),
            ),
        ),
        third_party=ThirdParty("6(a)", "originator-consent"),
        purpose=Purpose("6(c)", "as-provided"),
        persons=Persons(clearance="7", need_to_know="7(2)", facility="6(e)"),
        duties=(
            Duty("4(2)", "receipt", "mark-origin"),
            Duty("17", "compromise", "report", "at-once", "originator"),
            Duty("6(h)", "purpose-ended", "return-or-destroy"),
        ),
    )
    return replace(base, **changes)


def term(initial: str | None, renewal: str | None = None, notice: str | None = None, anchor: str = "") -> Term:
    """A term in article `T`: ISO periods, a date for a fixed end, None for indefinite."""
    start = None if initial is None else parse_period(initial) if initial.startswith("P") else Day.parse(initial)
    rule = NoticeRule(parse_period(notice), anchor) if notice else None  # type: ignore[arg-type]
    return Term("T", start, parse_period(renewal) if renewal else None, rule)


def act(name: str, kind: InstrumentKind, by: Sequence[str], when: str, **more: Any) -> Instrument:
    """An instrument at an exact instant."""
    instant = at(when)
    recorded = at(more.pop("recorded")) if "recorded" in more else instant
    if "sent" in more:
        more["sent"] = Stamp(at(more["sent"]), "instant", SEOUL)
    if "targets" in more:
        more["targets"] = tuple(more["targets"])
    return Instrument(name, kind, tuple(by), Stamp(instant, "instant", SEOUL), recorded, **more)


SIGNED = act("sig", "signature", ("KOR", "JPN"), "2016-11-23T10:00+09:00")
NOTIFIED = act("notif", "notification", ("KOR", "JPN"), "2016-11-23T12:00+09:00")
NOTICE = act("n001", "termination-notice", ("KOR",), "2019-08-23T15:30+09:00")
SUSPENSION = act("n002", "suspension", ("KOR",), "2019-11-22T17:30+09:00", targets=["n001"])
WITHDRAWAL = act("n003", "withdrawal", ("KOR",), "2023-03-21T11:00+09:00", targets=["n001", "n002"])
RECORD_2016 = (SIGNED, NOTIFIED, NOTICE, SUSPENSION, WITHDRAWAL)

KOR = Party(
    "KOR",
    {"en": "Republic of Korea"},
    (
        Mark("군사I급비밀", "TOP SECRET"),
        Mark("군사II급비밀", "SECRET"),
        Mark("군사III급비밀", "CONFIDENTIAL"),
    ),
)
JPN = Party(
    "JPN",
    {"en": "Japan"},
    (Mark("機密", "TOP SECRET"), Mark("極秘", "SECRET"), Mark("特定秘密", "SECRET"), Mark("秘", "CONFIDENTIAL")),
    facilities=(
        Facility("ichigaya", "SECRET", ("jpn-analyst-7",)),
        Facility("annex", "CONFIDENTIAL", ("jpn-analyst-7",)),
    ),
    systems=(Accredited("ichigaya-net", "SECRET", Day.parse("2027-01-01")),),
    contractors=(Accredited("jpn-firm-1", "CONFIDENTIAL", Day.parse("2020-01-01")),),
)
USA = Party(
    "USA",
    {"en": "United States"},
    (Mark("TOP SECRET", "TOP SECRET"), Mark("SECRET", "SECRET"), Mark("CONFIDENTIAL", "CONFIDENTIAL")),
)

MISSILE = Item(
    id="msl-2019-10-31",
    title="Two short-range launches, 31 Oct 2019",
    originator="KOR",
    mark="군사II급비밀",
    topic="defence/dprk/missile",
    purpose="missile-warning",
    caveats=Caveats(rel_to=("KOR", "JPN", "USA")),
)
ANALYST = Person(
    id="jpn-analyst-7",
    party="JPN",
    nationality="JPN",
    clearance="SECRET",
    clearance_until=Day.parse("2020-12-31"),
    need_to_know=("defence/dprk",),
    facility="ichigaya",
)


def _three_levels(first: str, marks: Mapping[str, tuple[tuple[str, ...], ...]]) -> Levels:
    ranks = ("TOP SECRET", "SECRET", "CONFIDENTIAL")
    rows = tuple(RankRow(rank, {p: column[n] for p, column in marks.items()}) for n, rank in enumerate(ranks))
    return Levels(first, rows)


_KOR3 = (("군사I급비밀",), ("군사II급비밀",), ("군사III급비밀",))
_JPN3 = (("機密",), ("極秘", "特定秘密"), ("秘",))
_USA3 = (("TOP SECRET",), ("SECRET",), ("CONFIDENTIAL",))


def northeast_asia(*extra: Instrument, record: tuple[Instrument, ...] = RECORD_2016) -> Dossier:
    """Three parties, two bilaterals beside the text of 2016, and the trilateral arrangement; `extra` in its record."""
    indefinite = term(None, None, "P90D", "after-receipt")
    usa_kor = text_2016(
        id="usa-kor-1987",
        parties=("USA", "KOR"),
        entry=Entry("1", "signature"),
        term=indefinite,
        readings={},
        third_party=ThirdParty("3", "originator-consent"),
        levels=_three_levels("2", {"USA": _USA3, "KOR": _KOR3}),
    )
    usa_jpn = replace(
        usa_kor,
        id="usa-jpn-2007",
        parties=("USA", "JPN"),
        third_party=ThirdParty("6(b)", "originator-consent"),
        levels=_three_levels("3", {"USA": _USA3, "JPN": _JPN3}),
    )
    tisa = replace(
        usa_kor,
        id="tisa-2014",
        parties=("KOR", "JPN", "USA"),
        binding="arrangement",
        entry=Entry("9", "delivered"),
        levels=None,
        third_party=None,
        purpose=None,
        scope=Scope("1", ("defence/dprk/missile", "defence/dprk/nuclear")),
        basis=("usa-kor-1987", "usa-jpn-2007"),
        hub="USA",
    )
    records = {
        "kor-jpn-2016": Record("kor-jpn-2016", record),
        "usa-kor-1987": Record("usa-kor-1987", (act("s", "signature", ("USA", "KOR"), "1987-09-24T00:00+09:00"),)),
        "usa-jpn-2007": Record("usa-jpn-2007", (act("s", "signature", ("USA", "JPN"), "2007-08-10T00:00+09:00"),)),
        "tisa-2014": Record(
            "tisa-2014",
            (
                act("s1", "signature", ("USA",), "2014-12-23T00:00+09:00"),
                act("s2", "signature", ("KOR", "JPN"), "2014-12-26T00:00+09:00"),
                act("d", "delivery", ("KOR", "JPN"), "2014-12-29T00:00+09:00"),
                *extra,
            ),
        ),
    }
    texts = (text_2016(), usa_kor, usa_jpn, tisa)
    return Dossier(
        agreements={text.id: (text,) for text in texts},
        records=records,
        parties={"KOR": KOR, "JPN": JPN, "USA": USA},
        items={MISSILE.id: MISSILE},
    )


def pact(*more: Agreement, parties: Iterable[Party] = (KOR, JPN, USA), **changes: Any) -> Dossier:
    """The pact of 2016 with these changes, and whatever other agreements came into force on the same day."""
    texts = (text_2016(**changes), *more)
    return replace(
        northeast_asia(),
        agreements={text.id: (text,) for text in texts},
        records={text.id: Record(text.id, (SIGNED, NOTIFIED)) for text in texts},
        parties={party.id: party for party in parties},
    )
