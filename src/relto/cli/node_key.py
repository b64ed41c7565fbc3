"""`relto node key`: replace or revoke a node's own keys, and list the cards that each party has had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import columns, print_json
from relto.core.errors import PeerUnreachable
from relto.core.timeline import Instant
from relto.formats.answers import instant_json

if TYPE_CHECKING:
    from relto.node import Delivery
    from relto.node.card import Card
    from relto.node.card_chain import KeyChangeKind

F = TypeVar("F", bound=Callable[..., Any])


def mldsa_option(default: bool | None) -> Callable[[F], F]:
    """The flag for an ML-DSA-44 key beside the one that signs; None: as the keys before have it."""
    return click.option(
        "--mldsa/--no-mldsa",
        default=default,
        help="With an ML-DSA-44 key (FIPS 204) beside the one that signs; heads of ledgers then bear both signatures "
        f"({'as the keys before' if default is None else 'without'} if not given).",
    )


def keys_json(card: Card) -> dict[str, str | None]:
    """The thumbprints of a card's keys."""
    return {
        "signing_key": card.signing.id,
        "wrapping_key": card.wrapping.id,
        "mldsa_key": card.mldsa_id or None,
    }


def key_lines(card: Card) -> str:
    """The thumbprints of a card's keys, for people to compare."""
    beside = f"\n  ML-DSA-44 key {card.mldsa_id}" if card.mldsa_id else ""
    return f"  signing key   {card.signing.id}\n  wrapping key  {card.wrapping.id}{beside}"


@click.group()
def key() -> None:
    """A node's own keys, replaced or revoked by a change that the peers take.

    \b
    Example:
      relto node key replace --node jpn
      relto node key list --node kor
    """


@key.command()
@mldsa_option(None)
@node_option
@clock_option
@json_option
def replace(mldsa: bool | None, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Make new keys, to sign, to open and for TLS, and tell the peers; each goes by the old ones until it has
    acknowledged that. What was sealed to the old ones still opens, what they signed still verifies. With --mldsa a
    second key signs heads of the ledger and cosignatures too, and every peer demands both from then on.

    For keys that may be in other hands, revoke them instead.

    \b
    Example:
      relto node key replace --node jpn
      relto node key replace --mldsa --node jpn
    """
    _change(node_dir, at, "key-replacement", as_json, mldsa)


@key.command()
@mldsa_option(None)
@node_option
@clock_option
@json_option
def revoke(mldsa: bool | None, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """End the keys now, for they may be in other hands, and go on with new ones. No peer takes anything more that the
    old ones signed, nor sends what is sealed to them; each pins the new card by its own people, as the first was.

    \b
    Example:
      relto node key revoke --node jpn
    """
    _change(node_dir, at, "key-revocation", as_json, mldsa)


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
            **keys_json(term.card),
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
    shown = [
        (str(row["party"]), str(row["signing_key"]), _term(row) + (", with ML-DSA-44" if row["mldsa_key"] else ""))
        for row in rows
    ]
    click.echo("\n".join(columns(shown)))


def _term(row: Mapping[str, object]) -> str:
    since = f"from {row['since']}" if row["since"] else "as pinned"
    if row["until"] is None:
        return f"{since}, in use"
    return f"{since}, {'revoked' if row['revoked'] else 'replaced'} at {row['until']}"


def _change(node_dir: Path, at: Instant | None, kind: KeyChangeKind, as_json: bool, mldsa: bool | None) -> None:
    from relto.node.key_changes import change_keys

    with opened(node_dir, at=at) as node:
        change, deliveries = change_keys(node, kind, mldsa)
        own = node.keys.own
    told = [{"to": one.row.peer, "state": one.state} for one in deliveries]
    if as_json:
        changed = {"schema": "relto/key-change/1", "kind": kind, "at": str(change.at), **keys_json(own)}
        print_json({**changed, "deliveries": told})
    else:
        done = "replaced" if kind == "key-replacement" else "revoked"
        click.echo(f"{own.party}: the keys are {done} at {change.at}")
        click.echo(key_lines(own))
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
