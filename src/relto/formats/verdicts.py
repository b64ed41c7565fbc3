"""The verdicts of a whole table as text that a desk officer can read, and as JSON: who may give what to whom.

`relto table show` and the golden file of the tests print the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from relto.core.agreement import IN_FORCE, Persons
from relto.core.canon import JSON
from relto.core.decision import ACTS
from relto.core.decision.survey import Cited, Edgewise, Onward, Permission, Protected, Refusal, Span
from relto.core.label import covers
from relto.core.timeline import Instant, format_local

SCHEMA: Final = "relto/table-verdicts/1"
_PERSON_CHECKS: Final = ("clearance", "need_to_know", "facility", "assurance", "system", "contractor", "nationality")


class Vocabulary:
    """All ranks, topics and purposes there are on the axes of a table, so that `all of them` can be said as such."""

    def __init__(self, topics: Sequence[str], purposes: Sequence[str]) -> None:
        self.topics = tuple(topics)
        self.purposes = tuple(purposes)


def verdict_lines(spans: Iterable[Span], vocabulary: Vocabulary) -> Iterator[str]:
    """The lines of the text, lane by lane; no line ends in white space."""
    before: tuple[str, str] | None = None
    for span in spans:
        pair = (span.sender, span.recipient)
        if pair != before:
            if before is not None:
                yield ""
            of = f" ({span.party})" if span.party not in ("", span.recipient) else ""
            yield f"{span.sender} to {span.recipient}{of}"
            before = pair
        zone = span.edges[0].zone if span.edges else "UTC"
        yield f"  from {_clocks(span.start, zone)} until {_clocks(span.end, zone)}"
        if not span.party:
            yield "    nobody goes by that name"
        elif not span.edges:
            yield "    refused: standing (dossier:agreements): no agreement between them permits direct release"
        for edge in span.edges:
            yield from _edge_lines(edge, vocabulary)


def _clocks(instant: Instant, zone: str) -> str:
    local, utc = format_local(instant, zone), format_local(instant, "UTC")
    return local if local == utc else f"{local} ({utc})"


def _edge_lines(edge: Edgewise, vocabulary: Vocabulary) -> Iterator[str]:
    version = f", version {edge.version}" if edge.version > 1 else ""
    yield f"    under {edge.agreement}{version}: {_state(edge)}"
    for permit in edge.permits:
        yield f"      permitted: {_acts(permit.acts)}"
        for rank in permit.ranks:
            yield f"        {_rank(rank)}, there {' or '.join(rank.there)}"
        yield f"        {_topics(permit.topics, vocabulary)}, {_purposes(permit.purposes, vocabulary)}"
        articles = ", ".join(one.article + _doubt(one.unconfirmed) for one in permit.articles)
        yield f"        article{'s' if len(permit.articles) > 1 else ''} {articles}"
    yield from (f"      {_onward(one, edge.agreement)}" for one in edge.onward)
    for refusal in edge.refusals:
        yield from _refusal_lines(refusal, edge, vocabulary)
    asked = _persons(edge.persons)
    if edge.permits and asked:
        yield f"      asked of whoever is named: {asked}"


def _state(edge: Edgewise) -> str:
    said = "in force" if edge.state == "in-force" else edge.state.replace("-", " ")
    said += "" if edge.state == "in-force" else ", in force" if edge.state in IN_FORCE else ", not in force"
    if edge.ends_at is None or edge.state == "lapsed":
        return said
    return f"{said}, ends {_clocks(edge.ends_at, edge.zone)}"


def _refusal_lines(refusal: Refusal, edge: Edgewise, vocabulary: Vocabulary) -> Iterator[str]:
    every = tuple(dict.fromkeys(one for part in (*edge.permits, *refusal.what) for one in part.ranks))
    every += tuple(one for other in edge.refusals for part in other.what for one in part.ranks if one not in every)
    reason = f"refused: {refusal.check} ({_cited(refusal.cited, edge.agreement)}): {refusal.says}"
    what = [_product(one, every, vocabulary) for one in refusal.what]
    yield f"      {reason}{'' if what == [''] else ' | ' + what[0] if len(what) == 1 else ''}"
    if len(what) > 1:
        yield from (f"        {one}" for one in what)


def _product(what: Permission, every: Sequence[Protected], vocabulary: Vocabulary) -> str:
    """What a reason is about, axis by axis; empty for everything."""
    parts = []
    if len(what.acts) < len(ACTS):
        parts.append(_acts(what.acts))
    if set(what.ranks) != set(every):
        parts.append("; ".join(_rank(one) for one in what.ranks))
    if set(what.topics) != set(vocabulary.topics):
        parts.append(_topics(what.topics, vocabulary))
    if len(what.purposes) < 2 * len(vocabulary.purposes):
        parts.append(_purposes(what.purposes, vocabulary))
    return " | ".join(parts)


def _article(article: str) -> str:
    return article if ":" in article else f"article {article}"


def _cited(cited: Cited, agreement: str) -> str:
    of = f" of {cited.agreement}" if cited.agreement != agreement else ""
    return _article(cited.article) + of + (", unconfirmed" if cited.unconfirmed else "")


def _doubt(unconfirmed: bool) -> str:
    return " (unconfirmed)" if unconfirmed else ""


def _acts(acts: tuple[int, ...]) -> str:
    return "every act" if len(acts) == len(ACTS) else ", ".join(ACTS[one] for one in acts)


def _rank(rank: Protected) -> str:
    if not rank.rank:
        return " and ".join(rank.marks) or "any other mark"
    return f"{' or '.join(rank.marks)} ({rank.rank})" if rank.marks else f"{rank.rank} of others"


def _topics(topics: tuple[str, ...], vocabulary: Vocabulary) -> str:
    """The fewest topics that say it: one stands for all below it, but for those that are excepted."""
    if set(topics) == set(vocabulary.topics):
        return "on any topic"
    said = []
    for topic in topics:
        if not topic:
            said.append("any other topic")
        elif not any(other and other != topic and covers(other, topic) for other in topics):
            without = [one for one in vocabulary.topics if one and covers(topic, one) and one not in topics]
            said.append(topic + (f" (but not {', '.join(without)})" if without else ""))
    return f"on {', '.join(said)}"


def _purposes(purposes: tuple[tuple[str, bool], ...], vocabulary: Vocabulary) -> str:
    own = tuple(name for name, as_own in purposes if as_own)
    other = tuple(name for name, as_own in purposes if not as_own)
    if own == other:
        return "for any purpose" if len(own) == len(vocabulary.purposes) else f"for {_named(own)}"
    said = []
    if own:
        every = len(own) == len(vocabulary.purposes)
        said.append("for the purpose provided for" + ("" if every else f", if that is {_named(own)}"))
    if other:
        every = len(other) == len(vocabulary.purposes)
        said.append("for another purpose than provided for" + ("" if every else f", if asked for {_named(other)}"))
    return "; ".join(said)


def _named(purposes: tuple[str, ...]) -> str:
    return ", ".join(one or "any other purpose" for one in purposes)


def _onward(one: Onward, agreement: str) -> str:
    cited = "; ".join(_cited(article, agreement) for article in one.articles)
    takes = {
        "free": "as those of the sender",
        "consent": "only with its consent on record",
        "closed": "not passed on, whoever consents",
    }[one.takes]
    return f"items of {one.originator}: {takes}" + (f" ({cited})" if cited else "")


def _persons(persons: Persons) -> str:
    found = []
    for name in _PERSON_CHECKS:
        article: str | None = getattr(persons, name)
        if article is not None:
            found.append(f"{name.replace('_', '-')} ({_article(article)})")
    return ", ".join(found) + _doubt(persons.unconfirmed and bool(found))


def span_json(span: Span) -> dict[str, JSON]:
    """`relto/table-verdicts/1`: one span. In `topics` and `purposes` "" stands for all that no clause names."""
    return {
        "schema": SCHEMA,
        "from": span.sender,
        "to": span.recipient,
        "party": span.party or None,
        "start": str(span.start),
        "end": str(span.end),
        "agreements": [
            {
                "agreement": edge.agreement,
                "version": edge.version,
                "state": edge.state,
                "in_force": edge.state in IN_FORCE,
                "permits": [
                    _part_json(one) | {"articles": [_cited_json(cited) for cited in one.articles]}
                    for one in edge.permits
                ],
                "refusals": [_refusal_json(one) for one in edge.refusals],
                "others": [
                    {
                        "originator": one.originator,
                        "takes": one.takes,
                        "articles": [_cited_json(cited) for cited in one.articles],
                    }
                    for one in edge.onward
                ],
            }
            for edge in span.edges
        ],
    }


def _part_json(part: Permission) -> dict[str, JSON]:
    return {
        "acts": [ACTS[one] for one in part.acts],
        "ranks": [{"rank": one.rank, "marks": list(one.marks), "there": list(one.there)} for one in part.ranks],
        "topics": list(part.topics),
        "purposes": [{"purpose": name, "own": own} for name, own in part.purposes],
    }


def _cited_json(cited: Cited) -> dict[str, JSON]:
    value: dict[str, JSON] = {"agreement": cited.agreement, "article": cited.article}
    return value | {"unconfirmed": True} if cited.unconfirmed else value


def _refusal_json(refusal: Refusal) -> dict[str, JSON]:
    return {
        "check": refusal.check,
        **_cited_json(refusal.cited),
        "says": refusal.says,
        "what": [_part_json(one) for one in refusal.what],
    }
