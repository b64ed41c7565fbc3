"""Files of each kind: one with every key that DESIGN 4, 5 and 7 give it, and a small sound dossier to be broken."""

from __future__ import annotations

from typing import Final

from relto.core.errors import InputError

FULL: Final = {
    "agreement": """
relto: agreement/1
id: full
version: 2
title: t
parties: [KOR, JPN]
acceding: [JPN]
binding: arrangement
zone: Asia/Seoul
authentic: [en, ko]
depositary: KOR
hub: JPN
supersedes: [old]
entry_into_force: {article: "1", when: signature, source: s, note: n, unconfirmed: true}
term:
  article: "2"
  initial: P1Y
  renewal: P1Y
  notice: {period: P90D, anchor: before-term-end, counts_from: receipt, source: s, note: n}
  source: s
  note: n
  unconfirmed: true
survival: {article: "3", keep: all, source: s, note: n, unconfirmed: true}
readings: {KOR: {suspended_notice: no-term, source: s, note: n, unconfirmed: true}}
levels:
  article: "4"
  source: s
  note: n
  unconfirmed: true
  ranks:
    - {rank: SECRET, KOR: [a], JPN: [b, c], source: s, note: n, unconfirmed: true}
    - {rank: RESTRICTED, KOR: [d], treat_as: {JPN: SECRET}}
scope: {article: "5", topics: [defence], source: s, note: n, unconfirmed: true}
third_party: {article: "6", rule: originator-consent, source: s, note: n, unconfirmed: true}
purpose: {article: "7", rule: as-provided, source: s, note: n, unconfirmed: true}
persons:
  articles: {clearance: "8", need_to_know: "8", facility: "8", assurance: "8", system: "8", contractor: "8"}
  clearance_from: SECRET
  nationality: {article: "9", rule: originator-consent, source: s, note: n, unconfirmed: true}
  source: s
  note: n
duties: [{article: "10", on: receipt, do: mark-origin, within: PT72H, to: originator, source: s, note: n}]
witnesses: {article: "11", quorum: 1, source: s, note: n, unconfirmed: true}
source: s
unconfirmed: true
note: n
""",
    "record": """
relto: record/1
agreement: full
confirmed_until: 2025-08-25
source: s
note: n
instruments:
  - {id: a, kind: consent, by: [KOR], at: 2019-08-23, sent: 2019-08-22, recorded: 2019-08-24, precision: month,
     targets: [b], text: "sha256:0", item: i, topic: defence, to: [USA], purpose: p, until: 2020-01-01, condition: c,
     authority: d, contested: true, source: s, unconfirmed: true, note: n}
""",
    "party": """
relto: party/1
id: JPN
name: {en: Japan, ja: 日本国}
zone: Asia/Tokyo
marks: [{mark: 極秘, rank: SECRET, roman: Gokuhi, english: e, abbreviation: g, source: s, unconfirmed: true, note: n}]
facilities: [{id: f, ceiling: SECRET, register: [p], source: s, unconfirmed: true, note: n}]
systems: [{id: s, ceiling: SECRET, until: 2027-01-01, source: s, unconfirmed: true, note: n}]
contractors: [{id: c, ceiling: SECRET, until: 2027-01-01T00:00Z, source: s, unconfirmed: true, note: n}]
domestic: [{id: d, citation: c, says: s, check: scope, to: [KOR], topics: [a], ranks: [SECRET], purposes: [p],
            acts: [release], source: s, unconfirmed: true, note: n}]
two_person: {citation: c, says: s, topics: [a], ranks: [SECRET], source: s, unconfirmed: true, note: n}
source: s
unconfirmed: true
note: n
""",
    "person": """
relto: person/1
id: p
name: n
party: JPN
nationality: JPN
clearance: {rank: SECRET, until: 2020-12-31, source: s, unconfirmed: true, note: n}
need_to_know: [defence/dprk]
facility: f
assurance: {by: JPN, at: 2019-11-01T00:00Z, clearance: true, need_to_know: true, protection: true}
source: s
unconfirmed: true
note: n
""",
    "chronicle": """
relto: chronicle/1
zone: Asia/Seoul
title: t
source: s
note: n
entries:
  - {id: a, kind: incident, by: [KOR], speaker: p, at: 2019-11, precision: year, zone: Asia/Tokyo, until: 2020,
     about: [full], says: s,
     claims: [{by: JPN, says: s, source: s, unconfirmed: true, note: n}], handled: h, place: p, count: 010, source: s,
     unconfirmed: true, note: n}
""",
    "items": """
relto: item/1
id: i
title: t
originator: KOR
mark: a
topic: defence
purpose: p
caveats: {rel_to: [], orcon: true, no_contractor: true, eyes: [x]}
payload: {type: document, text: t}
at: 2019
source: s
unconfirmed: true
note: n
""",
}

