"""`relto demo`: the record of 2019 through three nodes, and the midnight that did not come."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click


@click.command()
@click.option("--exit", "exit_", is_flag=True, help="End after printing; keep nothing.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the nodes in DIR, to look at them.")
def demo(exit_: bool, keep: Path | None) -> None:
    """Three nodes (KOR, JPN, USA) live through the real record of 2019, then through the lapse that did not come.

    \b
    Example:
      relto demo --exit
      relto demo --keep demo-nodes
    """
    from relto.cli.scenes import play
    from relto.core.errors import Conflict

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise Conflict(f"`{keep}` is there already, and not empty", remedy="name another folder")
    folder = Path(tempfile.mkdtemp(prefix="relto-demo-")) if keep is None else keep
    try:
        play(folder)
        if not exit_ and keep is None and sys.stdin.isatty():
            click.echo(f"\nThe nodes lie in {folder} until you press Enter. Try, in another window:")
            click.echo(f"  relto inbox --node {folder}/as-it-happened/jpn")
            click.echo(f"  relto ledger verify --node {folder}/nobody-suspends/kor")
            click.prompt("", prompt_suffix="", default="", show_default=False)
        elif keep is not None:
            click.echo(f"\nThe nodes are kept in {folder}; try `relto inbox --node {folder}/as-it-happened/jpn`.")
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
