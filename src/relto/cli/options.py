"""Options that many commands share, and what they turn into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Instant, parse_instant

F = TypeVar("F", bound=Callable[..., Any])

_NODE, _PARTY = "relto.node", "relto.party"  # where a command keeps which node it asks, and whose that is


class InstantType(click.ParamType[Instant]):
    """An exact instant on the command line; naive times and dates alone are refused."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Instant:
        """Read it, naming the option in the error."""
        if isinstance(value, Instant):
            return value
        try:
            return parse_instant(str(value))
        except InputError as error:
            name = param.opts[0] if param is not None else "instant"
            raise InputError(f"{name}: {error.message}", remedy=error.remedy) from error


INSTANT = InstantType()


def at_option(function: F) -> F:
    """`--at`: the instant asked about."""
    return click.option("--at", type=INSTANT, metavar="T", help="The instant asked about (default: now).")(function)


def clock_option(function: F) -> F:
    """`--at` for what a node does: only a rehearsal node has a clock that can be put somewhere."""
    return click.option("--at", type=INSTANT, metavar="T", help="Where a rehearsal node's clock is put (no other's).")(
        function
    )


def by_option(function: F) -> F:
    """`--by`: the person who does something, as the evidence will say."""
    return click.option("--by", required=True, metavar="WHO", help="Who does it.")(function)


def known_by_option(function: F) -> F:
    """`--known-by`: up to when the record counts as known."""
    return click.option(
        "--known-by", type=INSTANT, metavar="T", help="Count only what was on record by then, inclusive."
    )(function)


def reading_option(function: F) -> F:
    """`--reading`: whose reading of the text counts."""
    return click.option("--reading", metavar="P", help="The party whose reading counts where the text is silent.")(
        function
    )


def dossier_option(function: F) -> F:
    """`--dossier`: where the dossier lies."""
    return click.option(
        "--dossier",
        "dossier_dir",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="The dossier (default: this folder if it has agreements/, else the shipped northeast-asia).",
    )(function)


def source_option(function: F) -> F:
    """`--dossier` or `--node`: what is asked, a dossier on disk or the record as a node knows it."""
    node = click.option(
        "--node",
        metavar="DIR",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_remember_node,
        help="Ask a node: its own dossier and record, and its own party's reading.",
    )
    return dossier_option(node(function))


def _remember_node(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[_NODE] = value


def node_option(function: F) -> F:
    """`--node`: the folder of a node."""
    return _node_option(True)(function)


def node_option_of_group(function: F) -> F:
    """`--node` of a command that has others below it, which take their own."""
    return _node_option(False)(function)


def _node_option(required: bool) -> Callable[[F], F]:
    return click.option(
        "--node",
        "node_dir",
        metavar="DIR",
        type=click.Path(path_type=Path),
        envvar="RELTO_NODE",
        show_envvar=True,
        required=required,
        help="The node's folder.",
    )


def json_option(function: F) -> F:
    """`--json`: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, with a schema key.")(function)


def dossier_path(dossier_dir: Path | None) -> Path:
    """The dossier's folder: the one named, this folder, or the shipped one."""
    if dossier_dir is not None:
        return dossier_dir
    here = Path()
    if (here / "agreements").is_dir():
        return here
    return shipped_dossier()


def shipped_dossier() -> Path:
    """The dossier that comes with relto: northeast-asia."""
    return Path(__file__).parent.parent / "dossiers" / "northeast-asia"


def open_dossier(dossier_dir: Path | None) -> Dossier:
    """Load the dossier: that of the node asked, the one named, or the default."""
    context = click.get_current_context(silent=True)
    node_dir = context.meta.get(_NODE) if context is not None else None
    if node_dir is None:
        from relto.adapters.folder import load_dossier

        return load_dossier(dossier_path(dossier_dir))
    if dossier_dir is not None:
        raise InputError("both --dossier and --node", remedy="ask one of them")
    from relto.compose import open_node

    node = open_node(node_dir, None)
    try:
        assert context is not None
        context.meta[_PARTY] = node.party
        return node.read_dossier()
    finally:
        node.store.close()


def asked_node() -> Path | None:
    """The folder of the node that `--node` asks, if one is asked."""
    context = click.get_current_context(silent=True)
    found = context.meta.get(_NODE) if context is not None else None
    assert found is None or isinstance(found, Path)
    return found


def own_reading(dossier: Dossier, agreement: str) -> str | None:
    """The reading of the node asked, where its party is one of the agreement's; else none in particular."""
    context = click.get_current_context(silent=True)
    party = context.meta.get(_PARTY) if context is not None else None
    return party if party in dossier.versions(agreement)[0].parties else None


def now() -> Instant:
    """The machine's clock, for questions asked without `--at`."""
    from relto.adapters.clock import SystemClock

    return SystemClock(uncertainty=0).interval()[0]


def check_reading(dossier: Dossier, reading: str | None) -> None:
    """A reading must be that of a party in the dossier."""
    if reading is not None and reading not in dossier.parties:
        raise InputError(
            f"--reading: unknown party `{reading[:60]}`", remedy=f"use one of {', '.join(sorted(dossier.parties))}"
        )
