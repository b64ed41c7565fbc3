"""Two sides of an agreement held against each other: what was permitted and is refused, and the reverse, by article.

A side is the record as it is, the record at one of its turns, a version of the text, or another agreement's text in
its place. The page is asked for by its address alone, so an answer can be sent to a colleague.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from relto.core.agreement import Agreement, State
from relto.core.decision.difference import (
    Cause,
    Change,
    Difference,
    Requirement,
    Scale,
    Side,
    answer,
    causes_named,
    purpose_groups,
    rank_rows,
    settle,
    ways_said,
)
from relto.core.decision.request import ACTS
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Instant, first_instant, local_day, parse_instant
from relto.core.timeline.day import Day
from relto.serve.console.clauses import in_order
from relto.serve.console.page import Page
from relto.serve.console.requirements import rule_said, subject_said
from relto.serve.console.sentences import Said
from relto.serve.console.visiting import Visit

_MOST_TURNS: Final = 40
Choice = tuple[str, str]
"""What the address says, and what it is in words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What else is asked on one side alone, in the page's language: what it is about, and on each side."""

    rule: Requirement
    about: Said
    before: Said
    after: Said


@dataclass(frozen=True, slots=True)
class Turned:
    """What becomes or ceases to be permitted alike: in words, and what decides."""

    change: Change
    says: str
    causes: tuple[Cause, ...]


def page(visit: Visit) -> Page:
    """The form, and the difference between the two sides that are chosen."""
    visit.need("see-agreements")
    dossier, name = visit.dossier(), str(visit.request.path_params["agreement"])
    text = dossier.versions(name)[0]
    choices = _choices(visit, dossier, text)
    known = {value: said for group in choices for value, said in group[1]}
    first, second = visit.asked("from") or "record", visit.asked("to") or _after(visit, dossier, text)
    asked = settle(dossier, (_side(dossier, text, first), _side(dossier, text, second)), now=visit.at)
    found = answer(asked)
    given = {
        "text": text,
        "choices": choices,
        "known": known,
        "first": first,
        "second": second,
        "named": (known.get(first, first), known.get(second, second)),
        "asked": asked,
        "found": found,
        "articles": articles(visit, found),
        "rules": [_told(visit, one) for one in rules(found)],
        "begin": sum(one.count for one in found.begins),
        "cease": sum(one.count for one in found.ceases),
    }
    return Page("difference.html", visit.tongue.say("Difference"), given)


def _choices(visit: Visit, dossier: Dossier, text: Agreement) -> list[tuple[str, list[Choice]]]:
    """What may be compared: the record now and at each of its turns, the versions, the other agreements."""
    say, words = visit.tongue.say, visit.tongue.words
    record: list[Choice] = [("record", say("the record at the instant looked at"))]
    versions = dossier.versions(text.id)
    for at, state, number in _turns(visit, dossier, text):
        governs = f", {say('version {number}', number=number)}" if len(versions) > 1 else ""
        record.append((str(at), f"{words.instant(at, text.zone)}: {words.states[state]}{governs}"))
    groups = [(say("The record"), record)]
    if len(versions) > 1:
        told = [(f"v{one.version}", say("version {number}", number=one.version)) for one in versions]
        groups.append((say("Versions of the text"), told))
    others = [(f"other:{one}", of[0].title) for one, of in sorted(dossier.agreements.items()) if one != text.id]
    return [*groups, (say("Another agreement in its place"), others)] if others else groups


def _turns(visit: Visit, dossier: Dossier, text: Agreement) -> list[tuple[Instant, State, int]]:
    """When the state of the agreement turned, or will, or another version came to govern it, as the own party reads
    it; the last of them."""
    history = dossier.history(text.id, reading=visit.node.party if visit.node.party in text.parties else None)
    year = min(max(local_day(visit.at, text.zone).year, 1903), 9990)
    start = history.first_in_force() or visit.at
    end = first_instant(Day(year + 3, 1, 1), text.zone)
    standings = ((one.start, one.standing) for one in history.timeline(min(start, visit.at), end))
    found = [(at, standing.state, standing.version) for at, standing in standings]
    turns = [one for number, one in enumerate(found) if number == 0 or one[1:] != found[number - 1][1:]]
    return turns[-_MOST_TURNS:]


