"""A difference in words: broadest topics, ranks in a row, and the articles that cause it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from relto.core.decision.difference.change import Cause, Change, Requirement, Scale, TopicRange
from relto.core.decision.request import ACTS

PurposeKind = Literal["either", "own", "other"]


def change_sentence(change: Change, scale: Scale, agreement: str = "") -> str:
    """`KOR -> JPN: defence and below, SECRET and CONFIDENTIAL, for its own purpose: no longer releasable, ...`.

    `agreement`: the one that all of it is about, and that need not be named again.
    """
    begins = change.direction == "begins"
    verdict = "releasable" if begins else "no longer releasable"
    what = ", ".join((topics_said(change.ranges), borne_said(change, scale), purposes_said(change, scale)))
    causes = causes_named(change)
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
    alike: dict[str, list[Change]] = {}
    for one in changes:
        parties = f"{one.sender} -> {', '.join(one.recipients)}"
        said = change_sentence(one, scale, agreement).removeprefix(parties)
        alike.setdefault(said, []).append(one)
    return [f"{'; '.join(ways_said(ones))}{said}" for said, ones in alike.items()]


def causes_named(change: Change) -> tuple[Cause, ...]:
    """What decides, on the side that comes; where a clause is gone, on that of the text that had it."""
    permits = change.direction == "begins" and all(one.article for one in change.permitted)
    return change.permitted if permits else change.refused


def ways_said(changes: Sequence[Change]) -> Iterator[str]:
    """Who sends to whom: `KOR -> JPN`, or `KOR <-> JPN` where it goes both ways."""
    pairs = [(one.sender, ", ".join(one.recipients)) for one in changes]
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
    parts: list[str] = []
    for row in rank_rows(change, scale):
        parts += [f"{row[0]} to {row[-1]}"] if len(row) > 2 else row
    parts += [f"the mark {mark}" for mark in change.marks]
    return _listed(tuple(parts), "and")


def rank_rows(change: Change, scale: Scale) -> list[list[str]]:
    """The ranks of a change as rows of those that stand side by side on the scale."""
    rows: list[list[str]] = []
    for number, rank in enumerate(scale.ranks):
        if rank in change.ranks:
            if number and rows and rows[-1][-1] == scale.ranks[number - 1]:
                rows[-1].append(rank)
            else:
                rows.append([rank])
    return rows


_PURPOSES: Final[Mapping[PurposeKind, tuple[str, str]]] = {
    "either": ("for any purpose", "for {}, its own or not"),
    "own": ("for its own purpose", "for its own purpose where that is {}"),
    "other": ("for another purpose than its own", "for {} instead of its own purpose"),
}


def purposes_said(change: Change, scale: Scale) -> str:
    """For what: any purpose, its own, another than its own, or those that clauses name."""
    parts = []
    for kind, names in purpose_groups(change, scale):
        whole, said = _PURPOSES[kind]
        parts.append(said.format(_listed(tuple(name or "any other" for name in names), "or")) if names else whole)
    return " and ".join(parts)


def purpose_groups(change: Change, scale: Scale) -> Iterator[tuple[PurposeKind, tuple[str, ...]]]:
    """The purposes of a change: those that may be the item's own or asked instead of it, those that only may be its
    own, those that only may be asked instead. Of each the names, an empty one for any other; no names: all there are.
    """
    own = {name for name, is_own in change.purposes if is_own}
    instead = {name for name, is_own in change.purposes if not is_own}
    kinds: tuple[tuple[PurposeKind, set[str]], ...] = (
        ("either", own & instead),
        ("own", own - instead),
        ("other", instead - own),
    )
    for kind, names in kinds:
        if names:
            yield kind, () if names == set(scale.purposes) else tuple(one for one in scale.purposes if one in names)


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
