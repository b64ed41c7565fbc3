"""What no permit may pass: the end of the agreement, the originator's consent, the table of levels, the purpose.

Each property takes the facts anew from the dossier's history and texts, not from what the table was compiled with, and
holds them against every cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from relto.core.agreement import IN_FORCE, Agreement, History, ThirdParty
from relto.core.decision.addressee import resolve
from relto.core.decision.proof.proof import Counterexample, Proof
from relto.core.decision.proof.view import (
    CLOSED,
    CONSENT,
    FREE,
    NEW_RELEASE,
    Flags,
    Row,
    history_of,
    needed,
    permitted,
    phases_of,
    rows_of,
    spans_of,
)
from relto.core.decision.proof.wording import Cell, counterexample, mark_of, spot_of
from relto.core.decision.table import Table
from relto.core.decision.table.axes import OTHER
from relto.core.timeline import Instant, bound_instant

LAPSED: Final = "lapsed-releases-nothing"
ONWARD: Final = "no-onward-without-consent"
LEVEL: Final = "no-level-above-ceiling"
PURPOSE: Final = "purpose-bound"

Finding = tuple[Instant, Instant, Flags, str]
"""From when until when the cells that are set must not permit, and why not."""


def prove_lapsed(table: Table) -> Proof:
    """Where the standing, asked anew, is not in force, no cell of release, disclose or forward permits (article 21)."""
    says = "while an agreement is not in force, nothing is released, disclosed or forwarded under it"

    def forbidden(row: Row) -> Iterator[Finding]:
        for at, end, phase in spans_of(table, row):
            if phase.state not in IN_FORCE:
                yield at, end, NEW_RELEASE, f"no new release: {row.edge.agreement} is {phase.state} then"

    return _prove(table, LAPSED, says, forbidden)


def prove_level(table: Table) -> Proof:
    """A permit has a row with an equivalent for the recipient; a contractor is approved for it (articles 4, 16)."""
    says = "nothing goes above the table of levels, nor to a contractor above or after its approval"

    def forbidden(row: Row) -> Iterator[Finding]:
        for at, end, phase in spans_of(table, row):
            for grade, (since, why) in enumerate(_levels(table, row, phase.text, at, end)):
                if why:
                    chosen = np.zeros(table.ground.axes.shape, np.bool_)
                    chosen[grade] = True
                    yield since, end, chosen, why

    return _prove(table, LEVEL, says, forbidden)


def prove_purpose(table: Table) -> Proof:
    """A permit is for the item's own purpose, for one in `only`, or under a text that allows any (article 6(c))."""
    says = "an item serves the purpose it was provided for, or one that the text itself names or leaves open"

    def forbidden(row: Row) -> Iterator[Finding]:
        for at, end, phase in spans_of(table, row):
            clause = phase.text.purpose
            if clause is None or clause.rule == "any":
                continue
            passes = [
                (name != OTHER and name in clause.only) if clause.rule == "only" else own
                for name in table.ground.axes.purposes
                for own in (True, False)
            ]
            why = f"no other purpose: article {clause.article} says {clause.rule}"
            yield at, end, ~np.array(passes, np.bool_)[:, None], why

    return _prove(table, PURPOSE, says, forbidden)


def _prove(table: Table, name: str, says: str, forbidden: Callable[[Row], Iterator[Finding]]) -> Proof:
    """Look at every cell of every row; `forbidden` gives what must not permit, as flags that fit `axes.shape`."""
    count, found = 0, None
    for row in rows_of(table):
        count += 1
        if found is not None:
            continue
        permits = permitted(table, row.edge)
        for at, end, chosen, why in forbidden(row):
            wrong = permits & chosen
            if wrong.any():
                found = _shown(table, row, wrong, (at, end), why)
                break
    return Proof(name, says, count * table.ground.axes.size, count, found)


def _shown(table: Table, row: Row, wrong: Flags, span: tuple[Instant, Instant], why: str) -> Counterexample:
    """The first cell that is wrong, of the sender's own items where it has a mark for it."""
    cells: list[Cell] = [tuple(cell) for cell in np.argwhere(wrong).tolist()]  # type: ignore[misc]
    sender = row.lane.sender
    cell = next((one for one in cells if mark_of(table, sender, sender, one[0]) is not None), cells[0])
    spot = spot_of(table, cell)
    return counterexample(table, row, spot, originator=sender, span=span, table_says="permit", demands=why)


