"""`relto ledger`: verify, checkpoint, prove."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import json_option, node_option
from relto.cli.output import columns, print_json
from relto.core.errors import NotFound, VerificationFailed


@click.group()
def ledger() -> None:
    """The ledger: every step, signed, in a Merkle log that cannot be changed unseen.

    \b
    Example:
      relto ledger verify --node jpn
    """


@ledger.command()
@node_option
@json_option
def verify(node_dir: Path, as_json: bool) -> None:
    """Recompute everything from this node's files alone; exit 5 if anything does not hold.

    \b
    Example:
      relto ledger verify --node jpn
    """
    from relto.node import verify as verify_node

    with opened(node_dir, unlocked=False) as node:
        found = verify_node(node)
    if as_json:
        print_json(
            {
                "schema": "relto/verification/1",
                "party": found.party,
                "holds": found.holds,
                "leaves": found.leaves,
                "evidence": dict(found.evidence),
                "receipts": found.receipts,
                "proofs": found.proofs,
                "holdings": found.holdings,
                "problems": list(found.problems),
            }
        )
    else:
        rows = [
            ("leaves", str(found.leaves)),
            ("evidence", ", ".join(f"{count} {kind}" for kind, count in found.evidence.items()) or "none"),
            ("receipts", f"{found.receipts} repeat what their senders signed"),
            ("inclusion", f"{found.proofs} proofs verify against the checkpoint"),
            ("holdings", f"{found.holdings}, as their evidence makes them"),
        ]
        click.echo(f"{found.party}: {'everything holds' if found.holds else 'NOT everything holds'}")
        click.echo("\n".join(columns(rows, indent="  ")))
        for problem in found.problems:
            click.echo(f"  problem  {problem}")
    if not found.holds:
        raise VerificationFailed(
            f"{len(found.problems)} of the node's records do not hold: {found.problems[0]}",
            remedy="keep the files as they are, and compare with the peers' evidence",
        )


@ledger.command()
@node_option
@json_option
def checkpoint(node_dir: Path, as_json: bool) -> None:
    """Print the signed head of the ledger (C2SP tlog-checkpoint).

    \b
    Example:
      relto ledger checkpoint --node jpn
    """
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        note, size = reading.checkpoint(), reading.ledger_size()
    if as_json:
        print_json({"schema": "relto/checkpoint/1", "size": size, "note": note or None})
    elif not note:
        click.echo("the ledger is empty; the first release, receipt or instrument begins it")
    else:
        click.echo(note, nl=False)


@ledger.command()
@click.argument("identifier", metavar="ID")
@node_option
@json_option
def prove(identifier: str, node_dir: Path, as_json: bool) -> None:
    """Prove that evidence ID (a digest) is in the ledger: its leaf, the proof, the checkpoint.

    \b
    Example:
      relto ledger prove sha256:9f86d0... --node jpn
    """
    from relto.core.ledger import Tree

    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        leaf, note = reading.leaf(identifier), reading.checkpoint()
        tree = Tree(one.evidence.encode("utf-8") for one in reading.leaves())
    if leaf is None:
        raise NotFound(f"no evidence `{identifier[:80]}` in the ledger", remedy="`relto outbox --json` names it")
    proof = [base64.b64encode(one).decode("ascii") for one in tree.inclusion_proof(leaf.position)]
    if as_json:
        print_json(
            {
                "schema": "relto/proof/1",
                "id": leaf.id,
                "index": leaf.position,
                "size": tree.size,
                "proof": proof,
                "leaf": leaf.evidence,
                "checkpoint": note,
            }
        )
        return
    click.echo(f"leaf {leaf.position} of {tree.size}: {leaf.kind} by {leaf.signer}\n{leaf.evidence}\n")
    click.echo("\n".join(proof) + "\n")
    click.echo(note, nl=False)
