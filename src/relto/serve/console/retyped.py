"""A form that was refused, shown again: why, and all that was typed in it.

The page is made as it always is, and filled in where it stands as text; so it is one way for every form there is, and
no template has to think of it. What is secret, a file or hidden stays as the page has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final, TypeAlias

SECRET: Final = frozenset({"csrf", "password"})
"""Fields that are never shown again, whatever a page says of them."""
_STAY: Final = frozenset({"password", "file", "hidden", "submit", "button", "reset", "image"})
_CODE: Final = "one-time-code"
_Attrs: TypeAlias = dict[str, str | None]
_Edit: TypeAlias = tuple[int, int, str]


@dataclass(slots=True)
class _Field:
    """A field of a form: its tag from `start` to `end`, and what stands in it until `closed`."""

    tag: str
    attrs: _Attrs
    start: int
    end: int
    closed: int = 0
    text: str = ""
    of: str = ""

    @property
    def name(self) -> str:
        return self.attrs.get("name") or self.of

    @property
    def value(self) -> str:
        """What a browser sends for an option or a box that is chosen."""
        given = self.attrs.get("value")
        return given if given is not None else " ".join(self.text.split()) if self.tag == "option" else "on"


@dataclass(slots=True)
class _Form:
    """A form that is sent by POST: where its start tag ends, what is hidden in it, what its buttons say."""

    action: str
    end: int
    hidden: dict[str, str] = field(default_factory=dict)
    buttons: set[tuple[str, str]] = field(default_factory=set)
    fields: list[_Field] = field(default_factory=list)

    def is_sent(self, action: str, typed: Mapping[str, str]) -> bool:
        """Whether this is the form that was sent: to the same address, with what is hidden in it, by one of its
        buttons."""
        pressed = {name for name, _ in self.buttons if name in typed}
        return (
            self.action == action
            and all(typed.get(name) == value for name, value in self.hidden.items() if name not in SECRET)
            and all((name, typed[name]) in self.buttons for name in pressed)
        )


class _Forms(HTMLParser):
    """The forms of a page that are sent by POST, each with the places of its fields in the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[_Form] = []
        self._lines = [0, *accumulate(len(one) + 1 for one in page.split("\n"))]
        self._form: _Form | None = None
        self._select = ""
        self._open: _Field | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given, start = dict(attrs), self._place()
        end = start + len(self.get_starttag_text() or "")
        if tag == "form":
            sent = (given.get("method") or "").lower() == "post"
            self._form = _Form(given.get("action") or "", end) if sent else None
            self.found += [self._form] if self._form is not None else []
        if self._form is None:
            return
        if tag == "select":
            self._select = given.get("name") or ""
        elif tag == "button":
            self._form.buttons.add((given.get("name") or "", given.get("value") or ""))
        elif tag == "input" and given.get("type") == "hidden":
            self._form.hidden[given.get("name") or ""] = given.get("value") or ""
        elif tag in ("input", "textarea", "option"):
            one = _Field(tag, given, start, end, of=self._select)
            self._form.fields.append(one)
            self._open = None if tag == "input" else one

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data

    def handle_endtag(self, tag: str) -> None:
        if self._open is not None and tag == self._open.tag:
            self._open.closed = self._place()
        if tag in ("textarea", "option", "select"):
            self._open = None
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._form = self._open = None

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def retyped(page: str, action: str, typed: Mapping[str, str], why: str) -> str | None:
    """A page with the form that was sent to `action` as it was sent, and `why`, which is HTML, at its beginning; None
    where the page does not have that form."""
    forms = (one for one in _Forms(page).found if one.is_sent(action, typed))
    form = next(forms, None)
    if form is None:
        return None
    edits = [(form.end, form.end, why), *_filled(form, typed)]
    found, at = list[str](), 0
    for start, end, text in edits:
        found += (page[at:start], text)
        at = end
    return "".join((*found, page[at:]))


def _filled(form: _Form, typed: Mapping[str, str]) -> Iterator[_Edit]:
    options = {(one.name, one.value) for one in form.fields if one.tag == "option"}
    for one in form.fields:
        kind = (one.attrs.get("type") or "text").lower() if one.tag == "input" else one.tag
        if kind == "file" and one.name in typed:  # without it something else would be sent
            yield _tag(one, {"required": None}, "required")
        if kind in _STAY or one.name in SECRET or one.attrs.get("autocomplete") == _CODE:
            continue
        said = typed.get(one.name)
        if kind in ("checkbox", "radio"):
            yield _tag(one, {"checked": None} if said == one.value else {}, "checked")
        elif said is None or (kind == "option" and (one.name, said) not in options):
            continue
        elif kind == "option":
            yield _tag(one, {"selected": None} if said == one.value else {}, "selected")
        elif kind == "textarea":
            text = _limited(one, said)  # of which a browser leaves out an empty first line
            yield one.end, one.closed, ("\n" if text.startswith("\n") else "") + escape(text)
        else:
            yield _tag(one, {"value": _limited(one, said)}, "value")


def _limited(one: _Field, said: str) -> str:
    """What was typed, as far as the form would have let it be; a form sends each end of a line as two signs."""
    most = one.attrs.get("maxlength") or ""
    return said.replace("\r\n", "\n")[: int(most) if most.isdecimal() else None]


def _tag(one: _Field, more: _Attrs, without: str) -> _Edit:
    attrs = {**{key: said for key, said in one.attrs.items() if key != without}, **more}
    told = "".join(f" {key}" if said is None else f' {key}="{escape(said)}"' for key, said in attrs.items())
    return one.start, one.end, f"<{one.tag}{told}>"
