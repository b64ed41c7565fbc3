"""A difference in words: broadest topics, ranks in a row, and the articles that cause it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from relto.core.decision.difference.change import Cause, Change, Requirement, Scale, TopicRange
from relto.core.decision.request import ACTS


def change_sentence(change: Change, scale: Scale, agreement: str = "") -> str:
    """`KOR -> JPN: defence and below, SECRET and CONFIDENTIAL, for its own purpose: no longer releasable, ...`.

    `agreement`: the one that all of it is about, and that need not be named again.
    """
    begins = change.direction == "begins"
    verdict = "releasable" if begins else "no longer releasable"
    what = ", ".join((topics_said(change.ranges), borne_said(change, scale), purposes_said(change, scale)))
    causes = change.permitted if begins else change.refused
    if not all(one.article for one in causes):  # a clause is gone: the article is that of the text that had it
        causes = change.refused
    said = f"{change.sender} -> {', '.join(change.recipients)}: {what}, {acts_said(change)}: {verdict}"
    said += f", {', '.join(cause_said(one) for one in causes)}"
    if change.agreement != agreement:
        said += f", under {change.agreement}"
    if change.otherwise:
        already = "already" if begins else "still"
        said += f" ({already} releasable under {', '.join(change.otherwise)})"
    return said


def change_lines(changes: Iterable[Change], scale: Scale, agreement: str = "") -> list[str]:
    """A sentence for all changes alike but for who sends to whom: `KOR <-> JPN` where it goes both ways."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for one in changes:
        parties = f"{one.sender} -> {', '.join(one.recipients)}"
        said = change_sentence(one, scale, agreement).removeprefix(parties)
        alike.setdefault(said, []).append((one.sender, ", ".join(one.recipients)))
    return [f"{'; '.join(_ways(pairs))}{said}" for said, pairs in alike.items()]


def _ways(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for number, (sender, to) in enumerate(pairs):
        if (to, sender) in pairs[:number]:
            continue
        yield f"{sender} {'<->' if (to, sender) in pairs[number:] else '->'} {to}"


def topics_said(ranges: Sequence[TopicRange]) -> str:
    """`defence and below but not defence/cyber and below`. What no clause names is in no scope, so never here."""
    parts = []
    for one in ranges:
        but = f" but not {_listed(tuple(f'{topic} and below' for topic in one.but), 'nor')}" if one.but else ""
        parts.append(f"{one.topic} and below{but}")
    return _listed(tuple(parts), "and")


def borne_said(change: Change, scale: Scale) -> str:
    """`TOP SECRET to CONFIDENTIAL` for three or more in a row, else each by name; then marks that stand alone."""
    rows: list[list[str]] = []
    for number, rank in enumerate(scale.ranks):
        if rank in change.ranks:
            if number and rows and rows[-1][-1] == scale.ranks[number - 1]:
                rows[-1].append(rank)
            else:
                rows.append([rank])
    parts: list[str] = []
    for row in rows:
        parts += [f"{row[0]} to {row[-1]}"] if len(row) > 2 else row
    parts += [f"the mark {mark}" for mark in change.marks]
    return _listed(tuple(parts), "and")


def purposes_said(change: Change, scale: Scale) -> str:
    """For what: any purpose, its own, another than its own, or those that clauses name."""
    own = {name for name, is_own in change.purposes if is_own}
    instead = {name for name, is_own in change.purposes if not is_own}
    every = set(scale.purposes)
    parts = []
    kinds = (
        (own & instead, "for any purpose", "for {}, its own or not"),
        (own - instead, "for its own purpose", "for its own purpose where that is {}"),
        (instead - own, "for another purpose than its own", "for {} instead of its own purpose"),
    )
    for names, whole, said in kinds:
        if not names:
            continue
        if names == every:
            parts.append(whole)
            continue
        listed = _listed(tuple(name or "any other" for name in scale.purposes if name in names), "or")
        parts.append(said.format(listed))
    return " and ".join(parts)


def acts_said(change: Change) -> str:
    """`for every act`, or `to release, disclose or forward`."""
    return "every act" if len(change.acts) == len(ACTS) else f"to {_listed(change.acts, 'or')}"


def cause_said(cause: Cause) -> str:
    """`article 4 (level)`; of the standing what it says: `article 21(3) (lapsed since ...)`."""
    article = cause.article if ":" in cause.article else f"article {cause.article}"
    return f"{article} ({cause.says or cause.check}{', unconfirmed' if cause.unconfirmed else ''})"


def requirement_sentence(one: Requirement, agreement: str = "") -> str:
    """`third party: originator-consent -> forbidden, article 6(a)`; `agreement` as in `change_sentence`."""
    of = "" if one.agreement == agreement else f" of {one.agreement}"
    was, now = one.before or "none", one.after or "none"
    before, after = (f"article {article}{of}" if article else "" for article in (one.article_before, one.article_after))
    if before and after and before != after:
        return f"{one.what}: {was} ({before}) -> {now} ({after})"
    cited = after or before
    return f"{one.what}: {was} -> {now}" + (f", {cited}" if cited else "")


def _listed(parts: Sequence[str], last: str) -> str:
    return f" {last} ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part) if parts else ""
