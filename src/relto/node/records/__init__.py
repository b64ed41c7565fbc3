"""Records that diverge: two nodes find out at their next contact, say so, and hold to the stricter until they are one
again. What a peer says of its record never makes anything laxer here."""

from relto.node.records.compare import compare_if_due, compare_if_noted, compare_records, receive_records
from relto.node.records.notes import as_held, differences

__all__ = [
    "as_held",
    "compare_if_due",
    "compare_if_noted",
    "compare_records",
    "differences",
    "receive_records",
]
