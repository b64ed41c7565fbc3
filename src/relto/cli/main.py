"""`relto`: the root command, and the one place where errors become a line on stderr and an exit code."""

from __future__ import annotations

import io
import os
import sys

import click

from relto import __version__
from relto.cli.lazy import LazyGroup
from relto.core.errors import ReltoError

COMMANDS = {
    "demo": ("relto.cli.demo:demo", "three nodes, the real record of 2019, and the midnight of 23 November"),
    "agreement": ("relto.cli.agreement:agreement", "legal state: lint, standing, timeline, deadlines, diff"),
    "check": ("relto.cli.check:check", "may this item go from here to there, for this, then? (exit 0 or 3)"),
    "explain": ("relto.cli.check:explain", "every ground of a verdict, with article and source line"),
    "table": ("relto.cli.table:table", "every answer of a dossier: build, prove cell by cell, show"),
    "brief": ("relto.cli.brief:brief", "what a desk needs to know at an instant, each under who said it"),
    "impact": ("relto.cli.impact:impact_command", "what a lapse, or another text or record, does to traffic"),
    "sufficiency": ("relto.cli.sufficiency:sufficiency", "who would know of a launch when, by which route: a model"),
    "payload": ("relto.cli.payload:payload", "typed payloads: warnings (JSON, CAP 1.2), encounters (GeoJSON), schemas"),
    "export": ("relto.cli.export:export", "the dossier in other formats: cedar"),
    "node": ("relto.cli.node:node", "make a party's node, pin its peers"),
    "account": ("relto.cli.account:account", "a node's own people: accounts, roles, passwords, the journal"),
    "approval": ("relto.cli.approval:approval", "releases that two persons make: submit, approve, refuse"),
    "instrument": ("relto.cli.instrument:instrument", "sign an instrument and deliver it; list the record"),
    "record": ("relto.cli.record:record", "whether the peers hold the same record as this node"),
    "release": ("relto.cli.exchange:release", "release an item to a partner: decide, seal, send, get the receipt"),
    "inbox": ("relto.cli.exchange:inbox", "what others have released to this node"),
    "outbox": ("relto.cli.exchange:outbox", "what this node has released, and what became of it"),
    "open": ("relto.cli.exchange:open_", "open a holding under its banner"),
    "feed": ("relto.cli.feed:feed", "streams of warnings: send, watch, how far each has gone"),
    "holdings": ("relto.cli.holdings:holdings", "the register: what this node holds of others' items"),
    "visits": ("relto.cli.visits:visits", "visits: ask, approve up to a rank and for a time, show within them"),
    "contractors": ("relto.cli.contractors:contractors", "contractors: their conditions, their inspections"),
    "facilities": ("relto.cli.facilities:facilities", "own facilities: who is responsible, who is on the register"),
    "duties": ("relto.cli.duties:duties", "what is owed for what this node holds: article, time, whose it is"),
    "reclassify": ("relto.cli.custody:reclassify", "give an own item another mark, and tell every holder"),
    "compromise": ("relto.cli.holdings:compromise", "tell the originator of a loss or compromise, actual or possible"),
    "evidence": ("relto.cli.evidence:evidence", "all about an item for a third person; verify it offline"),
    "ledger": ("relto.cli.ledger:ledger", "verify the evidence, print the checkpoint, prove a leaf"),
}


@click.command(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="relto")
def relto() -> None:
    """Information sharing between sovereign parties, governed by agreements.

    \b
    Example:
      relto agreement standing kor-jpn-2016 --at 2019-11-18T09:00+09:00
      relto check msl-2019-10-31 --from KOR --to JPN --at 2019-11-18T09:00+09:00
      relto demo --exit

    Instants carry an offset or a zone: 2019-11-22T15:00:00Z, 2019-11-23T00:00[Asia/Seoul].

    \b
    Exit codes: 0 yes, 1 internal error, 2 bad input, 3 refused, 4 not found,
    5 verification failed, 6 peer unreachable, 7 conflict.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; its exit code. Every error is one line on stderr."""
    _say_what_can_be_said()
    try:
        outcome = relto.main(args=arguments, prog_name="relto", standalone_mode=False)
        _flush()
        return outcome if isinstance(outcome, int) else 0
    except ReltoError as error:
        return _said(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        where = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        return _said(_lower(error.format_message()).rstrip(".") + where, 2)
    except click.ClickException as error:
        return _said(_lower(error.format_message()), 2)
    except (click.Abort, KeyboardInterrupt):
        return _said("stopped", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more: say nothing
        return 0
    except UnicodeEncodeError:  # bytes that are no text reach us as lone surrogates, and nothing else does
        return _said("what was given is not UTF-8; give ids and names as text", 2)
    except OSError as error:
        return _said(*_of_the_system(error))
    except Exception as error:  # the last resort: a person sees a line, not a traceback
        if os.environ.get("RELTO_DEBUG"):
            raise
        return _said(f"internal error: {type(error).__name__}; set RELTO_DEBUG=1 to see where, and report it", 1)


def _say_what_can_be_said() -> None:
    """Where the terminal's encoding lacks a sign, print its escape instead of failing half-way."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _of_the_system(error: OSError) -> tuple[str, int]:
    """What the operating system refused: with a file's name it is the name that was given; else a disk or device."""
    if os.environ.get("RELTO_DEBUG"):
        raise error
    says = error.strerror or type(error).__name__
    if error.filename is None:
        return f"{says}; look at the disk, and at where the output goes", 1
    return f"`{os.fsdecode(error.filename)}`: {says}; check the name, and who may use it", 2


def _flush() -> None:
    """Let what was printed out, if anybody listens: a closed stdout is none at all."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _said(message: str, code: int) -> int:
    line = " ".join(message.split())
    try:
        _flush()
    except OSError:  # a reader that is gone, a full disk: what was printed is lost, the exit code is not
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if sys.stderr is not None:  # print would take stdout instead
        try:
            print(f"relto: {line}", file=sys.stderr)  # noqa: T201
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return code
