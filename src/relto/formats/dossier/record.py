"""The record file: `relto: record/1`, and a single instrument: `relto: instrument/1` (DESIGN 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from relto.core.agreement import INSTRUMENT_KINDS, Agreement, Instrument, Record
from relto.core.errors import InputError, Position
from relto.core.label import check_id, check_party_id, check_topic
from relto.core.timeline import Bound, Precision
from relto.formats.dossier.fields import Fields, check_schema, convert, listed
from relto.formats.dossier.nodes import Node, parse_document

SCHEMA = "record/1"
INSTRUMENT_SCHEMA = "instrument/1"


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A record not yet read: which agreement it is of decides in which zone its dates are."""

    agreement: str
    where: Position
    nodes: tuple[Node, ...]
    confirmed_until: Bound | None = None


def open_record(name: str, data: bytes) -> RecordFile:
    """The outer part of a record file."""
    fields = Fields(parse_document(name, data), "a record")
    check_schema(fields, SCHEMA)
    node = fields.need("agreement")
    agreement = convert(node, check_id)
    instruments = fields.find("instruments")
    confirmed_until = fields.bound("confirmed_until")
    for key in ("source", "note"):
        fields.text(key)
    fields.close()
    nodes = tuple(listed(instruments)) if instruments is not None else ()
    return RecordFile(agreement, node.where, nodes, confirmed_until)


def read_record(opened: RecordFile, text: Agreement) -> tuple[Record, dict[str, Position]]:
    """The record of `text`, and where each of its instruments stands."""
    found: list[Instrument] = []
    places: dict[str, Position] = {}
    for node in opened.nodes:
        instrument = read_instrument_node(node, text)
        if instrument.id in places:
            raise InputError(
                f"the instrument `{instrument.id}` again (first at line {places[instrument.id].line})",
                where=node.where,
                remedy="give each instrument its own id",
            )
        places[instrument.id] = node.where
        found.append(instrument)
    return Record(opened.agreement, tuple(found), opened.confirmed_until), places


def instrument_agreement(name: str, data: bytes) -> str:
    """Which agreement the instrument in a file of its own belongs to."""
    fields = Fields(parse_document(name, data), "an instrument")
    check_schema(fields, INSTRUMENT_SCHEMA)
    return fields.needed("agreement", check_id)


def read_instrument(name: str, data: bytes, text: Agreement) -> Instrument:
    """An instrument in a file of its own, which names its agreement."""
    node = parse_document(name, data)
    fields = Fields(node, "an instrument")
    check_schema(fields, INSTRUMENT_SCHEMA)
    if fields.needed("agreement", check_id) != text.id:
        raise InputError(
            f"an instrument of another agreement than `{text.id}`",
            where=fields.place("agreement"),
            remedy="name that agreement, or the right one",
        )
    return read_instrument_node(node, text, alone=True)


def read_instrument_node(node: Node, text: Agreement, *, alone: bool = False) -> Instrument:
    """One instrument; dates alone mean the first instant of the day in the agreement's zone."""
    fields = Fields(node, "an instrument")
    if alone:
        fields.find("relto")
        fields.find("agreement")
    identifier = fields.needed("id", check_id)
    kind = fields.choice("kind", INSTRUMENT_KINDS)
    at = fields.needed_stamp("at", text.zone, fields.option("precision", get_args(Precision)))
    recorded = fields.stamp("recorded", text.zone)
    sent = fields.stamp("sent", text.zone)
    rule = text.term.notice
    if kind == "termination-notice" and rule is not None and rule.counts_from == "sending" and sent is None:
        raise InputError(
            f"the notice `{identifier}` does not say when it was sent, from which it counts",
            where=node.where,
            remedy="add `sent:`",
            article=text.term.article,
        )
    instrument = Instrument(
        id=identifier,
        kind=kind,
        by=fields.values("by", check_party_id),
        at=at,
        recorded=recorded.instant if recorded is not None else at.instant,
        sent=sent,
        targets=fields.values("targets", check_id),
        text=fields.text("text"),
        item=fields.value("item", check_id) or "",
        topic=fields.value("topic", check_topic) or "",
        to=fields.values("to", check_party_id_or_person),
        purpose=fields.text("purpose"),
        until=fields.bound("until"),
        condition=fields.text("condition"),
        authority=fields.text("authority"),
        contested=fields.flag("contested"),
        source=fields.text("source"),
        unconfirmed=fields.flag("unconfirmed"),
        note=fields.text("note"),
    )
    fields.close()
    return instrument


def check_party_id_or_person(text: str) -> str:
    """Whom a consent may name: a party, a country, a body or a person, all by id."""
    return check_id(text)
