"""A party's node: the use cases, and the ports they need. Bytes in from peers, signed evidence out.

Values of the core and codecs may come in; adapters are handed in by `compose` alone.
"""

from relto.node.acknowledge import settle
from relto.node.agree import Signed, countersign, instruments, sign_instrument
from relto.node.card import Card
from relto.node.compromise import report_compromise
from relto.node.deciding import ActRefused
from relto.node.dispatch import Delivery, Sending, delivery_of, dispatch_pending
from relto.node.feed import Offer, release_many
from relto.node.framing import MAX_BATCH_BYTES, Message, read_batch, write_answers
from relto.node.handle import check_kind, handle, handle_many
from relto.node.node import Moment, Node
from relto.node.open_item import OpenedItem, open_item
from relto.node.receive import MAX_MESSAGE_BYTES
from relto.node.release import forward, queue_relays, relay_pending, release
from relto.node.rows import DecisionRow, InboxRow, InstrumentRow, Leaf, OutboxRow
from relto.node.verify import Verification, verify

__all__ = [
    "MAX_BATCH_BYTES",
    "MAX_MESSAGE_BYTES",
    "ActRefused",
    "Card",
    "DecisionRow",
    "Delivery",
    "InboxRow",
    "InstrumentRow",
    "Leaf",
    "Message",
    "Moment",
    "Node",
    "Offer",
    "OpenedItem",
    "OutboxRow",
    "Sending",
    "Signed",
    "Verification",
    "check_kind",
    "countersign",
    "delivery_of",
    "dispatch_pending",
    "forward",
    "handle",
    "handle_many",
    "instruments",
    "open_item",
    "queue_relays",
    "read_batch",
    "relay_pending",
    "release",
    "release_many",
    "report_compromise",
    "settle",
    "sign_instrument",
    "verify",
    "write_answers",
]
