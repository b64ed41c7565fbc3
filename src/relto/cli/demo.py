"""`relto demo`: the record of 2019 through three nodes, and the midnight that did not come."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click


@click.command()
@click.option("--exit", "exit_", is_flag=True, help="End after printing; serve and keep nothing.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the nodes in DIR, to look at them.")
@click.option("--serve", is_flag=True, help="Serve the desks until standard input ends (default: at a terminal).")
def demo(exit_: bool, keep: Path | None, serve: bool) -> None:
    """Three nodes (KOR, JPN, USA) live through the real record of 2019, then through the lapse that did not come; then
    their desks are served, to be looked at in a browser.

    \b
    Example:
      relto demo
      relto demo --exit
      relto demo --keep demo-nodes
    """
    from relto.cli.scenes import play
    from relto.core.errors import Conflict, InputError

    if exit_ and serve:
        raise InputError("--exit and --serve say the opposite", remedy="leave one out")
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise Conflict(f"`{keep}` is there already, and not empty", remedy="name another folder")
    folder = Path(tempfile.mkdtemp(prefix="relto-demo-")) if keep is None else keep
    try:
        play(folder)
        if keep is not None:
            click.echo(f"\nThe nodes are kept in {folder}; try `relto inbox --node {folder}/as-it-happened/jpn`.")
        if not exit_ and (serve or sys.stdin.isatty()):
            _serve(folder)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: Path) -> None:
    """Serve the desks until Enter is pressed, or whatever stands for it ends."""
    from relto.cli.desks import served_desks
    from relto.cli.rehearsal import PARTIES, PASSPHRASE

    folders = {party: folder / "as-it-happened" / party.lower() for party in PARTIES}
    with served_desks(folders, PASSPHRASE, click.echo):
        click.echo("\nEnter ends it. In another window the command line looks at the same nodes:")
        click.echo(f"  relto inbox --node {folders['JPN']}")
        click.echo(f"  relto ledger verify --node {folders['KOR']}")
        sys.stdout.flush()
        sys.stdin.readline()
