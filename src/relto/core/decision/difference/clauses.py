"""Two texts, clause by clause: what changes beside the combinations that may be released."""

from __future__ import annotations

from collections.abc import Iterator

from relto.core.agreement import Agreement, Duty, Survival, Term, ThirdParty
from relto.core.decision.difference.change import Requirement
from relto.core.label import RankRow

Told = tuple[str, str]
"""An article, and what it says in short; both empty where the text has no such clause."""

_CHECKS = {
    "need_to_know": "need-to-know of persons",
    "facility": "facility of persons",
    "assurance": "assurance for persons",
    "system": "accredited system",
    "contractor": "approved contractor",
}


def changed_clauses(before: Agreement, after: Agreement) -> Iterator[Requirement]:
    """Each clause that differs, in the order of an agreement's file."""
    told = zip(_clauses(before), _clauses(after), strict=True)
    for (what, was), (_, now) in told:
        if was != now:
            yield Requirement(what, after.id, was[0], now[0], was[1], now[1])
    yield from _rows(before, after)
    for party in dict.fromkeys((*before.readings, *after.readings)):
        if before.reading_of(party) != after.reading_of(party):
            article = (before.term.article, after.term.article)
            yield Requirement(
                f"a suspended notice as {party} reads it",
                after.id,
                *article,
                before.reading_of(party),
                after.reading_of(party),
            )
    yield from _duties(before, after)


def _clauses(text: Agreement) -> Iterator[tuple[str, Told]]:
    """What every text has, or may have, once: always the same names in the same order."""
    yield "parties", ("", ", ".join(text.parties))
    yield "zone", ("", text.zone)
    yield "entry into force", (text.entry.article, _entry(text))
    yield "term", (text.term.article, _term(text.term))
    yield "notice", (text.term.article, _notice(text.term))
    yield "survival", (text.survival.article, _survival(text.survival))
    if text.mediates:
        hub = f", through {text.hub}" if text.hub else ""
        yield "mediated scope", (text.scope.article, ", ".join(text.scope.topics))
        yield "basis", (text.scope.article, ", ".join(text.basis) + hub)
    else:
        yield "mediated scope", ("", "")
        yield "basis", ("", "")
    yield "third party", _third_party(text.third_party)
    persons = text.persons
    yield "clearance of persons", _clearance(text, persons.clearance, "asked")
    for field, what in _CHECKS.items():
        article = getattr(persons, field)
        yield what, ("", "") if article is None else (article, "asked")
    yield "nationals of neither party", _clearance(text, persons.nationality, "the originator's consent is asked")
    rule = text.witnesses
    asked = "" if rule is None else f"{rule.quorum} of the other parties"
    yield "witnesses of a party's ledger", ("", "") if rule is None else (rule.article, asked)


def _entry(text: Agreement) -> str:
    clause = text.entry
    said: str = clause.when
    if clause.when == "deposits":
        said = f"{clause.deposits} deposits" + (f", {clause.after} after" if clause.after else "")
        said += ", each party from its own" if clause.per_party else ""
    elif clause.when == "first-of-month":
        said = f"first day of month {clause.month} after {clause.month_after}"
    elif clause.when == "last-notification":
        said = f"last notification, by {clause.counted}"
    return said


def _term(term: Term) -> str:
    if term.initial is None:
        return "without end"
    renewed = f", then by {term.renewal}" if term.renewal else ", not renewed"
    return (f"{term.initial}" if str(term.initial).startswith("P") else f"until {term.initial}") + renewed


def _notice(term: Term) -> str:
    rule = term.notice
    return "ends it at once" if rule is None else f"{rule.period}, {rule.anchor}, from {rule.counts_from}"


def _survival(clause: Survival) -> str:
    if clause.keep == "articles":
        return f"articles {', '.join(clause.articles)}"
    if clause.keep == "destroy":
        within = f" within {clause.destroy_within}" if clause.destroy_within else ""
        return f"destroy{within}" + (", with a certificate" if clause.certificate else "")
    return clause.keep


def _third_party(clause: ThirdParty | None) -> Told:
    if clause is None:
        return "", ""
    return clause.article, clause.rule + (f" {', '.join(clause.nations)}" if clause.nations else "")


def _clearance(text: Agreement, article: str | None, asked: str) -> Told:
    if article is None:
        return "", ""
    floor = text.persons.clearance_from
    return article, f"{asked} from {floor} upwards" if floor else f"{asked} at every rank"


def _rows(before: Agreement, after: Agreement) -> Iterator[Requirement]:
    """Ranks that both texts have, by other marks. A row that comes or goes shows in what may be released."""
    if before.levels is None or after.levels is None:
        return
    for row in before.levels.rows:
        other = after.levels.row_of_rank(row.rank)
        for party in before.parties if other is not None else ():
            assert other is not None
            was, now = _marks(row, party), _marks(other, party)
            if was != now:
                yield Requirement(
                    f"marks of {party} at {row.rank}", after.id, before.levels.article, after.levels.article, was, now
                )


def _marks(row: RankRow, party: str) -> str:
    marks = " or ".join(row.marks.get(party, ()))
    target = row.treat_as.get(party)
    return marks or (f"treated as {target}" if target else "none")


def _duties(before: Agreement, after: Agreement) -> Iterator[Requirement]:
    """Duties that come, go, or change in how soon and towards whom."""
    was, now = (_by_subject(text.duties) for text in (before, after))
    for key in dict.fromkeys((*was, *now)):
        one, two = was.get(key), now.get(key)
        if one != two:
            what = f"duty on {key[0]}: {key[1]}"
            yield Requirement(what, after.id, _article(one), _article(two), _owed(one), _owed(two))


def _by_subject(duties: tuple[Duty, ...]) -> dict[tuple[str, str], tuple[Told, ...]]:
    found: dict[tuple[str, str], tuple[Told, ...]] = {}
    for one in duties:
        said = ", ".join(part for part in (one.within, f"to {one.to}" if one.to else "") if part) or "owed"
        found[one.on, one.do] = (*found.get((one.on, one.do), ()), (one.article, said))
    return found


def _article(told: tuple[Told, ...] | None) -> str:
    return ", ".join(article for article, _ in told) if told else ""


def _owed(told: tuple[Told, ...] | None) -> str:
    return "; ".join(said for _, said in told) if told else ""
