"""`relto node key`: replace or revoke a node's own keys, and list the cards that each party has had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import columns, print_json
from relto.core.errors import PeerUnreachable
from relto.core.timeline import Instant
from relto.formats.answers import instant_json

if TYPE_CHECKING:
    from relto.node import Delivery
    from relto.node.card_chain import KeyChangeKind


@click.group()
def key() -> None:
    """A node's own keys, replaced or revoked by a change that the peers take.

    \b
    Example:
      relto node key replace --node jpn
      relto node key list --node kor
    """


@key.command()
@node_option
@clock_option
@json_option
def replace(node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Make new keys, to sign, to open and for TLS, and tell the peers; each goes by the old ones until it has
    acknowledged that. What was sealed to the old ones still opens, what they signed still verifies.

    For keys that may be in other hands, revoke them instead.

    \b
    Example:
      relto node key replace --node jpn
    """
    _change(node_dir, at, "key-replacement", as_json)


@key.command()
@node_option
@clock_option
@json_option
def revoke(node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """End the keys now, for they may be in other hands, and go on with new ones. No peer takes anything more that the
    old ones signed, nor sends what is sealed to them; each pins the new card by its own people, as the first was.

    \b
    Example:
      relto node key revoke --node jpn
    """
    _change(node_dir, at, "key-revocation", as_json)


@key.command("list")
@node_option
@json_option
def list_(node_dir: Path, as_json: bool) -> None:
    """The cards that each party has had, the own one first: from when until when each was good.

    \b
    Example:
      relto node key list --node jpn
    """
    with opened(node_dir, unlocked=False) as node:
        chains = dict(node.keys.chains)
        own = chains.pop(node.party)
    rows = [
        {
            "party": chain.party,
            "signing_key": term.card.signing.id,
            "wrapping_key": term.card.wrapping.id,
            "since": instant_json(term.since),
            "until": instant_json(term.until),
            "revoked": chain.revoked(term.card),
        }
        for chain in (own, *(chains[party] for party in sorted(chains)))
        for term in chain.terms
    ]
    if as_json:
        for row in rows:
            print_json({"schema": "relto/key/1", **row})
        return
    shown = [(str(row["party"]), str(row["signing_key"]), _term(row)) for row in rows]
    click.echo("\n".join(columns(shown)))


def _term(row: Mapping[str, object]) -> str:
    since = f"from {row['since']}" if row["since"] else "as pinned"
    if row["until"] is None:
        return f"{since}, in use"
    return f"{since}, {'revoked' if row['revoked'] else 'replaced'} at {row['until']}"


def _change(node_dir: Path, at: Instant | None, kind: KeyChangeKind, as_json: bool) -> None:
    from relto.node.key_changes import change_keys

    with opened(node_dir, at=at) as node:
        change, deliveries = change_keys(node, kind)
        own = node.keys.own
    told = [{"to": one.row.peer, "state": one.state} for one in deliveries]
    if as_json:
        keys = {"signing_key": own.signing.id, "wrapping_key": own.wrapping.id}
        print_json({"schema": "relto/key-change/1", "kind": kind, "at": str(change.at), **keys, "deliveries": told})
    else:
        done = "replaced" if kind == "key-replacement" else "revoked"
        click.echo(f"{own.party}: the keys are {done} at {change.at}")
        click.echo(f"  signing key   {own.signing.id}\n  wrapping key  {own.wrapping.id}")
        click.echo("\n".join(columns([(f"to {one['to']}", one["state"]) for one in told], indent="  ")))
        if kind == "key-revocation":
            click.echo(f"next: hand {node_dir / 'keys' / 'card.json'} to the peers; each pins it after comparing")
    _check_delivered(deliveries)


def _check_delivered(deliveries: Sequence[Delivery]) -> None:
    waiting = [one.row.peer for one in deliveries if one.state == "queued"]
    if waiting:
        raise PeerUnreachable(
            f"changed, but not delivered to {', '.join(waiting)}", remedy="a node that serves tries again by itself"
        )
