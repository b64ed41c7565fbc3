"""The Cedar schema (Cedar docs: human-readable schema format): the kinds of things the policies speak of."""

from __future__ import annotations

from typing import Final

from relto.core.decision import ACTS

PROVIDING: Final = ("release", "disclose", "forward")
HOLDING: Final = ("copy", "translate", "use")
assert set(PROVIDING) | set(HOLDING) == set(ACTS)

SCHEMA: Final = """\
// Who gets it: a party, or a body of one (a contractor, a designated authority), which stands below its party.
entity Party in [Party] {
  contractor?: Approval,
};

// An approval up to a rank. It ends at `until` (nanoseconds since 1970, UTC) or on `until_day` in the zone of the text.
type Approval = {
  ceiling: Rank,
  until?: Long,
  until_day?: datetime,
};

// A common level of classification. Which is above which is the matter of each text, so the policies say it.
entity Rank;

// A topic stands below the one it is part of: defence/dprk/missile in defence/dprk in defence.
entity Topic in [Topic];

entity Purpose;

entity Facility in [Party] {
  ceiling: Rank,
  register: Set<String>,
};

entity System in [Party] {
  ceiling: Rank,
  until?: Long,
  until_day?: datetime,
};

entity Person {
  id: String,
  party: Party,
  nationality?: String,
  clearance?: Rank,
  until?: Long,
  until_day?: datetime,
  need_to_know: Set<Topic>,
  assurance?: {
    by: Party,
    at: Long,
    clearance: Bool,
    need_to_know: Bool,
    protection: Bool,
  },
};

// What is released. `mark` is the originator's own, `rank` what its party file says that mark stands for.
entity Item {
  id: String,
  originator: Party,
  mark: String,
  rank?: Rank,
  topic: Topic,
  purpose: Purpose,
  rel_to?: Set<Party>,
  orcon: Bool,
  no_contractor: Bool,
  eyes?: Set<String>,
};

// `provider`: the sender; for what a holder does with an item it has, the originator it has it from.
// `facility` and `system`: the recipient's, by the names that the person and the request give.
type Question = {
  provider: Party,
  purpose: Purpose,
  person?: Person,
  facility?: Facility,
  system?: System,
};

// To provide is to give anew; to hold is what a holder does with an item it already has.
action provide, hold;

action release, disclose, forward in [provide] appliesTo {
  principal: [Party],
  resource: [Item],
  context: Question,
};

action copy, translate, use in [hold] appliesTo {
  principal: [Party],
  resource: [Item],
  context: Question,
};
"""