def _levels(table: Table, row: Row, text: Agreement, at: Instant, end: Instant) -> Iterator[tuple[Instant, str]]:
    """For each grade since when in [at, end) and why the recipient may not have it; no reason where it may."""
    axes, dossier, sender = table.ground.axes, table.dossier, row.lane.sender
    to = resolve(dossier, row.lane.recipient, at, table.window.known_by)
    order = dossier.rank_order(text)
    irregular = axes.irregular.get(sender, ())
    for grade in range(axes.shape[0]):
        line = None
        if text.levels is not None and grade < len(axes.ranks):
            line = next((one for one in text.levels.rows if one.rank == axes.ranks[grade]), None)
        elif text.levels is not None and grade - len(axes.ranks) < len(irregular):
            mark = irregular[grade - len(axes.ranks)]
            line = next((one for one in text.levels.rows if mark in one.marks.get(sender, ())), None)
        protected = text.levels.protected_as(line, to.party) if text.levels and line else None
        firm = to.contractor
        if protected is None:
            yield at, f"no permit: {text.id} has no equivalent for {to.party}"
        elif firm is not None and not order.at_least(firm.ceiling, protected.rank):
            yield at, f"no permit: {firm.id} is approved up to {firm.ceiling}, not {protected.rank}"
        elif firm is not None and firm.until is not None and bound_instant(firm.until, text.zone) < end:
            ended = max(at, bound_instant(firm.until, text.zone))
            yield ended, f"no permit: the approval of {firm.id} ends {firm.until}"
        else:
            yield at, ""


def prove_onward(table: Table) -> Proof:
    """An item of a third goes on only as its originator, or the texts it came under, allow (article 6(a))."""
    says = (
        "an item of a third party goes on without a consent on record only where every text that binds the sender to "
        "its originator binds the recipient to it as well, or names it; with one only where those texts ask for one"
    )
    axes = table.ground.axes
    count, found = 0, None
    for row in rows_of(table):
        count += 1
        for number, originator in enumerate(axes.originators):
            if found is not None or not originator or originator in (row.lane.sender, row.recipient):
                continue
            found = _onward(table, row, number, originator)
    return Proof(ONWARD, says, count * axes.size * len(axes.originators), count, found)


def _onward(table: Table, row: Row, number: int, originator: str) -> Counterexample | None:
    permits = permitted(table, row.edge)
    asked = needed(table, row.edge, number)
    for at, end, governing in _governing(table, row, originator):
        strictest, text = max(
            ((_demand(table, row, one, originator, at), one) for one in governing), key=lambda pair: pair[0]
        )
        wrong = permits & (asked < strictest)
        if not wrong.any():
            continue
        rule = text.third_party.rule if text.third_party else "originator-consent"
        why = f"{'no permit' if strictest == CLOSED else f'consent of {originator}'}: {text.id} has the rule {rule}"
        cells: list[Cell] = [tuple(cell) for cell in np.argwhere(wrong).tolist()]  # type: ignore[misc]
        sender = row.lane.sender
        cell = next((one for one in cells if mark_of(table, sender, originator, one[0]) is not None), cells[0])
        consented = int(asked[cell]) != FREE
        return counterexample(
            table,
            row,
            spot_of(table, cell),
            originator=originator,
            span=(at, end),
            table_says="permit with a consent on record" if consented else "permit",
            demands=why,
            consented=consented,
        )
    return None


def _governing(table: Table, row: Row, originator: str) -> Iterator[tuple[Instant, Instant, list[Agreement]]]:
    """The texts that bind the sender to the originator, over the row, cut whenever they change, or whom they bind."""
    sender = row.lane.sender
    names = [
        name
        for name, versions in sorted(table.dossier.agreements.items())
        if not versions[0].mediates and {originator, sender} <= set(versions[0].parties)
    ]
    histories = [history_of(table, name, sender, originator) for name in names]
    together = [_together(table, row, name, originator) for name in {*names, row.edge.agreement}]
    own = list(phases_of(table, row))
    changes = {at for at, _ in own}
    for history in (*histories, *(one for one in together if one is not None)):
        changes.update(phase.start for phase in history.phases if row.start < phase.start < row.end)
    ordered = sorted(changes)
    for at, end in zip(ordered, (*ordered[1:], row.end), strict=True):
        found = [one.phase(at).text for one in histories if one.ever_in_force(at)]
        yield at, end, found or [[phase.text for since, phase in own if since <= at][-1]]


def _together(table: Table, row: Row, agreement: str, originator: str) -> History | None:
    """The history of an agreement between the originator and the recipient; None where one is no party to it."""
    if not {originator, row.recipient} <= set(table.dossier.agreements[agreement][0].parties):
        return None
    return history_of(table, agreement, row.lane.sender, row.recipient, originator)


def _demand(table: Table, row: Row, text: Agreement, originator: str, at: Instant) -> int:
    """What a text asks at `at` before an item of `originator` goes on along the row: FREE, CONSENT or CLOSED.

    A recipient that has not joined the text yet, or has left it, is a third (article 6(a)).
    """
    together = _together(table, row, text.id, originator)
    if together is not None and together.in_force(at):
        return FREE
    clause = text.third_party or ThirdParty(text.scope.article, "originator-consent")
    if clause.rule == "nations" and row.recipient in clause.nations:
        return FREE
    return CONSENT if clause.rule == "originator-consent" else CLOSED
