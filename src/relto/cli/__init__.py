"""The command line: parse, call, print. Data on stdout, diagnostics on stderr, exit codes as the errors say."""

from relto.cli.main import main

__all__ = ["main"]
