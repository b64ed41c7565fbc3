"""One file of each kind with every key that DESIGN 4, 5 and 7 give it."""

from __future__ import annotations

from typing import Final

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
