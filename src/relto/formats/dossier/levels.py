"""The table of levels in an agreement file: rows, holes and what fills them."""

from __future__ import annotations

from relto.core.errors import InputError
from relto.core.label import RankRow
from relto.formats.dossier.fields import Fields, listed
from relto.formats.dossier.nodes import Node

MAX_ROWS = 100


def read_rows(ranks: Node, parties: tuple[str, ...], article: str) -> tuple[RankRow, ...]:
    """The rows under `ranks`, high to low. A row that lacks a party without `treat_as` is an error."""
    rows: list[RankRow] = []
    taken: dict[tuple[str, str], str] = {}
    for node in listed(ranks, article, MAX_ROWS):
        row = _row(node, parties, article)
        if any(row.rank == other.rank for other in rows):
            raise InputError(f"a second row for {row.rank}", where=node.where, remedy="join them", article=article)
        _check_marks_once(row, taken, node, article)
        rows.append(row)
    if not rows:
        raise InputError("a table of levels without rows", where=ranks.where, remedy="add a row", article=article)
    _check_treat_as(rows, ranks, article)
    return tuple(rows)


def _row(node: Node, parties: tuple[str, ...], article: str) -> RankRow:
    fields = Fields(node, "a row of the table of levels")
    fields.article = article
    rank = fields.needed_line("rank")
    marks = {party: fields.values(party, str) for party in parties}
    treat_as: dict[str, str] = {}
    treated = fields.mapping("treat_as", "`treat_as`")
    if treated is not None:
        for party in parties:
            said = treated.line(party)
            if said:
                treat_as[party] = said
        treated.article = article
        treated.close()
    for party in parties:
        if bool(marks[party]) == (party in treat_as):
            what = "both marks and `treat_as`" if marks[party] else "neither a mark nor `treat_as`"
            raise InputError(
                f"the row {rank} has {what} for `{party}`",
                where=node.where,
                remedy=f"give its marks, or `treat_as: {{{party}: RANK}}`",
                article=article,
            )
    for key in ("source", "note"):
        fields.text(key)
    unconfirmed = fields.flag("unconfirmed")
    fields.close()
    return RankRow(rank, {party: found for party, found in marks.items() if found}, treat_as, unconfirmed)


def _check_marks_once(row: RankRow, taken: dict[tuple[str, str], str], node: Node, article: str) -> None:
    """`taken`: (party, mark) -> its rank in the rows above; grows by those of `row`."""
    for party, marks in row.marks.items():
        for mark in marks:
            other = taken.setdefault((party, mark), row.rank)
            if other != row.rank:
                raise InputError(
                    f"the mark {mark} of `{party}` stands for {other} and for {row.rank}",
                    where=node.where,
                    remedy="let it stand for one rank",
                    article=article,
                )


def _check_treat_as(rows: list[RankRow], node: Node, article: str) -> None:
    for row, place in zip(rows, node.items, strict=True):
        for party, rank in row.treat_as.items():
            if not any(other.rank == rank and other.marks.get(party) for other in rows):
                raise InputError(
                    f"`{party}` is to treat {row.rank} as {rank[:60]}, for which it has no mark here",
                    where=place.where,
                    remedy="name a rank of this table that it has a mark for",
                    article=article,
                )
