"""Making something of what is held: a translation, an extract, a product of several (articles 4(3) and 15).

What is made is registered and marked here; its content is kept by whoever it is with. It bears the strictest mark of
its sources, or a higher one, lists all whose information it contains, and carries a note of that in its own language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relto.core.dossier import Dossier
from relto.core.errors import InputError, NotFound, Refused
from relto.core.register import MAX_SOURCES, Derived, Holding, check_usable, strictest
from relto.core.timeline import Instant
from relto.node.contractors import refused_to
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.telling import check_given, enter_event
from relto.node.transmittal import ID_BYTES

WAYS: Final = ("translation", "extract", "product")
_NOTES: Final[Mapping[str, str]] = {
    "en": "Contains classified information of {}.",
    "ko": "이 자료에는 {}의 비밀정보가 들어 있음.",
    "ja": "この資料には{}の秘密情報が含まれる。",
}
_BETWEEN: Final[Mapping[str, str]] = {"en": " and of ", "ko": ", ", "ja": "、"}
_MAX_WORDS: Final = 1000
_MAX_LANGUAGE: Final = 35  # RFC 5646, 4.4.1


@dataclass(frozen=True, slots=True)
class Made:
    """What is said of a thing that is made of holdings.

    `mark`: the own mark it is to bear, empty for the strictest of its sources. `note`: what it says of whose
    information it contains, empty for the usual words in English, Korean or Japanese (`language`: BCP 47). `keeper`:
    where, or with whom, it is.
    """

    how: str
    title: str
    language: str
    keeper: str
    by: str
    mark: str = ""
    note: str = ""


def derive(node: Node, sources: Sequence[str], made: Made) -> Holding:
    """Register what was made of the holdings `sources`; the holding that it is.

    Raises NotFound for no such holding, Conflict for a source that can no longer be used or marks that cannot be
    compared, Refused for a laxer mark than that of a source, or a contractor as keeper that may not have it,
    InputError for what is not said.
    """
    _check_said(sources, made)
    with node.store.write() as tx:
        found = [_source(tx, one) for one in dict.fromkeys(sources)]
        dossier, moment = node.dossier(tx), node.now_or_later(tx)
        at_least = marks_compared(dossier, node.party, found[0].received.agreement)
        first = strictest(found, at_least)
        if made.mark and not at_least(made.mark, first.mark):
            raise Refused(
                f"a {made.how} of what is marked {first.mark} cannot bear {made.mark[:60]}",
                article="4(3)",
                remedy=f"mark it {first.mark}, or higher",
            )
        came, mark = first.received, made.mark or first.mark
        refused = refused_to(node, tx, made.keeper, came.agreement, mark, came.item, moment)
        if refused is None:
            name = f"d-{node.entropy(ID_BYTES).hex()}"
            event = _event(node.party, dossier, name, found, first, made, moment.latest)
            return enter_event(node, tx, None, event, moment)
    raise refused


def _event(
    party: str, dossier: Dossier, name: str, found: Sequence[Holding], first: Holding, made: Made, at: Instant
) -> Derived:
    came = first.received
    originators = tuple(dict.fromkeys(one for each in found for one in each.originators))
    return Derived(
        holding=name,
        at=at,
        item=name,
        title=made.title.strip(),
        originator=came.originator,
        sender=party,
        agreement=came.agreement,
        zone=came.zone,
        mark=made.mark or first.mark,
        origin_mark=first.origin_mark,
        topic=came.topic,
        purpose=came.purpose,
        how=made.how,
        sources=tuple(one.id for one in found),
        originators=originators,
        language=made.language,
        note=made.note.strip() or _note(dossier, made.language, originators),
        keeper=made.keeper.strip(),
        by=made.by.strip(),
        duties=tuple(dict.fromkeys(one for each in found for one in each.received.duties)),
    )


def marks_compared(dossier: Dossier, party: str, agreement: str) -> Callable[[str, str], bool]:
    """Whether the first of two marks of `party` is at least as high as the second, as an agreement orders ranks; False
    for marks that it does not have: closed when in doubt."""
    order, of = dossier.rank_order(dossier.versions(agreement)[0]), dossier.parties[party]

    def at_least(mark: str, floor: str) -> bool:
        one, other = of.mark(mark), of.mark(floor)
        return mark == floor or (one is not None and other is not None and order.at_least(one.rank, other.rank))

    return at_least


def _check_said(sources: Sequence[str], made: Made) -> None:
    if made.how not in WAYS:
        raise InputError(
            f"a `{made.how[:60]}` is nothing that is made of items", remedy=f"use one of {', '.join(WAYS)}"
        )
    if not 1 <= len(set(sources)) <= MAX_SOURCES or (made.how != "product" and len(set(sources)) != 1):
        raise InputError(
            f"a {made.how} of {len(set(sources))} holdings",
            remedy=f"a translation or extract is of one, a product of at most {MAX_SOURCES}",
        )
    said = (made.title.strip(), made.keeper.strip(), made.by.strip())
    if not all(said) or max(map(len, (*said, made.note))) > _MAX_WORDS or len(made.language) > _MAX_LANGUAGE:
        raise InputError(
            "no title, or not where it is kept and who made it",
            remedy=f"say all three, each in at most {_MAX_WORDS} signs",
        )


def _source(tx: Transaction, holding: str) -> Holding:
    held = tx.holding(holding)
    if held is None:
        raise NotFound(f"no holding `{holding[:60]}`", remedy="list the holdings for their ids")
    check_usable(held)
    check_given(tx, held)
    return held


def _note(dossier: Dossier, language: str, originators: tuple[str, ...]) -> str:
    text = _NOTES.get(language)
    if text is None:
        raise InputError(
            f"no words in `{language[:20]}` for whose information it contains", remedy="give them with `--note`"
        )
    names = [dossier.parties[one].name.get(language, one) if one in dossier.parties else one for one in originators]
    return text.format(_BETWEEN[language].join(names))
