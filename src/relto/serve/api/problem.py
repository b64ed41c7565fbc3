"""What goes wrong as a problem document (RFC 9457): status, exit code of the command line, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import JSONResponse

from relto.core.errors import (
    Conflict,
    InputError,
    NotFound,
    PeerUnreachable,
    Refused,
    ReltoError,
    VerificationFailed,
)
from relto.formats.answers import verdict_json
from relto.node import ActRefused
from relto.node.people import ForgedRequest, NotAllowed, NotSignedIn, StepUpNeeded, TooManyAttempts
from relto.node.two_persons import TwoPersonsNeeded

MEDIA: Final = "application/problem+json"


class TooLarge(InputError):
    """More bytes than this interface takes at once."""


class WrongMedia(InputError):
    """A body of another kind than JSON."""


_STATUS: Final[tuple[tuple[type[ReltoError], int, str], ...]] = (
    (NotSignedIn, 401, "not-signed-in"),
    (TooManyAttempts, 429, "too-many-attempts"),
    (StepUpNeeded, 403, "step-up-needed"),
    (ForgedRequest, 403, "forged-request"),
    (NotAllowed, 403, "not-allowed"),
    (TwoPersonsNeeded, 403, "two-persons-needed"),
    (Refused, 403, "refused"),
    (NotFound, 404, "not-found"),
    (Conflict, 409, "conflict"),
    (TooLarge, 413, "too-large"),
    (WrongMedia, 415, "wrong-media"),
    (InputError, 400, "bad-input"),
    (VerificationFailed, 422, "verification-failed"),
    (PeerUnreachable, 503, "peer-unreachable"),
)


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = MEDIA


def kind_of(error: ReltoError) -> tuple[int, str]:
    """The HTTP status of an error, and the last part of its problem's type."""
    return next(((status, kind) for one, status, kind in _STATUS if isinstance(error, one)), (500, "internal"))


def problem(error: ReltoError, **more: Any) -> ProblemResponse:
    """The problem document of an error, with the verdict where an agreement refused. `more` is added as it is."""
    status, kind = kind_of(error)
    if status == 500:  # what failed may name files of the node: it is in the log, not in the answer
        return _document(500, kind, "the node failed", 1, remedy="ask its operator to look into the log")
    if isinstance(error, ActRefused):
        more |= {"verdict": verdict_json(error.verdict), "evidence": error.evidence}
    headers = {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.after)
    return _document(
        status,
        kind,
        error.message,
        error.exit_code,
        remedy=error.remedy,
        article=error.article,
        headers=headers,
        **more,
    )


def http_problem(status: int, detail: str, headers: dict[str, str] | None = None) -> ProblemResponse:
    """The problem document of what the web framework refuses: no such path, no such method."""
    kind, code = {404: ("not-found", 4), 405: ("no-such-method", 2), 413: ("too-large", 2)}.get(
        status, ("bad-input", 2)
    )
    return _document(status, kind, detail, code, headers=headers)


def _document(
    status: int,
    kind: str,
    detail: str,
    exit_code: int,
    *,
    remedy: str = "",
    article: str = "",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> ProblemResponse:
    value: dict[str, Any] = {
        "schema": "relto/problem/1",
        "type": f"urn:relto:problem:{kind}",
        "title": kind.replace("-", " "),
        "status": status,
        "detail": detail,
        "exit_code": exit_code,
    }
    value |= {name: text for name, text in (("remedy", remedy), ("article", article)) if text}
    return ProblemResponse(value | more, status_code=status, headers=headers)


def refused_transmittal(state: str, transmittal: Mapping[str, Any]) -> ProblemResponse:
    """The problem document of what was refused when it was sent, or by its recipient."""
    grounds = transmittal.get("grounds") or [{}]
    who = "the recipient" if state == "refused-by-recipient" else "the node, when it was to be sent,"
    says = f": {grounds[0]['says']}" if grounds[0].get("says") else ""
    return _document(
        403, "refused", f"{who} refused it{says}", 3, article=grounds[0].get("article", ""), transmittal=transmittal
    )