AGREEMENT, RECORD = "agreements/kor-jpn-2016.yaml", "records/kor-jpn-2016.yaml"
KOR, JPN, ITEM, CHRONICLE = "parties/KOR.yaml", "parties/JPN.yaml", "items/launch.yaml", "chronicle/2019.yaml"
FILES: Final = {
    AGREEMENT: """\
relto: agreement/1
id: kor-jpn-2016
title: ROK-Japan agreement
parties: [KOR, JPN]
binding: treaty
zone: Asia/Seoul
entry_into_force: {article: "21(1)", when: last-notification}
term:
  article: "21(3)"
  initial: P1Y
  renewal: P1Y
  notice: {period: P90D, anchor: before-term-end}
survival: {article: "21(4)", keep: all}
readings:
  KOR: {suspended_notice: no-term}
levels:
  article: "4"
  ranks:
    - {rank: SECRET, KOR: [군사II급비밀], JPN: [極秘]}
    - {rank: CONFIDENTIAL, KOR: [군사III급비밀], JPN: [秘]}
scope: {article: "2(a)", topics: [defence]}
third_party: {article: "6(a)", rule: originator-consent}
purpose: {article: "6(c)", rule: as-provided}
persons: {articles: {clearance: "7"}}
duties:
  - {article: "17", on: compromise, do: report, within: at-once, to: originator}
""",
    RECORD: """\
relto: record/1
agreement: kor-jpn-2016
instruments:
  - {id: sig, kind: signature, by: [KOR, JPN], at: 2016-11-23T10:00:00+09:00}
  - {id: notif, kind: notification, by: [KOR, JPN], at: 2016-11-23}
  - {id: n001, kind: termination-notice, by: [KOR], at: 2019-08-23T15:30:00+09:00, precision: day}
  - {id: n002, kind: suspension, targets: [n001], by: [KOR], at: 2019-11-22T17:30:00+09:00}
  - {id: n003, kind: withdrawal, targets: [n001, n002], by: [KOR], at: 2023-03-21T11:00:00+09:00}
""",
    KOR: """\
relto: party/1
id: KOR
marks:
  - {mark: 군사II급비밀, rank: SECRET}
  - {mark: 군사III급비밀, rank: CONFIDENTIAL}
facilities: [{id: yongsan, ceiling: SECRET}]
""",
    JPN: """\
relto: party/1
id: JPN
marks: [{mark: 極秘, rank: SECRET}, {mark: 秘, rank: CONFIDENTIAL}]
systems: [{id: net, ceiling: SECRET, until: 2027-01-01}]
""",
    ITEM: """\
relto: item/1
id: launch
originator: KOR
mark: 군사II급비밀
topic: defence/dprk
purpose: missile-warning
caveats: {rel_to: [JPN, USA]}
payload: {type: document, file: report.pdf}
""",
    CHRONICLE: """\
relto: chronicle/1
entries:
  - {id: s006, kind: statement, by: [JPN], at: 2019-11-18, about: [kor-jpn-2016], says: "..."}
""",
}


def one_line(error: InputError, place: str, says: str) -> None:
    """The whole message: the exact place first, one line that shows, a remedy behind a semicolon, exit 2."""
    message = str(error)
    assert message.startswith(f"{place}: "), message
    assert says in message
    assert message.isprintable(), message
    assert len(message) < 1000
    assert error.remedy
    assert message.endswith(f"; {error.remedy}")
    assert error.exit_code == 2
