"""The link to other nodes over HTTP. Where a peer is comes from its pinned card alone, never from what is received.

A message is a POST to `/v1/messages/KIND`; the answer is signed evidence. A batch is one to `/v1/batch`; a large one
goes in pieces (`relto.node.pieces`). What the peer could not even take in comes back as a problem (RFC 9457) and is the
error it stands for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from ssl import SSLContext
from time import monotonic
from typing import TYPE_CHECKING, Final

from relto.adapters.http.tls import TlsKeys, client_context
from relto.core.canon import count_in, only_keys, parse_object
from relto.core.errors import (
    Conflict,
    InputError,
    NotFound,
    PeerUnreachable,
    Refused,
    ReltoError,
    VerificationFailed,
)
from relto.node.card import Card
from relto.node.framing import MAX_ANSWERS_BYTES, Message, read_answers, write_batch
from relto.node.lines import Line
from relto.node.pieces import PIECE_BYTES, Progress, name_of

if TYPE_CHECKING:
    from relto.adapters.http.line import HttpLine  # loaded with the first message: most commands send none

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 60.0
MAX_ANSWER_BYTES: Final = 1 << 20
_MOST_IDLE: Final = 8
_LOOK_EVERY: Final = 1.0
_HURRY_SECONDS: Final = 2.0
_BY_CODE: Final = {one.exit_code: one for one in (InputError, Refused, NotFound, VerificationFailed, Conflict)}


class HttpLink:
    """Speaks to peers by their pinned cards; `card_of` is asked anew for each message, so a new pin counts at once."""

    def __init__(
        self, keys: TlsKeys, card_of: Callable[[str], Card | None], progress: Progress = lambda _peer, _sent, _all: None
    ) -> None:
        """`progress` is told of each piece of a large message."""
        self._keys = keys
        self._card_of = card_of
        self._progress = progress
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._ends = inf

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        """Hand `message` to the node of `peer` and give its reply. Raises PeerUnreachable where it does not answer, and
        the error that the peer told where it could not take the message in."""
        path = f"messages/{kind}"
        if len(message) > PIECE_BYTES:
            path += f"?of={self._hand_over(peer, message)}"
            message = b""
        return self._ask(peer, "POST", path, message, MAX_ANSWER_BYTES)

    def exchange_many(self, peer: str, messages: Sequence[Message]) -> list[bytes | ReltoError]:
        """Hand a batch to the node of `peer`; the reply to each message, or the error that the peer told in its place.

        Raises PeerUnreachable where it does not answer, and the error that it told where it took none of them.
        """
        data = self._ask(peer, "POST", "batch", write_batch(messages), MAX_ANSWERS_BYTES)
        try:
            answers = read_answers(data, len(messages))
        except InputError as error:
            raise VerificationFailed(f"the node of `{peer}` answers a batch with something else: {error}") from error
        return [data if answered else _problem(peer, 200, data) for answered, data in answers]

    def line(self, peer: str) -> Line:
        """A connection of its own to the node of `peer`, for what goes on while it answers. Raises PeerUnreachable."""
        return self._connect(self._kept_for(self._pinned(peer)))

    def _hand_over(self, peer: str, message: bytes) -> str:
        """Give a peer the pieces of a message that it does not have yet; the name under which it has them then."""
        name = name_of(message)
        have = self._count(peer, "GET", f"pieces/{name}", b"")
        self._progress(peer, min(have, len(message)), len(message))
        while have < len(message):
            piece = message[have : have + PIECE_BYTES]
            now = self._count(peer, "POST", f"pieces/{name}/{have}", piece)
            if now != have + len(piece):
                raise VerificationFailed(f"the node of `{peer}` has {now} bytes where {have + len(piece)} were sent")
            have = now
            self._progress(peer, have, len(message))
        return name

    def _count(self, peer: str, method: str, path: str, piece: bytes) -> int:
        value = parse_object(self._ask(peer, method, path, piece, 1 << 10), name="answer to a piece")
        only_keys(value, frozenset({"have"}))
        return count_in(value, "have")

    def _ask(self, peer: str, method: str, path: str, content: bytes, limit: int) -> bytes:
        status, data = self._once(self._pinned(peer), method, path, content, limit)
        if status == 200:
            return data
        raise _problem(peer, status, data)

    def _pinned(self, peer: str) -> Card:
        card = self._card_of(peer)
        if card is None or not card.address or not card.certificate:
            raise PeerUnreachable(
                f"no address of `{peer}` is pinned", remedy="pin its card anew, with its address in it"
            )
        return card

    def _once(self, card: Card, method: str, path: str, content: bytes, limit: int) -> tuple[int, bytes]:
        """Ask once; the status and what was answered. What is asked twice has one effect and the same answer."""
        kept = self._kept_for(card)
        line = kept.taken()
        if line is not None:
            try:
                return _asked(kept, line, method, path, content, limit)
            except PeerUnreachable:  # it had let go of a connection that was kept: the same again, on another
                if line.late:
                    raise
        return _asked(kept, self._connect(kept), method, path, content, limit)

    def _connect(self, kept: _Kept) -> HttpLine:
        from relto.adapters.http.line import HttpLine

        peer = kept.card.party

        def still() -> bool:
            return self._card_of(peer) == kept.card and self._keys.presented_to(peer) == kept.shown

        limits = CONNECT_SECONDS, ANSWER_SECONDS, MAX_ANSWER_BYTES
        return HttpLine(kept.card, kept.context, _problem, still, limits=limits, ends=lambda: self._ends)

    def hurry(self) -> None:
        """Wait for peers two seconds longer, and no more from then on: what they have not answered stays queued."""
        self._ends = min(self._ends, monotonic() + _HURRY_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for kept in self._kept.values():
                kept.close()
            self._kept.clear()

    def _kept_for(self, card: Card) -> _Kept:
        """What is kept for the peer with this card: the TLS context, which knows no authority but the pin, and
        connections."""
        with self._lock:
            known, shown = self._kept.get(card.party), self._keys.presented_to(card.party)
            if known is not None and (known.card, known.shown) == (card, shown):
                return known
            if known is not None:
                known.close()
            found = self._kept[card.party] = _Kept(card, shown, client_context(self._keys, card))
            return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """A peer's card, the own one that it is shown, a TLS context for these, and connections on which nothing is under
    way."""

    card: Card
    shown: Card
    context: SSLContext
    idle: deque[HttpLine] = field(default_factory=deque)

    def taken(self) -> HttpLine | None:
        """A connection that still stands; None where there is none."""
        with suppress(IndexError):
            while True:
                line = self.idle.pop()
                if line.idle:
                    return line
                line.close()
        return None

    def close(self) -> None:
        """Close the connections."""
        with suppress(IndexError):
            while True:
                self.idle.pop().close()


def _asked(kept: _Kept, line: HttpLine, method: str, path: str, content: bytes, limit: int) -> tuple[int, bytes]:
    """Ask on a connection, and keep it for the next one."""
    try:
        line.ask(method, path, content, limit)
        while (found := line.heard(_LOOK_EVERY)) is None:
            pass
    except BaseException:
        line.close()
        raise
    if len(kept.idle) < _MOST_IDLE:
        kept.idle.append(line)
    else:
        line.close()
    return found


def _problem(peer: str, status: int, data: bytes) -> ReltoError:
    """The error that a peer told; where it told none, it did not answer."""
    try:
        value = parse_object(data, 1 << 14, name="problem")
    except ReltoError:
        value = {}
    code, says = value.get("code"), str(value.get("detail", ""))[:500]
    kind = _BY_CODE.get(code) if isinstance(code, int) else None
    if kind is None or not says:
        return PeerUnreachable(f"the node of `{peer}` answers with status {status}", remedy="try again later")
    return kind(f"the node of `{peer}` says: {says}")
