"""A duty of an agreement's text: what starts it, what is to be done, how soon and towards whom."""

from __future__ import annotations

from relto.core.agreement import Duty
from relto.core.timeline import parse_hours, parse_period
from relto.formats.dossier.fields import Fields


def read_duty(fields: Fields, article: str, unconfirmed: bool) -> Duty:
    """The duty in `fields`, of an article that was read already. Raises InputError with the place."""
    duty = Duty(
        article,
        fields.needed_line("on"),
        fields.needed_line("do"),
        fields.value("within", _within) or "",
        fields.line("to"),
        unconfirmed=unconfirmed,
    )
    fields.close()
    return duty


def _within(text: str) -> str:
    """How soon: `at-once`, an ISO period, or hours (`PT72H`)."""
    if text == "at-once" or parse_hours(text) is not None:
        return text
    parse_period(text)
    return text
