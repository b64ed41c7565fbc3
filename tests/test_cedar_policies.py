"""The policies that Cedar is given, as a lawyer reads them."""

from __future__ import annotations

from dataclasses import replace

import cedarpy

from relto.core.dossier import DomesticRule, Dossier
from relto.core.timeline import Day
from relto.formats.cedar import export_cedar
from tests.making import KOR, MISSILE, NOTICE, NOTIFIED, SIGNED, act, at, northeast_asia

THIRD_PARTY = """\
@id("kor-jpn-2016: third party, JPN, KOR")
@agreement("kor-jpn-2016")
@version("1")
@article("6(a)")
@check("third-party")
@rule("originator-consent")
forbid (principal, action, resource)
// 6(a): what one of JPN, KOR provided, JPN, KOR may not pass on
when {
  [Party::"JPN", Party::"KOR"].contains(context.provider)
  && [Party::"JPN", Party::"KOR"].contains(resource.originator)
  && resource.originator != context.provider
}
// home to its originator
unless { principal in resource.originator }
// consent c1 of KOR in the record of tisa-2014: item msl-2019-10-31 may go to USA, until 2019-12-31
unless { resource.originator == Party::"KOR" && resource.id == "msl-2019-10-31" && principal in Party::"USA" };"""
DIRECTION = """\
@id("kor-jpn-2016: KOR to JPN, SECRET")
@agreement("kor-jpn-2016")
@version("1")
@article("21(1), 2(a), 4, 6(c), 7, 7(2), 6(e)")
@standing("notice-given")
@marks("極秘, 特定秘密")
permit (principal in Party::"JPN", action, resource)
when { context.provider == Party::"KOR" }
// scope, 2(a): defence, and all below
when { resource.topic in Topic::"defence" }
// level, 4: 군사II급비밀 of KOR, and SECRET of anybody else, which JPN protects as 極秘 or 特定秘密
when {
  (resource.originator == context.provider
    && ["군사II급비밀"].contains(resource.mark))
  || (resource.originator != context.provider
    && resource has rank
    && resource.rank == Rank::"SECRET")
}
// purpose, 6(c): the one it is provided for
when { context.purpose == resource.purpose }
// clearance, 7: a person of JPN, cleared for SECRET, still
unless {
  context has person
  && !(context.person.party == Party::"JPN"
    && context.person has clearance
    && [Rank::"SECRET", Rank::"TOP SECRET"].contains(context.person.clearance)
    && !(context.person has until && context.person.until <= 1574035200000000000)
    && !(context.person has until_day && context.person.until_day <= datetime("2019-11-18")))
}
// need to know, 7(2): the topic, or one above it
unless { context has person && !(resource.topic in context.person.need_to_know) }
// facility, 6(e): a site of JPN for SECRET, the person on its register
unless {
  context has person
  && !(context has facility
    && context.facility in Party::"JPN"
    && [Rank::"SECRET", Rank::"TOP SECRET"].contains(context.facility.ceiling)
    && context.facility.register.contains(context.person.id))
}
// system: one of JPN accredited for SECRET, still
unless {
  context has system
  && !(context.system in Party::"JPN"
    && [Rank::"SECRET", Rank::"TOP SECRET"].contains(context.system.ceiling)
    && !(context.system has until && context.system.until <= 1574035200000000000)
    && !(context.system has until_day && context.system.until_day <= datetime("2019-11-18")))
}
// contractor: approved for SECRET, still
unless {
  principal has contractor
  && !([Rank::"SECRET", Rank::"TOP SECRET"].contains(principal.contractor.ceiling)
    && !(principal.contractor has until && principal.contractor.until <= 1574035200000000000)
    && !(principal.contractor has until_day && principal.contractor.until_day <= datetime("2019-11-18")))
};"""
DOMESTIC = """\
@id("domestic: KOR sea, to JPN")
@article("domestic:KOR: Secrets act, 8")
@check("caveat")
forbid (principal in Party::"JPN", action, resource)
// nothing of the sea
when { context.provider == Party::"KOR" }
when { resource.topic in Topic::"defence/maritime" }
// what JPN protects as SECRET
when {
  (resource.originator == context.provider
    && ["군사II급비밀"].contains(resource.mark))
  || (resource.originator != context.provider
    && resource has rank
    && resource.rank == Rank::"SECRET")
};"""


class TestReading:
    """What a lawyer sees."""

    NOVEMBER = at("2019-11-18T00:00Z")
    CONSENT = act(
        "c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("USA",), until=Day(2019, 12, 31)
    )

    def policy(self, dossier: Dossier, name: str) -> str:
        """One policy by its id."""
        text = export_cedar(dossier, self.NOVEMBER).policies
        return next(part for part in text.split("\n\n") if f'@id("{name}")' in part)

    def test_a_clause_is_one_policy_with_its_article_and_the_consent_on_record(self) -> None:
        found = self.policy(northeast_asia(self.CONSENT), "kor-jpn-2016: third party, JPN, KOR")
        assert found == THIRD_PARTY

    def test_a_direction_and_row_is_one_policy_clause_by_clause(self) -> None:
        found = self.policy(northeast_asia(), "kor-jpn-2016: KOR to JPN, SECRET")
        assert found == DIRECTION

    def test_a_domestic_rule_is_a_forbid_with_its_citation(self) -> None:
        rule = DomesticRule(
            "sea", "Secrets act, 8", "nothing of the sea", topics=("defence/maritime",), ranks=("SECRET",)
        )
        base = northeast_asia()
        dossier = replace(base, parties={**base.parties, "KOR": replace(KOR, domestic=(rule,))})
        assert self.policy(dossier, "domestic: KOR sea, to JPN") == DOMESTIC

    def test_after_the_lapse_only_what_a_holder_does_is_left(self) -> None:
        lapsed = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))
        text = export_cedar(lapsed, at("2019-11-23T00:00+09:00")).policies
        assert "KOR to JPN: lapsed, ended 2019-11-23 00:00 KST (article 21(3)); what was provided before may be" in text
        assert 'permit (principal in Party::"JPN", action in Action::"hold", resource)' in text
        assert "lapsed" not in export_cedar(lapsed, at("2019-11-22T14:59:59.999999999Z")).policies

    def test_what_people_typed_stays_within_its_literal(self) -> None:
        rule = DomesticRule("r", 'a "quoted"\\ act\npermit (principal, action, resource);', "line\u2028break\nnext")
        base = northeast_asia()
        dossier = replace(base, parties={**base.parties, "KOR": replace(KOR, domestic=(rule,))})
        export = export_cedar(dossier, self.NOVEMBER)
        assert cedarpy.validate_policies(export.policies, export.schema).validation_passed
        plain = export_cedar(base, self.NOVEMBER)
        assert len(cedarpy.PolicySet.from_str(export.policies)) == len(cedarpy.PolicySet.from_str(plain.policies)) + 1
