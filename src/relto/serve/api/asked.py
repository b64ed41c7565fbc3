"""What is asked: the bodies of requests, strict; and the documents in them, read as the files of a dossier are."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from relto.core.decision import Act
from relto.core.dossier import Dossier, Item, Person
from relto.core.errors import InputError
from relto.core.register import MAX_COPIES, MAX_SOURCES
from relto.core.timeline import Instant, parse_instant
from relto.formats.dossier import Source, check_item, check_person, read_item, read_person
from relto.node.people import Role

Text = Annotated[str, Field(max_length=200)]
Long = Annotated[str, Field(max_length=4000)]
Secret = Annotated[str, Field(max_length=1024, json_schema_extra={"format": "password"})]
Texts = Annotated[list[Text], Field(max_length=100)]
When = Annotated[
    str, Field(max_length=100, description="an instant with an offset or zone", examples=["2019-11-18T09:00+09:00"])
]
Payload = Annotated[str, Field(description="base64; without it the content that the dossier gives")]


class Asked(BaseModel):
    """A body: these members and no others, of these types and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class Login(Asked):
    """Sign in by password; without one, by the client certificate of the connection."""

    account: Text = ""
    password: Secret = ""
    kind: Literal["cookie", "bearer"] = "cookie"


class StepUp(Asked):
    """Show again who you are."""

    password: Secret


class Caveats(Asked):
    """Who may see an item."""

    rel_to: Texts | None = None
    orcon: bool = False
    no_contractor: bool = False
    eyes: Texts | None = None


class ItemDocument(Asked):
    """An item that the dossier does not have, with the keys of an item file; its content comes beside it."""

    id: Text
    title: Text = ""
    originator: Text
    mark: Text
    topic: Text
    purpose: Text
    caveats: Caveats = Field(default_factory=Caveats)
    type: Text = "document"
    at: When | None = None
    source: Long = ""
    note: Long = ""

    def to_item(self, dossier: Dossier) -> Item:
        """The item. Raises InputError as its file would."""
        given = self.model_dump(exclude_none=True, exclude={"type"})
        value = {key: found for key, found in given.items() if found}
        data = _document({"relto": "item/1", **value, "payload": {"type": self.type}})
        item = read_item("item", data)
        check_item(item, dossier.parties, Source("item", data))
        return item


class Clearance(Asked):
    """Up to which rank a person is cleared."""

    rank: Text
    until: When | None = None


class PersonDocument(Asked):
    """A person for whom access is asked, with the keys of a person file."""

    id: Text
    party: Text
    nationality: Text = ""
    clearance: Clearance | None = None
    need_to_know: Texts = []
    facility: Text = ""

    def to_person(self, dossier: Dossier) -> Person:
        """The person. Raises InputError as its file would."""
        value = {key: found for key, found in self.model_dump(exclude_none=True).items() if found}
        data = _document({"relto": "person/1", **value})
        person = read_person("person", data)
        check_person(person, dossier, Source("person", data))
        return person


class Check(Asked):
    """May an item go from one party to another?"""

    item: Text | ItemDocument
    from_: Text = Field(alias="from")
    to: Text
    act: Act = "release"
    at: When | None = None
    purpose: Text | None = None
    person: PersonDocument | None = None
    system: Text | None = None
    reading: Text | None = None
    known_by: When | None = None


