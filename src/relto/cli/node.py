"""`relto node`: make a party's node, show its card, pin its peers."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.opening import add_neighbour, keep_passphrase, new_passphrase
from relto.cli.options import INSTANT, dossier_option, dossier_path, json_option, node_option
from relto.cli.output import print_json
from relto.core.errors import InputError
from relto.core.timeline import Instant


@click.group()
def node() -> None:
    """A party's node: its keys, its copy of the dossier, its store.

    \b
    Example:
      relto node init --party JPN jpn
      relto node pin jpn --node kor
    """


@node.command()
@click.option("--party", required=True, metavar="P", help="Whose node it is.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="For rehearsals: its clock stands where --at puts it.")
@click.option("--at", type=INSTANT, metavar="T", help="Where the clock of a rehearsal node stands.")
@dossier_option
@json_option
def init(
    party: str, folder: Path, rehearsal: bool, at: Instant | None, dossier_dir: Path | None, as_json: bool
) -> None:
    """Make the node of a party in DIR, with keys of its own and a copy of the dossier.

    The keys are encrypted under RELTO_PASSPHRASE, the content of RELTO_PASSPHRASE_FILE, or what is typed.

    \b
    Example:
      relto node init --party JPN jpn
      relto node init --party KOR kor-rehearsal --rehearsal --at 2019-11-18T09:00+09:00
    """
    from relto.adapters.clock import ReplayClock
    from relto.compose import create_node

    if rehearsal != (at is not None):
        raise InputError("a rehearsal node needs `--at`, any other has the system's clock", remedy="give both or none")
    passphrase, made_up = new_passphrase(folder)
    clock = ReplayClock(at) if at is not None else None
    made = create_node(folder, party, dossier_path(dossier_dir), passphrase, clock=clock, replay=rehearsal)
    card = made.keys.own
    made.store.close()
    if made_up:
        kept = keep_passphrase(folder, passphrase)
        click.echo(
            f"relto: no passphrase was given; one was made and kept in {kept}: move it to a safe place", err=True
        )
    if as_json:
        print_json(
            {
                "schema": "relto/node/1",
                "party": party,
                "folder": str(folder),
                "rehearsal": rehearsal,
                "signing_key": card.signing.id,
                "wrapping_key": card.wrapping.id,
            }
        )
        return
    click.echo(f"the node of {party} is in {folder}")
    click.echo(f"  signing key   {card.signing.id}\n  wrapping key  {card.wrapping.id}")
    click.echo(f"next: hand {folder / 'keys' / 'card.json'} to the other parties, and pin theirs with `relto node pin`")


@node.command()
@click.argument("card", metavar="CARD", type=click.Path(path_type=Path))
@node_option
@json_option
def pin(card: Path, node_dir: Path, as_json: bool) -> None:
    """Pin a peer's public keys: CARD is its card, or the folder of its node on this machine.

    An act of the operator, after comparing the thumbprints with the peer by another way. A node named by its folder
    is also reached there.

    \b
    Example:
      relto node pin jpn --node kor
      relto node pin card-of-usa.json --node kor
    """
    from relto.compose import pin as pin_card

    pinned = pin_card(node_dir, card / "keys" / "card.json" if card.is_dir() else card)
    if card.is_dir():
        add_neighbour(node_dir, card)
    if as_json:
        print_json({"schema": "relto/card/1", **_thumbprints(pinned.party, pinned.signing.id, pinned.wrapping.id)})
        return
    click.echo(f"pinned {pinned.party}\n  signing key   {pinned.signing.id}\n  wrapping key  {pinned.wrapping.id}")


def _thumbprints(party: str, signing: str, wrapping: str) -> dict[str, str]:
    return {"party": party, "signing_key": signing, "wrapping_key": wrapping}
