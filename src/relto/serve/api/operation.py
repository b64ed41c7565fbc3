"""Operations: a path, a method, the act it is, what it answers; from them FastAPI's routes and their description.

Each is let in by the guard first; only then is its body read, within its limit and strictly.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from relto.core.canon import JSON, parse_json
from relto.core.errors import InputError, PeerUnreachable, ReltoError
from relto.node import ActRefused
from relto.node.people import NotAllowed, NotSignedIn, PersonalAct
from relto.serve.api.answers import Answer, Problem
from relto.serve.api.context import Caller, Context, context_of
from relto.serve.api.guard import admit
from relto.serve.api.problem import TooLarge, WrongMedia, kind_of, problem
from relto.serve.parts import parts_of

F = TypeVar("F", bound=Callable[..., Any])
_ACT: Final = "x-relto-act"
_LIMIT: Final = "x-relto-body-bytes"
_ANYBODY: Final = "x-relto-anybody"
BROWSED: Final = "x-relto-browsed"
"""Where a person's browser is led, which may show the desk's page of what goes wrong."""
_SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"cookie": []}, {"certificate": []}]
_ALWAYS: Final = (400, 401, 403, 404, 500)
_WITH_BODY: Final = (413, 415)
_LONGEST_WHY: Final = 200


@dataclass
class Operations:
    """The operations of one chapter of the interface."""

    chapter: str
    found: list[Callable[[FastAPI], None]] = field(default_factory=list)

    def __call__(
        self,
        method: str,
        path: str,
        *,
        act: PersonalAct | None = None,
        signed_in: bool = True,
        browsed: bool = False,
        answers: Mapping[int, type[Answer] | str | None],
        problems: tuple[int, ...] = (),
        limit: int = 0,
    ) -> Callable[[F], F]:
        """Make a function an operation. `act`: whose table decides; without one, anybody who is signed in may.

        `browsed`: a browser is led there, and where it takes HTML is told what goes wrong by a page of the desk.
        `answers`: by status, the model of the JSON, the media type of something else, or None for no body.
        `problems`: what else it may answer than bad input, not signed in, refused, not found. `limit`: bytes of body,
        where they are more than the settings' own.
        """

        def made(function: F) -> F:
            def add(app: FastAPI) -> None:
                statuses = (*_ALWAYS, *problems, *(_WITH_BODY if method in ("POST", "PUT", "PATCH") else ()))
                documents: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in sorted(statuses)}
                documents |= {status: _documented(model) for status, model in answers.items()}
                told = ((_ACT, act), (_ANYBODY, not signed_in), (_LIMIT, limit), (BROWSED, browsed))
                extra: dict[str, Any] = {key: value for key, value in told if value}
                extra["security"] = _SECURITY if signed_in else []
                app.add_api_route(
                    path,
                    function,
                    methods=[method],
                    status_code=min(answers),
                    responses=documents,
                    response_model=None,
                    tags=[self.chapter],
                    operation_id=function.__name__,
                    summary=(function.__doc__ or "").strip().splitlines()[0],
                    openapi_extra=extra,
                )

            self.found.append(add)
            return function

        return made

    def add_to(self, app: FastAPI) -> None:
        """Add all of them to an application."""
        for add in self.found:
            add(app)


def _documented(answer: type[Answer] | str | None) -> dict[str, Any]:
    if answer is None:
        return {"description": "no body"}
    return {"content": {answer: {}}} if isinstance(answer, str) else {"model": answer}


class Guarded(APIRoute):
    """A route that lets nobody in whom the guard does not."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the guard before it, and every error of ours as a problem document behind it."""
        handler = super().get_route_handler()
        extra = self.openapi_extra or {}
        act, limit, anybody = extra.get(_ACT), extra.get(_LIMIT, 0), extra.get(_ANYBODY) is True
        reads, browsed = self.body_field is not None, extra.get(BROWSED) is True

        async def guarded(request: Request) -> Response:
            context = context_of(request)
            try:
                if act is not None or not anybody:
                    request.state.caller = await run_in_threadpool(admit, context, request, act)
                if reads:
                    request = await _read(request, limit or context.settings.body_bytes)
                return await handler(request)
            except RequestValidationError as error:
                found = problem(_of_validation(error))
                return await _in_browser(request, None, found) if browsed else found
            except ActRefused as error:
                context.metrics.refused(error.verdict)
                request.state.refused = error.evidence
                return problem(error)
            except ReltoError as error:
                found = problem(error)
                if found.status_code >= 500 and error.exit_code == 1:
                    raise  # it goes into the log
                if found.status_code in (401, 403, 429):
                    await run_in_threadpool(_note, context, request, error, act or self.operation_id or "")
                if isinstance(error, PeerUnreachable):  # the OpenID provider: what is wrong with it, or what it names
                    request.state.refused, request.state.why = kind_of(error)[1], error.message[:_LONGEST_WHY]
                return await _in_browser(request, error, found) if browsed else found

        return guarded


async def _in_browser(request: Request, error: ReltoError | None, found: Response) -> Response:
    """What went wrong as a page, where there is a desk and HTML is taken; else the document that was found for it."""
    show = request.app.state.error_page
    taken = {one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "")[:1000].split(",")}
    if show is None or "text/html" not in taken:
        return found
    page: Response = await run_in_threadpool(show, request, error)
    if "retry-after" in found.headers:
        page.headers["retry-after"] = found.headers["retry-after"]
    return page


def _note(context: Context, request: Request, error: ReltoError, what: str) -> None:
    """Leave in the log what was refused, and why where it is about who asks; in the journal, where that is known."""
    _, kind = kind_of(error)
    request.state.refused = kind
    if isinstance(error, NotSignedIn | NotAllowed):  # of what is released, a log says nothing
        request.state.why = error.message[:_LONGEST_WHY]
    caller = getattr(request.state, "caller", None)
    if isinstance(caller, Caller):
        context.people.note_refusal(caller.account.id, f"{what.replace('_', '-')}: {kind}", at=context.now())


class _Read(Request):
    """A request whose body was read already."""

    def __init__(self, request: Request, data: bytes, value: JSON) -> None:
        super().__init__(request.scope, request.receive)
        self._data, self._value = data, value

    async def body(self) -> bytes:
        """The bytes."""
        return self._data

    async def json(self) -> JSON:
        """What they say."""
        return self._value


async def _read(request: Request, limit: int) -> Request:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMedia("the body is not said to be JSON", remedy="send `Content-Type: application/json`")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:12]) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    async for part in parts_of(request):
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    data = b"".join(parts)
    value = await run_in_threadpool(parse_json, data, limit, name="body")
    return _Read(request, data, value)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"more than {limit} bytes", remedy="send less at once")


def _of_validation(error: RequestValidationError) -> InputError:
    """The first fault, with its place and without what stood there: that may be a password."""
    first = error.errors()[0]
    place = ".".join(str(one) for one in first["loc"])[:200]
    return InputError(f"`{place}`: {str(first['msg']).lower()[:300]}", remedy="look at /v1/openapi.json for its form")


def answer(value: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    return JSONResponse(dict(value), status_code=status)
