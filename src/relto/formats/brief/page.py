"""A brief laid out: sections of lines, each with who, what, since when and from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from relto.core.analysis import AgreementBrief, Brief, Condition, Deadline
from relto.core.dossier import ChronicleEntry, Claim, Party
from relto.core.timeline import format_local
from relto.formats.brief.words import WORDS, Language, Words


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: `head` says when and who, `text` what, in `language`; `source` where it is from. `level` 1 stands
    under the line before it."""

    head: str
    text: str
    language: str
    source: str = ""
    unconfirmed: bool = False
    level: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines, or that there are none."""

    key: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A brief in one language."""

    language: Language
    title: str
    words: Words
    sections: tuple[Section, ...]


def page_of(told: Brief, parties: Mapping[str, Party], language: Language = "en") -> Page:
    """Lay a brief out. `parties`: for their names, where the language is not English (there the codes stand)."""
    words = WORDS[language]
    writer = _Writer(words, parties)
    at = words.instant(told.at, told.zone)
    utc = words.instant(told.at, "UTC")
    title = words.title.format(at=at if at == utc else f"{at} ({utc})")
    sections: dict[str, Sequence[Line]] = {
        "due": [writer.due(told, one) for one in told.due],
        "statements": [line for one in reversed(told.statements) for line in writer.entry(one)],
        "conditions": [line for one in told.conditions for line in writer.condition(one)],
        "meetings": [line for one in reversed(told.meetings) for line in writer.entry(one)],
        "incidents": [line for one in reversed(told.incidents) for line in writer.entry(one)],
        "measures": [line for one in reversed(told.measures) for line in writer.entry(one)],
        "exchanges": [line for one in reversed(told.exchanges) for line in writer.entry(one)],
    }
    standing = Section("standings", "", tuple(line for one in told.agreements for line in writer.agreement(one)))
    rest = tuple(Section(key, words.sections[key], tuple(lines)) for key, lines in sections.items())
    return Page(language, title, words, (standing, *rest))


class _Writer:
    def __init__(self, words: Words, parties: Mapping[str, Party]) -> None:
        self._words, self._parties = words, parties

    def _name(self, party: str) -> str:
        found = self._parties.get(party)
        if self._words.language == "en" or found is None:
            return party
        return found.name.get(self._words.language) or party

    def _said(self, says: str, said_in: tuple[tuple[str, str], ...]) -> tuple[str, str, str]:
        """What was said, its language, and a note where that is not the page's."""
        language = self._words.language
        if language == "en":
            return says, "en", ""
        found = dict(said_in).get(language)
        return (found, language, "") if found else (says, "en", self._words.only_in)

    def agreement(self, one: AgreementBrief) -> Iterator[Line]:
        """Its standing, and how others read it."""
        unsure = any(ground.unconfirmed for ground in one.standing.grounds)
        cited = [
            f"{self._words.cited(ground.article)} {ground.instrument}".strip() for ground in one.standing.grounds[-1:]
        ]
        source = "; ".join([*cited, *([one.source] if one.source else [])])
        head = f"{one.standing.agreement}  {one.title}"
        yield Line(head, self._words.sentence(one.standing, one.zone), self._words.language, source, unsure)
        for party, standing in one.read:
            said = self._words.sentence(standing, one.zone)
            text = self._words.reads.format(party=self._name(party), said=said)
            yield Line("", text, self._words.language, source, level=1)

    def due(self, told: Brief, one: Deadline) -> Line:
        """A deadline: when, how soon, under which agreement and article."""
        words = self._words
        at = words.instant(one.at, one.zone)
        if words.language == "en":
            utc = format_local(one.at, "UTC")
            at = at if at == utc else f"{at} ({utc})"
        head = f"{at}  {words.due_in.format(left=words.left(told.at, one.at))}"
        article = words.cited(one.article)
        text = f"{one.agreement}  {words.deadline(one)}" if one.agreement else words.deadline(one)
        return Line(head, text, words.language, article, one.unconfirmed)

    def entry(self, one: ChronicleEntry) -> Iterator[Line]:
        """An entry under who said or did it; the claims of an incident stand below it, side by side."""
        words = self._words
        who = words.conjunction.join(self._name(party) for party in one.by)
        who += f", {one.speaker}" if one.speaker else ""
        says, language, note = self._said(one.says, one.said_in)
        if not says:
            says = f"{one.kind}: {' and '.join(one.about)}"
        handled = f" ({words.handled.get(one.handled, one.handled)})" if one.handled else ""
        head = f"{words.stamp(one.at)}  {who or words.on_record}"
        yield Line(head, says + handled, language, one.source, one.unconfirmed, note=note)
        for claim in one.claims:
            yield self._claim(claim)

    def _claim(self, claim: Claim) -> Line:
        says, language, note = self._said(claim.says, claim.said_in)
        text = self._words.says.format(by=self._name(claim.by), says=says)
        return Line("", text, language, claim.source, claim.unconfirmed, level=1, note=note)

    def condition(self, one: Condition) -> Iterator[Line]:
        """What stands on a condition, and whether that is met."""
        words = self._words
        state = {True: words.met, False: words.not_met, None: words.open}[one.met]
        says, language, note = self._said(one.says, one.entry.said_in if one.entry else ())
        who = words.conjunction.join(self._name(party) for party in one.by)
        who += f", {one.entry.speaker}" if one.entry and one.entry.speaker else ""
        who += f", {one.agreement} {one.instrument}" if one.instrument else ""
        text = f"[{state}] {says}"
        yield Line(f"{words.stamp(one.at)}  {who}", text, language, one.source, one.unconfirmed, note=note)
        for measure, ended in one.measures:
            said, language, note = self._said(measure.says, measure.said_in)
            form = words.measure_stands if ended is None else words.measure_ended
            told = form.format(says=said, at=words.stamp(ended.at) if ended else "")
            source = measure.source if ended is None else ended.source
            yield Line("", told, language, source, measure.unconfirmed, level=1, note=note)