def _after(visit: Visit, dossier: Dossier, text: Agreement) -> str:
    """What to compare with where nothing is chosen: the newest version, else the next turn, else the last."""
    newest = dossier.versions(text.id)[-1].version
    if newest > 1:
        return f"v{newest}"
    turns = [at for at, *_ in _turns(visit, dossier, text)]
    return str(next((at for at in turns if at > visit.at), turns[-1] if turns else visit.at))


def _side(dossier: Dossier, text: Agreement, asked: str) -> Side:
    """What the address names. Raises InputError, NotFound."""
    if asked == "record":
        return Side(asked, text.id, "record")
    if asked.startswith("other:"):
        other = dossier.versions(asked.removeprefix("other:"))[0]
        return Side(asked, text.id, "file", text=replace(other, id=text.id))
    if asked.startswith("v"):
        found = next((one for one in dossier.versions(text.id) if f"v{one.version}" == asked), None)
        if found is None:
            raise InputError(f"`{text.id}` has no version `{asked[1:40]}`", remedy="choose one that is listed")
        return Side(asked, text.id, "version", text=found)
    return Side(asked, text.id, "date", at=parse_instant(asked))


def articles(visit: Visit, found: Difference) -> list[tuple[str, list[Turned]]]:
    """What may be released on one side alone, by the article that decides, in the order of their numbers."""
    alike: dict[tuple[object, ...], list[Change]] = {}
    for one in found.changes:
        said = _sentence(visit, one, found.scale)
        alike.setdefault((one.direction, said, causes_named(one), one.otherwise), []).append(one)
    kept: dict[str, list[Turned]] = {}
    for ones in alike.values():
        causes = causes_named(ones[0])
        ways = "; ".join(ways_said(ones)).replace("<->", "↔").replace("->", "→")
        said = f"{ways}: {_sentence(visit, ones[0], found.scale)}"
        kept.setdefault(causes[0].article if causes else "", []).append(Turned(ones[0], said, causes))
    return sorted(kept.items(), key=lambda pair: in_order(pair[0]))


def rules(found: Difference) -> list[Requirement]:
    """What else is asked on one side alone, in the order of the articles; a rule that only moved is none."""
    moved = [one for one in found.requirements if one.before != one.after]
    return sorted(moved, key=lambda one: in_order(one.article_before or one.article_after))


def _told(visit: Visit, one: Requirement) -> Asked:
    before, after = (rule_said(visit.tongue, one, text) for text in (one.before, one.after))
    return Asked(one, subject_said(visit.tongue, one), before, after)


def _sentence(visit: Visit, one: Change, scale: Scale) -> str:
    """Topics, ranks, purposes and acts of a change, in the page's language."""
    say = visit.tongue.say
    topics = []
    for of in one.ranges:
        but = ", ".join(say("{topic} and below", topic=topic) for topic in of.but)
        whole = say("{topic} and below", topic=of.topic)
        topics.append(say("{topics} but not {but}", topics=whole, but=but) if but else whole)
    ranks: list[str] = []
    for row in rank_rows(one, scale):
        ranks += [say("{first} to {last}", first=row[0], last=row[-1])] if len(row) > 2 else row
    ranks += [say("the mark {mark}", mark=mark) for mark in one.marks]
    acts = say("every act") if len(one.acts) == len(ACTS) else ", ".join(say(act) for act in one.acts)
    return "; ".join((", ".join(topics), ", ".join(ranks), _purposes(visit, one, scale), acts))


def _purposes(visit: Visit, one: Change, scale: Scale) -> str:
    say, parts = visit.tongue.say, []
    for kind, names in purpose_groups(one, scale):
        listed = ", ".join(name or say("any other") for name in names)
        if kind == "either":
            parts.append(say("for {purposes}", purposes=listed) if names else say("for any purpose"))
        elif kind == "own":
            own = say("for its own purpose where that is {purposes}", purposes=listed)
            parts.append(own if names else say("for its own purpose"))
        else:
            other = say("for {purposes} instead of its own purpose", purposes=listed)
            parts.append(other if names else say("for another purpose than its own"))
    return ", ".join(parts)