class Release(Asked):
    """Release an item of one's own."""

    item: Text | ItemDocument
    to: Text
    act: Literal["release", "disclose"] = "release"
    purpose: Text = ""
    via: Annotated[list[Text], Field(max_length=8)] = []
    payload: Payload | None = None

    def content(self, most: int) -> bytes | None:
        """The payload's bytes; None: as the dossier gives it."""
        if self.payload is None:
            return None
        try:
            data = base64.b64decode(self.payload.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise InputError("`payload` is not base64", remedy="use A-Z, a-z, 0-9, `+`, `/` and padding") from error
        if len(data) > most:
            raise InputError(f"a payload of {len(data)} bytes", remedy=f"send at most {most}")
        return data


class Forward(Asked):
    """Pass a holding on."""

    to: Text


class Open(Asked):
    """Open a holding, for a person or for the competent authority."""

    person: PersonDocument | None = None
    purpose: Text = ""
    system: Text | None = None
    visit: Text = ""


class CompromiseReport(Asked):
    """A loss or compromise, actual or possible."""

    says: Long
    actual: bool = False


class Nothing(Asked):
    """Nothing more is to be said."""


class CopyMade(Asked):
    """Where, or with whom, a copy is kept."""

    keeper: Text


class Product(Asked):
    """What was made of holdings."""

    sources: Annotated[list[Text], Field(min_length=1, max_length=MAX_SOURCES)]
    how: Literal["translation", "extract", "product"]
    title: Text
    language: Annotated[str, Field(max_length=35, description="BCP 47")]
    keeper: Text
    mark: Text = ""
    note: Annotated[str, Field(max_length=1000)] = ""


class ShownTo(Asked):
    """Who saw it."""

    to: Text


class CopiesGone(Asked):
    """The copies meant, 0 being the original; all that are held where none is named."""

    copies: Annotated[list[Annotated[int, Field(ge=0, lt=MAX_COPIES)]], Field(max_length=1000)] = []

    def numbers(self) -> tuple[int, ...] | None:
        """Their numbers; None for all that are held."""
        return tuple(self.copies) or None


class Destruction(CopiesGone):
    """How it was destroyed, and who else has seen it."""

    method: Literal["burn", "shred", "pulp", "melt", "crush", "erase"]
    witness: Text


class DutyDone(Asked):
    """What was done."""

    duty: Text


class Written(Asked):
    """A copy that is lost, and the report of that."""

    copy_number: Annotated[int, Field(alias="copy", ge=0, lt=MAX_COPIES)]
    report: Text


class Findings(Asked):
    """What was found out of a reported compromise."""

    report: Text
    says: Long
    measures: Long


class NewMark(Asked):
    """The mark that an item is to bear."""

    mark: Text


class Refusal(Asked):
    """Why a release is not approved."""

    note: Annotated[str, Field(max_length=2000)] = ""


class InstrumentDocument(Asked):
    """An instrument, with the keys of an instrument file."""

    agreement: Text
    id: Text
    kind: Text
    by: Texts
    at: When
    sent: When | None = None
    precision: Text | None = None
    targets: Texts | None = None
    text: Text | None = None
    item: Text | None = None
    topic: Text | None = None
    to: Texts | None = None
    purpose: Text | None = None
    until: When | None = None
    condition: Long | None = None
    authority: Long | None = None
    source: Long | None = None
    note: Long | None = None

    def to_bytes(self) -> bytes:
        """The instrument's file."""
        return _document({"relto": "instrument/1", **self.model_dump(exclude_none=True)})


class NewAccount(Asked):
    """An account to make."""

    id: Text
    name: Text
    roles: Annotated[list[Role], Field(max_length=6)]
    password: Secret | None = None
    certificate: Text = ""
    issuer: Annotated[str, Field(max_length=255)] = ""
    subject: Annotated[str, Field(max_length=255)] = ""


class AccountChange(Asked):
    """What to change of an account; what is left out stays."""

    name: Text | None = None
    roles: Annotated[list[Role], Field(max_length=6)] | None = None
    disabled: bool | None = None
    certificate: Text | None = None
    issuer: Annotated[str, Field(max_length=255)] | None = None
    subject: Annotated[str, Field(max_length=255)] | None = None


class NewPassword(Asked):
    """A new password; null leaves the account without one."""

    password: Secret | None


def find_item(dossier: Dossier, asked: str | ItemDocument) -> Item:
    """The item that is asked about: one of the dossier's by id, or one that comes along. Never a file's name."""
    return dossier.item(asked) if isinstance(asked, str) else asked.to_item(dossier)


def instant(text: str | None, default: Instant) -> Instant:
    """An instant that was given, or the default."""
    return default if text is None else parse_instant(text)


def _document(value: dict[str, Any]) -> bytes:
    """JSON as a file of the dossier may be: it is YAML as well, and what YAML cannot say is refused by its reader."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8")
