"""`relto ledger`: verify, checkpoint, prove, witness, settle, recover, export."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import columns, print_json, safe
from relto.core.errors import Conflict, NotFound, PeerUnreachable, VerificationFailed
from relto.core.timeline import Instant

if TYPE_CHECKING:
    from relto.node import Verification

_SHORT = 10_000  # leaves, of which nobody waits for progress


@click.group()
def ledger() -> None:
    """The ledger: every step, signed, in a Merkle log that cannot be changed unseen.

    \b
    Example:
      relto ledger verify --node jpn
    """


@ledger.command()
@click.option("--progress", "as_lines", is_flag=True, help="How far it is, as lines of JSON.")
@click.option(
    "--processes",
    type=click.IntRange(1, 16),
    help="At most so many processes share the work; by default one for each processor. A short ledger takes one.",
)
@node_option
@json_option
def verify(node_dir: Path, as_lines: bool, processes: int | None, as_json: bool) -> None:
    """Recompute everything from this node's files alone; exit 5 if anything does not hold.

    \b
    Example:
      relto ledger verify --node jpn
    """
    from relto.node.verifying import progress_json, verification_json
    from relto.shares import verify_in_shares

    with opened(node_dir, unlocked=False) as node:
        told = (lambda *how_far: print_json(progress_json(*how_far))) if as_lines else _tell_verified
        found = verify_in_shares(node_dir, node, told, processes)
    if as_json:
        print_json(verification_json(found))
    else:
        click.echo("\n".join(_verified_lines(found)))
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
@click.option("--witnessed", is_flag=True, help="As a C2SP tlog-proof, under the head that most peers have cosigned.")
@click.option("--at-signer", is_flag=True, help="The same, in the ledger of the party that signed it.")
@node_option
@json_option
def prove(identifier: str, witnessed: bool, at_signer: bool, node_dir: Path, as_json: bool) -> None:
    """Prove that evidence ID (a digest) is in the ledger: its leaf, the proof, the checkpoint.

    With --witnessed, exit 3 where fewer parties have cosigned it than the text that it is about asks for. With
    --at-signer, it is where a peer's receipt stands in the peer's own ledger, as far as that is mirrored here.

    \b
    Example:
      relto ledger prove sha256:9f86d0... --node jpn
      relto ledger prove sha256:9f86d0... --witnessed --node jpn > receipt.tlog-proof
    """
    if witnessed or at_signer:
        from relto.node.inclusion import proof_at_signer, proof_of

        with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
            click.echo((proof_at_signer if at_signer else proof_of)(node, reading, identifier), nl=False)
        return
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


@ledger.command()
@click.option("--ask", is_flag=True, help="Have every peer cosign the head now, and mirror theirs.")
@node_option
@json_option
def witness(ask: bool, node_dir: Path, as_json: bool) -> None:
    """How far each peer has cosigned this ledger, and this node theirs; and what does not go together.

    Exit 7 where a peer's ledger contradicts itself, or shows that the one here is an old one.

    \b
    Example:
      relto ledger witness --node jpn
      relto ledger witness --ask --node jpn
    """
    from relto.cli.witness import ask_all, lines
    from relto.node.witnessing import told_of

    with opened(node_dir, unlocked=ask) as node:
        failed = ask_all(node) if ask else []
        with node.store.read() as reading:
            told = told_of(node, reading)
    if as_json:
        print_json(told.to_json())
    else:
        click.echo("\n".join(lines(told)))
    for why in failed:
        click.echo(f"relto: {why}", err=True)
    if told.wrong:
        raise Conflict(told.wrong[0], remedy="keep both heads, and settle it with the operators of both nodes")
    if failed:
        raise PeerUnreachable("not every peer has cosigned, and given its hashes", remedy="ask again once it answers")


@ledger.command()
@click.argument("party")
@click.option("--head", type=click.Path(path_type=Path), help="Its checkpoint, in a file: go on from this one.")
@node_option
@clock_option
def settle(party: str, head: Path | None, node_dir: Path, at: Instant | None) -> None:
    """Trust the ledger of PARTY again, from the head that contradicted on, or from --head: an act of the security
    officer, after the operators of both nodes have found out why (a store restored from an old backup, begun again).

    \b
    Example:
      relto ledger settle KOR --node jpn
      relto ledger settle KOR --head kor.checkpoint --node jpn
    """
    from relto.adapters.folder import read_limited
    from relto.node.witness import settle_fork

    given = "" if head is None else read_limited(head).decode("utf-8", "replace")
    with opened(node_dir, at=at) as node:
        found = settle_fork(node, party, given)
    click.echo(f"the ledger of {party} is taken to go on from\n{found}", nl=False)


@ledger.command("begin-again")
@node_option
@clock_option
def begin_again(node_dir: Path, at: Instant | None) -> None:
    """Go on signing though peers have cosigned a later head of this ledger than there is here, and no newer backup is
    left: what is missing is lost. It is entered; the security officer of each peer has to settle it there.

    \b
    Example:
      relto ledger begin-again --node kor
      relto ledger checkpoint --node kor > kor.checkpoint
    """
    from relto.node.heads import begin_again as begin

    with opened(node_dir, at=at) as node:
        found = begin(node)
    for one in found:
        click.echo(f"begun again; {one.peer} has to settle it: `relto ledger settle`, with this ledger's checkpoint")


@ledger.command()
@node_option
@clock_option
def recover(node_dir: Path, at: Instant | None) -> None:
    """Take back from every peer what this node has signed since its backup was made, and lost: what it received and
    acknowledged, what it sent, what became of either. A node that serves does so by itself.

    What only this node had (who opened an item, its copies, its decisions) is not with its peers, and stays lost.

    \b
    Example:
      relto ledger witness --ask --node jpn
      relto ledger recover --node jpn
    """
    from relto.node.recovery import recover as take_back

    with opened(node_dir, at=at) as node:
        found = take_back(node)
    click.echo(f"{found.taken} statements taken back")
    for why in found.left:
        click.echo(safe(f"  not whole: {why}"))
    if found.left:
        raise VerificationFailed(
            f"{len(found.left)} statements did not come back whole", remedy="see above what each lacks"
        )


@ledger.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--entries", is_flag=True, help="The evidence too: it names items, parties and marks.")
@node_option
@json_option
def export(folder: Path, entries: bool, node_dir: Path, as_json: bool) -> None:
    """Publish the ledger into DIR as static files (C2SP tlog-tiles): checkpoint and hashes, for any server and witness.

    Hashes alone say nothing of what was exchanged. What is there already is kept and must be a beginning of this
    ledger: one that was rolled back or rewritten is refused (exit 7), and nothing is written.

    \b
    Example:
      relto ledger export public --node jpn
      relto ledger export for-the-auditor --entries --node jpn
    """
    from relto.adapters.published import fetch_from, publish
    from relto.core.ledger import CHECKPOINT_PATH
    from relto.node.publishing import published

    before = fetch_from(folder)(CHECKPOINT_PATH) if (folder / CHECKPOINT_PATH).is_file() else b""
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        size = reading.ledger_size()
        written = publish(folder, published(node, reading, entries=entries, before=before), _tell)
    if as_json:
        print_json({"schema": "relto/ledger-export/1", "folder": str(folder), "size": size, "files": written})
    else:
        click.echo(f"{size} leaves are published in {folder}: {written} files written")


@ledger.command("verify-export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--card", required=True, type=click.Path(path_type=Path), help="The card of the party whose ledger it is."
)
@json_option
def verify_export(folder: Path, card: Path, as_json: bool) -> None:
    """Verify a published ledger offline, without a node: the checkpoint is by the party of the card, and every hash,
    and every leaf that is there, stands under it. Exit 0 or 5.

    \b
    Example:
      relto ledger verify-export public --card jpn-card.json
    """
    from relto.adapters.folder import read_limited
    from relto.adapters.published import fetch_from
    from relto.core.ledger import CHECKPOINT_PATH, verify_checkpoint, verify_tiles
    from relto.node.card import Card
    from relto.node.log import origin_of

    known, fetch = Card.from_bytes(read_limited(card), name=str(card)), fetch_from(folder)
    head = verify_checkpoint(fetch(CHECKPOINT_PATH), origin=origin_of(known.party), key=known.signing).head
    entries = (folder / "tile" / "entries").is_dir()
    files = verify_tiles(head, fetch, entries=entries)
    if as_json:
        told = {"party": known.party, "size": head.size, "files": files, "entries": entries}
        print_json({"schema": "relto/ledger-export-verification/1", **told})
    else:
        what = "every hash and every leaf stands" if entries else "every hash stands"
        click.echo(f"{known.party}: {head.size} leaves, {files} files: {what} under the checkpoint")


def _verified_lines(found: Verification) -> list[str]:
    """What was verified, for people."""
    rows = [
        ("leaves", str(found.leaves)),
        ("evidence", ", ".join(f"{count} {kind}" for kind, count in found.evidence.items()) or "none"),
        ("receipts", f"{found.receipts} repeat what their senders signed"),
        ("inclusion", f"{found.proofs} proofs verify against the checkpoint"),
        ("holdings", f"{found.holdings}, as their evidence makes them"),
        ("witnessed", f"{found.witnessed} leaves are under heads that peers have cosigned as their texts ask"),
        *(("waiting", one) for one in found.waiting),
    ]
    return [
        f"{found.party}: {'everything holds' if found.holds else 'NOT everything holds'}",
        *columns(rows, indent="  "),
        *(f"  problem  {problem}" for problem in found.problems),
    ]


def _tell_verified(what: str, done: int, total: int) -> None:
    if total > _SHORT:
        click.echo(f"relto: {what}, {done} of {total} leaves", err=True)


def _tell(written: int) -> None:
    if written % 1000 == 0:
        click.echo(f"relto: {written} files written", err=True)
