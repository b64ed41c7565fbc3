"""What a node that was made again from a backup has lost, and its peers still have: they give it back.

Whatever it had acknowledged, or sent and had acknowledged, since the backup stands with a peer, signed by both. It asks
each peer for that, verifies it as if it came for the first time, and enters it again.
"""

from relto.node.recovery.giving import receive_recovery
from relto.node.recovery.taking import Recovered, recover, recover_if_due
from relto.node.recovery.wire import KIND

__all__ = ["KIND", "Recovered", "receive_recovery", "recover", "recover_if_due"]
