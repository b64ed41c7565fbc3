"""The desks of a rehearsal's nodes, served for whoever wants to look: one account, with a password of the moment."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from relto.cli.served import Served, free_address
from relto.compose import clock_of, open_node, open_people
from relto.node.people import Account, Role

VISITOR = "visitor"
_ROLES: tuple[Role, ...] = ("desk-officer", "releasing-authority", "security-officer", "analyst")


@contextmanager
def served_desks(
    folders: Mapping[str, Path], passphrase: str, told: Callable[[str], None]
) -> Iterator[Mapping[str, str]]:
    """Serve the desk of each party's node, and tell where, as whom, and what to look at. Party -> address."""
    password = secrets.token_urlsafe(12)
    addresses = {party: free_address() for party in folders}
    with ExitStack() as open_now:
        for party, folder in folders.items():
            _let_in(folder, password)
            peers = _address_of(folder)
            open_now.enter_context(Served(folder, peers, passphrase, people=addresses[party])).wait()
        told("\nThe desks of the three, as it happened:")
        for party, address in addresses.items():
            told(f"  {party}  https://{address}/desk/")
        told(f"Sign in as `{VISITOR}` with the password `{password}`. The certificates are the nodes' own: the browser")
        told("asks whether to go on. To look at the 18th of November, add ?at=2019-11-18T09:00%2B09:00 to any page.")
        yield {party: f"https://{address}" for party, address in addresses.items()}


def _let_in(folder: Path, password: str) -> None:
    people, at = open_people(folder), clock_of(folder).interval()[1]
    try:
        people.add_account(Account(VISITOR, "Visitor", _ROLES), password, by="console:demo", at=at)
    finally:
        people.close()


def _address_of(folder: Path) -> str:
    """Where its peers look for a node: as its own card says."""
    node = open_node(folder, None)
    try:
        return node.keys.own.address
    finally:
        node.close()
