"""The properties hold for random dossiers as well: rules, holes, odd marks, lapses, firms, authorities, strangers."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from relto.core.agreement import Agreement, Purpose, Record, ThirdParty
from relto.core.decision.survey import survey
from relto.core.decision.table import compile_table
from relto.core.dossier import Accredited, DomesticRule, Dossier, recorded_span
from relto.core.label import Levels, RankRow
from relto.core.route.proof import PROPERTIES
from relto.core.timeline import Day
from relto.formats.verdicts import Vocabulary, span_json, verdict_lines
from tests.making import NOTICE, NOTIFIED, SIGNED, SUSPENSION, WITHDRAWAL, act, northeast_asia

RECORDS = (
    (SIGNED,),
    (SIGNED, NOTIFIED),
    (SIGNED, NOTIFIED, NOTICE),
    (SIGNED, NOTIFIED, NOTICE, SUSPENSION),
    (SIGNED, NOTIFIED, NOTICE, SUSPENSION, WITHDRAWAL),
)
DESIGNATED = act("des", "designation", ("JPN",), "2018-05-05T05:05Z", authority="jpn-agency")
ENDED = act("end", "withdrawal", ("JPN",), "2021-05-05T05:05Z", targets=["des"])
CONSENT = act("con", "consent", ("KOR",), "2019-01-01T00:00Z", to=("USA",), topic="defence")
PARTIES = ("KOR", "JPN", "USA")


def _text(chance: random.Random, text: Agreement) -> Agreement:
    rules = ("forbidden", "originator-consent", "nations", "community")
    third = ThirdParty("tp", chance.choice(rules), nations=("JPN", "USA"))  # type: ignore[arg-type]
    purpose = Purpose("pp", chance.choice(("as-provided", "any", "only")), only=("warning", "study"))
    return replace(
        text,
        third_party=chance.choice((None, third)),
        purpose=chance.choice((None, purpose)),
        levels=_levels(chance, text.levels) if text.levels else None,
        persons=replace(text.persons, contractor=chance.choice((None, "16")), nationality=chance.choice((None, "n"))),
    )


def _levels(chance: random.Random, levels: Levels) -> Levels:
    rows = []
    for row in levels.rows:
        marks = {party: column for party, column in row.marks.items() if chance.random() < 0.8}
        treat = {party: chance.choice(levels.rows).rank for party in row.marks if party not in marks}
        rows.append(RankRow(row.rank, marks, treat if chance.random() < 0.5 else {}))
    if chance.random() < 0.3:  # a mark in another row than its rank's
        rows[-1] = replace(rows[-1], marks={**rows[-1].marks, "JPN": ("秘", "極秘")})
        rows[0] = replace(rows[0], marks={party: column for party, column in rows[0].marks.items() if party != "JPN"})
    return replace(levels, rows=tuple(rows[: chance.randint(1, len(rows))]))


def _dossier(chance: random.Random) -> Dossier:
    extra = [one for one in (DESIGNATED, CONSENT) if chance.random() < 0.5]
    extra += [ENDED] if DESIGNATED in extra and chance.random() < 0.5 else []
    dossier = northeast_asia(*extra, record=chance.choice(RECORDS))
    agreements = {name: tuple(_text(chance, one) for one in texts) for name, texts in dossier.agreements.items()}
    parties = dict(dossier.parties)
    rule = DomesticRule(
        "d",
        "an act",
        "says no",
        check=chance.choice(("caveat", "scope", "level")),
        to=chance.choice(((), ("JPN",), ("jpn-firm-1",))),
        topics=chance.choice(((), ("defence/dprk",))),
        ranks=chance.choice(((), ("SECRET",))),
        purposes=chance.choice(((), ("study",))),
        acts=chance.choice(((), ("release", "copy"))),
    )
    firm = Accredited("kor-firm", chance.choice(("SECRET", "ODD")), chance.choice((None, Day(2019, 9, 1))))
    parties["KOR"] = replace(parties["KOR"], domestic=(rule,) * chance.randint(0, 1), contractors=(firm,))
    if chance.random() < 0.2:
        del parties[chance.choice(PARTIES)]  # a party of which only the texts tell
    records = dict(dossier.records)
    if chance.random() < 0.3:
        records["usa-kor-1987"] = Record("usa-kor-1987", ())
    return replace(dossier, agreements=agreements, parties=parties, records=records, items={})


@pytest.mark.parametrize("seed", range(8))
def test_every_property_holds(seed: int) -> None:
    chance = random.Random(seed)
    dossier = _dossier(chance)
    reading = chance.choice((None, *dossier.parties))
    table = compile_table(dossier, *recorded_span(dossier), reading, bits=chance.choice((None, 5)))
    for prover in PROPERTIES.values():
        assert prover(table).counterexample is None
    spans = list(survey(table))
    axes = table.ground.axes
    assert list(verdict_lines(spans, Vocabulary(axes.topics, axes.purposes)))
    assert all(span_json(span)["start"] for span in spans)
