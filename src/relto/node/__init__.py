"""A party's node: the use cases, and the ports they need. Bytes in from peers, signed evidence out.

Values of the core and codecs may come in; adapters are handed in by `compose` alone.
"""

from relto.node.acknowledge import settle
from relto.node.agree import Signed, countersign, instruments, receive_instrument, sign_instrument
from relto.node.card import Card
from relto.node.compromise import receive_compromise, report_compromise
from relto.node.deciding import ActRefused
from relto.node.dispatch import Delivery, delivery_of, dispatch_pending
from relto.node.handle import handle
from relto.node.node import Moment, Node
from relto.node.open_item import OpenedItem, open_item
from relto.node.receive import MAX_MESSAGE_BYTES, receive_recall, receive_transmittal
from relto.node.release import forward, relay_pending, release
from relto.node.rows import DecisionRow, InboxRow, InstrumentRow, Leaf, OutboxRow
from relto.node.verify import Verification, verify

__all__ = [
    "MAX_MESSAGE_BYTES",
    "ActRefused",
    "Card",
    "DecisionRow",
    "Delivery",
    "InboxRow",
    "InstrumentRow",
    "Leaf",
    "Moment",
    "Node",
    "OpenedItem",
    "OutboxRow",
    "Signed",
    "Verification",
    "countersign",
    "delivery_of",
    "dispatch_pending",
    "forward",
    "handle",
    "instruments",
    "open_item",
    "receive_compromise",
    "receive_instrument",
    "receive_recall",
    "receive_transmittal",
    "relay_pending",
    "release",
    "report_compromise",
    "settle",
    "sign_instrument",
    "verify",
]
