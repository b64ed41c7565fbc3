"""The one error tree. Only these leave relto; each knows the exit code of the command line.

ReltoError                 1  something relto itself got wrong
  InputError               2  bad input: a file, an argument, an instant
    Contradiction          2  a record or text that cannot be true as it stands
  Refused                  3  a verdict of refusal, raised where a caller asked for an act
  NotFound                 4  no such item, holding, agreement, party
  VerificationFailed       5  a digest, signature, proof or label does not hold
  PeerUnreachable          6  the other node did not answer
  Conflict                 7  the store holds something else already
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands: a file (or argument) name, line and column, both counted from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class ReltoError(Exception):
    """Root of the tree: what is wrong (lower case), where, and what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, where: Position | None = None, remedy: str = "", article: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy
        self.article = article

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        article = f" (article {self.article})" if self.article else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return _one_line(f"{place}{self.message}{article}{remedy}")


def _one_line(text: str) -> str:
    """`text` on one line, without signs that could drive a terminal: what was typed may hold any."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


class InputError(ReltoError):
    """Bad input. Nothing was changed."""

    exit_code = 2


class Contradiction(InputError):
    """A record or text that cannot be true as it stands.

    `subject` is the id of the instrument, clause or key at fault, so that a reader of files can add the position.
    """

    def __init__(
        self,
        message: str,
        *,
        subject: str,
        where: Position | None = None,
        remedy: str = "",
        article: str = "",
    ) -> None:
        super().__init__(message, where=where, remedy=remedy, article=article)
        self.subject = subject


class Refused(ReltoError):
    """The agreement does not permit what was asked."""

    exit_code = 3


class NotFound(ReltoError):
    """Nothing by that name."""

    exit_code = 4


class VerificationFailed(ReltoError):
    """A digest, signature, proof or label does not hold."""

    exit_code = 5


class PeerUnreachable(ReltoError):
    """The other node did not answer."""

    exit_code = 6


class Conflict(ReltoError):
    """The store holds something else under the same name already."""

    exit_code = 7
