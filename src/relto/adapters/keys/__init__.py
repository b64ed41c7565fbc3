"""A node's keys in files: private ones encrypted, public cards beside them, and the certificate of its TLS key."""

from relto.adapters.keys.disk import read_private, write_private
from relto.adapters.keys.files import FileKeys, create_keys, open_keys, pin_card, set_address
from relto.adapters.keys.sets import FULL_COST, LIGHT_COST

__all__ = [
    "FULL_COST",
    "LIGHT_COST",
    "FileKeys",
    "create_keys",
    "open_keys",
    "pin_card",
    "read_private",
    "set_address",
    "write_private",
]
