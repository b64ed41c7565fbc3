"""The text of an agreement by article: what each article is about, and the rule that it makes, as a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from relto.core.agreement import Agreement
from relto.core.agreement.text import Duty, Survival
from relto.core.register import INSPECT
from relto.core.register.duty import AT_ONCE
from relto.core.timeline import Period, parse_hours, parse_period
from relto.serve.console.sentences import Said
from relto.serve.console.words import Tongue

Rule = tuple[str, str, str]
"""Article, what it is about, what it rules."""

_HOUR: Final = 3_600_000_000_000
_ON: Final = {"receipt": "on receipt", "compromise": "on loss or compromise", "purpose-ended": "once its purpose ends"}
_DO: Final = {
    "mark-origin": "mark its origin",
    "report": "report it",
    "return-or-destroy": "return or destroy it",
    "return": "return it",
    "destroy": "destroy it",
    "certify-destruction": "certify its destruction",
    "confirm-in-writing": "confirm it in writing",
    "no-copy-without-consent": "copy it only with consent",
    "investigate": "investigate it",
    "tell-measures": "tell the measures taken",
    INSPECT: "inspect it",
}
"""Duties that texts name; another stands as it is written there."""


def rules_of(tongue: Tongue, text: Agreement) -> list[Rule]:
    """The text by article, in the order of the articles."""
    found = [*_life(tongue, text), *_what(tongue, text), *_checks(tongue, text)]
    found += [(one.article, tongue.say("duty"), duty_text(tongue, one)) for one in text.duties]
    return sorted(found, key=lambda one: in_order(one[0]))


def in_order(article: str) -> tuple[bool, list[tuple[int, str]]]:
    """So that 4 stands before 21(3), and what is no number last."""
    parts = re.findall(r"\d{1,9}|\D+", article)
    return not article[:1].isdecimal(), [(int(one), "") if one.isdecimal() else (0, one) for one in parts]


def _life(tongue: Tongue, text: Agreement) -> Iterator[Rule]:
    """How it begins, how long it runs, how it ends, and what outlives it."""
    say, entry, term = tongue.say, text.entry, text.term
    month = {
        "signature": say("on the first day of month {count} after signature", count=entry.month),
        "last-notification": say("on the first day of month {count} after the last notification", count=entry.month),
    }
    begins = {
        "signature": say("on signature"),
        "last-notification": say("on the last party's notification"),
        "delivered": say("once it is delivered"),
        "deposits": say("after {count} deposits", count=entry.deposits),
        "first-of-month": month[entry.month_after],
        "instrument": say("as an instrument says"),
    }
    later = say(", {period} later", period=period(tongue, entry.after)) if entry.after is not None else ""
    yield entry.article, say("entry into force"), begins[entry.when] + later
    runs = say("without end")
    if isinstance(term.initial, Period):
        runs = period(tongue, term.initial)
    elif term.initial is not None:
        runs = say("until {day}", day=term.initial)
    if term.renewal is not None:
        runs += say(", renewed by {period} unless notice is given", period=period(tongue, term.renewal))
    if term.notice is not None:
        runs += say("; notice {period}", period=period(tongue, term.notice.period))
    yield term.article, say("term"), runs
    for party in text.parties:
        if party in text.readings:
            reads = {"no-term": say("no term runs"), "term-runs": say("the term runs on")}[text.readings[party]]
            yield term.article, say("a suspended notice, as {party} reads it", party=party), reads
    yield text.survival.article, say("after its end"), _survival(tongue, text.survival)


def _survival(tongue: Tongue, clause: Survival) -> str:
    say = tongue.say
    if clause.keep == "destroy":
        within = period(tongue, clause.destroy_within) if clause.destroy_within else ""
        said = say("destroyed within {period}", period=within) if within else say("destroyed")
        return said + (say(", with a certificate") if clause.certificate else "")
    kept = {
        "all": say("what was provided stays protected as before"),
        "articles": say("these articles stay: {articles}", articles=", ".join(clause.articles)),
        "until-released": say("protected until its originator releases it"),
        "while-classified": say("protected while it is classified"),
        "none": say("nothing is kept: returned or destroyed"),
    }
    return kept[clause.keep]


def _what(tongue: Tongue, text: Agreement) -> Iterator[Rule]:
    """What it covers, at which levels, for whom beyond its parties and for what; who witnesses."""
    say = tongue.say
    yield text.scope.article, say("scope"), ", ".join(text.scope.topics)
    if text.levels is not None:
        for row in text.levels.rows:
            marks = " = ".join(" / ".join(row.marks[party]) for party in text.parties if row.marks.get(party))
            yield text.levels.article, say("level {rank}", rank=row.rank), marks or "—"
    if text.third_party is not None:
        nations = ", ".join(text.third_party.nations)
        others = {
            "forbidden": say("passed on to nobody else"),
            "originator-consent": say("passed on only with the originator's consent"),
            "nations": say("passed on only to {nations}", nations=nations),
            "community": say("passed on within the community"),
        }
        yield text.third_party.article, say("third parties"), others[text.third_party.rule]
    if text.purpose is not None:
        only = ", ".join(text.purpose.only)
        uses = {
            "as-provided": say("used only for the purpose it was provided for"),
            "any": say("used for any purpose"),
            "only": say("used only for {purposes}", purposes=only),
        }
        yield text.purpose.article, say("purpose"), uses[text.purpose.rule]
    if text.witnesses is not None:
        asked = say("cosigned by {count} of the other parties", count=text.witnesses.quorum)
        yield text.witnesses.article, say("witnesses of a ledger"), asked


def _checks(tongue: Tongue, text: Agreement) -> Iterator[Rule]:
    """What it asks of persons, systems and contractors, each where an article asks for it."""
    say, asks = tongue.say, text.persons
    floor = say("from {rank} upwards", rank=asks.clearance_from) if asks.clearance_from else say("at every rank")
    found = (
        (asks.clearance, say("clearance of persons"), floor),
        (asks.need_to_know, say("need to know"), say("asked of each person")),
        (asks.facility, say("facility"), say("its ceiling holds, and the person is on its register")),
        (asks.assurance, say("assurance"), say("given before a hand-over")),
        (asks.nationality, say("nationals of neither party"), say("only with the originator's consent")),
        (asks.system, say("system"), say("accredited")),
        (asks.contractor, say("contractor"), say("approved")),
    )
    for article, about, rule in found:
        if article is not None:
            yield article, about, rule


def duty_said(tongue: Tongue, do: str) -> Said:
    """What a duty asks to be done, and the language that it is in: a code that no word is known for stands as it is."""
    return (tongue.say(_DO[do]), tongue.language) if do in _DO else (do, "en")


def duty_text(tongue: Tongue, one: Duty) -> str:
    """A duty of a text: when, what, how soon and towards whom."""
    parts = [f"{occasion_said(tongue, one.on)}: {duty_said(tongue, one.do)[0]}"]
    if one.within:
        parts.append(within_said(tongue, one.within))
    if one.to:
        parts.append(tongue.say("to the originator") if one.to == "originator" else one.to)
    return tongue.say(", ").join(parts)


def occasion_said(tongue: Tongue, on: str) -> str:
    """What starts a duty; a code that no word is known for stands as it is."""
    return tongue.say(_ON.get(on, on))


def within_said(tongue: Tongue, text: str) -> str:
    """How soon, by a text's own code: `PT24H`, `P30D`, `at-once`."""
    hours = parse_hours(text)
    if text == AT_ONCE:
        return tongue.say("at once")
    if hours is not None:
        return tongue.say("within {count} hours", count=hours // _HOUR)
    return tongue.say("within {period}", period=period(tongue, parse_period(text)))


def period(tongue: Tongue, of: Period) -> str:
    """A period in words: `1 year`, `90 days`."""
    years, months = divmod(of.months, 12)
    parts = [
        tongue.say("{count} years", count=years) if years > 1 else tongue.say("1 year") if years else "",
        tongue.say("{count} months", count=months) if months > 1 else tongue.say("1 month") if months else "",
        tongue.say("{count} days", count=of.days) if of.days > 1 else tongue.say("1 day") if of.days else "",
    ]
    return " ".join(part for part in parts if part)
