"""What a holder does with what it holds: copy, show, return, destroy, write off; and that its purpose is over.

Each act is one transaction: decided by the register itself, signed, entered in the ledger, and told to those whose item
it is where it concerns them. None of them asks what the standing of an agreement is: they outlive it (article 21(4)).
"""

from __future__ import annotations

from collections.abc import Callable

from relto.core.envelope import Sealed, label_only
from relto.core.errors import InputError, NotFound, Refused
from relto.core.register import (
    Copied,
    Destroyed,
    Discharged,
    Event,
    Gone,
    Holding,
    Investigated,
    PurposeEnded,
    Returned,
    Shown,
    WrittenOff,
)
from relto.core.timeline import Instant
from relto.node.contractors import refused_to
from relto.node.node import Node
from relto.node.telling import check_given, enter_event

METHODS = ("burn", "shred", "pulp", "melt", "crush", "erase")
"""Ways to destroy that let nobody make an item again (article 13); `erase` is for what a machine holds."""
_MAX_WORDS = 4000


def copy_holding(node: Node, holding: str, keeper: str, by: str) -> Holding:
    """Make a numbered copy, kept by `keeper`; it is under the same control as the original (article 14).

    Raises NotFound for no such holding, Conflict where it can no longer be used, Refused where it was only disclosed,
    or `keeper` is a contractor that may not have it.
    """

    def copied(held: Holding, at: Instant) -> list[Event]:
        return [Copied(holding, at, len(held.copies), _said(keeper), _said(by))]

    return _act(node, holding, copied, given=True, to=keeper)


def show_holding(node: Node, holding: str, to: str, by: str) -> Holding:
    """Enter that it was shown, and nothing left with who saw it. Raises as `copy_holding` does."""
    return _act(node, holding, lambda _held, at: [Shown(holding, at, _said(to), _said(by))], to=to)


def return_holding(node: Node, holding: str, by: str, numbers: tuple[int, ...] | None = None) -> Holding:
    """Give copies back, all that are held where `numbers` is None, to the party they came from (article 6(h)).

    Raises NotFound and Conflict for what is not held, or was made here.
    """

    def returned(held: Holding, at: Instant) -> list[Event]:
        to = held.received.sender
        if held.sources:
            raise InputError(f"`{holding}` was made here and came from nobody", remedy="destroy it")
        return [Returned(holding, at, number, to, _said(by)) for number in _numbers(held, numbers)]

    return _act(node, holding, returned)


def destroy_holding(
    node: Node, holding: str, method: str, witness: str, by: str, numbers: tuple[int, ...] | None = None
) -> Holding:
    """Destroy copies, all that are held where `numbers` is None, by a method and before a witness (article 13); the
    sealed item is erased with its original. Each leaves a signed certificate, told to those whose item it is.

    Raises NotFound and Conflict for what is not held, InputError for another method or no second person.
    """
    if method not in METHODS:
        raise InputError(f"`{method[:60]}` is no way to destroy", remedy=f"use one of {', '.join(METHODS)}")

    def destroyed(held: Holding, at: Instant) -> list[Event]:
        return [Destroyed(holding, at, number, method, _said(witness), _said(by)) for number in _numbers(held, numbers)]

    return _act(node, holding, destroyed)


def write_off(node: Node, holding: str, number: int, report: str, by: str) -> Holding:
    """Give a copy up for lost, after its actual loss was reported by `report` (article 17). Raises Conflict without."""
    return _act(node, holding, lambda _held, at: [WrittenOff(holding, at, number, report, _said(by))])


def end_purpose(node: Node, holding: str, by: str) -> Holding:
    """Enter that what it was given for is over: it is not used any more, and what the text then asks is due (6(h))."""
    return _act(node, holding, lambda _held, at: [PurposeEnded(holding, at, _said(by))])


def report_findings(node: Node, holding: str, report: str, says: str, measures: str, by: str) -> Holding:
    """Tell what was found out of a compromise, and what is done so that it does not happen again (article 17).

    Raises NotFound where none such was reported.
    """
    return _act(
        node, holding, lambda _held, at: [Investigated(holding, at, report, _said(says), _said(measures), _said(by))]
    )


def discharge(node: Node, holding: str, do: str) -> Holding:
    """Enter that what was owed was done: for a duty that nothing else shows. Raises NotFound where none is owed, and
    InputError for one that is done only when nothing is held any more, or the originator knows of it."""

    def discharged(held: Holding, at: Instant) -> list[Event]:
        if not any(one.do == do and one.done is None for one in held.duties):
            raise NotFound(f"no duty to `{do[:60]}` is open for `{holding}`", remedy="list the duties")
        if do in _SHOWN_BY_ACTS:
            raise InputError(f"to {do} is shown by what is done", remedy=_SHOWN_BY_ACTS[do])
        return [Discharged(holding, at, do)]

    return _act(node, holding, discharged)


_SHOWN_BY_ACTS = {
    "report": "it is done when the originator has acknowledged the report",
    "return-or-destroy": "return or destroy what is held",
    "return": "return what is held",
    "destroy": "destroy what is held",
    "certify-destruction": "it is done when the originator has acknowledged the certificate",
    "investigate": "report the findings",
    "tell-measures": "it is done when the originator has acknowledged the findings",
}


def _act(
    node: Node, holding: str, events: Callable[[Holding, Instant], list[Event]], *, given: bool = False, to: str = ""
) -> Holding:
    """Enter the events that an act is, in one transaction; the holding as it is then. All of them, or none. `given`: it
    must have been released, not only disclosed. `to`: to whom it comes, which may be an own contractor (article 16)."""
    refused: Refused | None = None
    with node.store.write() as tx:
        held = tx.holding(holding)
        if held is None:
            raise NotFound(f"no holding `{holding[:60]}`", remedy="list the holdings for their ids")
        if given:
            check_given(tx, held)
        moment = node.now_or_later(tx)
        refused = refused_to(node, tx, to, held.received.agreement, held.mark, held.received.item, moment)
        for event in events(held, moment.latest) if refused is None else ():
            held = enter_event(node, tx, held, event, moment)
            sealed = tx.sealed(holding) if isinstance(event, Gone) and event.number == 0 else None
            if sealed:
                tx.erase(holding, label_only(Sealed.from_bytes(sealed)))
    if refused is not None:
        raise refused
    return held


def _numbers(held: Holding, numbers: tuple[int, ...] | None) -> tuple[int, ...]:
    """The copies meant: these, or all that are held, the original last."""
    if numbers is not None:
        return numbers
    found = tuple(sorted((one.number for one in held.held), reverse=True))
    if not found:
        raise NotFound(f"nothing is held of `{held.id}` any more", remedy="look at its copies")
    return found


def _said(words: str) -> str:
    """What a person says, short enough to sign. Raises InputError."""
    words = words.strip()
    if not words or len(words) > _MAX_WORDS:
        raise InputError("something is not said, or at too much length", remedy=f"say it in 1 to {_MAX_WORDS} signs")
    return words
