"""Computing the maker's verdicts again: from the texts, records and instruments of a bundle, at the instant stated.

The record is taken as the maker's node held it then: an instrument counts from the leaf that made it complete there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeAlias

from relto.core.agreement import Instrument
from relto.core.canon import JSON, digest, object_in, text_in
from relto.core.decision import ACTS, Request
from relto.core.dossier import Dossier, Item
from relto.core.envelope import Manifest
from relto.core.errors import InputError, NotFound, ReltoError
from relto.core.evidence import Evidence
from relto.core.timeline import Instant, parse_instant
from relto.formats.answers import verdict_json
from relto.formats.dossier import read_dossier
from relto.node.bundle.check import Checked, Stated, decision_named
from relto.node.contents import content_of
from relto.node.deciding import verdict_within
from relto.node.labels import item_of
from relto.node.node import Moment
from relto.node.transmittal import Terms, terms_of

_Files: TypeAlias = tuple[tuple[str, str], ...]

_COMPARED: Final = ("verdict", "act", "item", "from", "to", "at", "agreement", "marks", "duties", "routes")


@dataclass(frozen=True, slots=True)
class Completed:
    """An instrument of the maker's record, at the leaf that made it complete there. `text`: the digest signed for."""

    position: int
    agreement: str
    text: str
    instrument: Instrument


class _Untold(Exception):
    """What would be needed to compute a verdict again is not in the bundle."""


def recompute(found: Checked, labels: Mapping[str, Manifest]) -> tuple[int, list[str]]:
    """How many decisions came out the same, and which could not be computed again and why. Differences are problems.

    `labels`: those of all bundles, by digest; their originators signed them, whoever shows them.
    """
    same, untold = 0, []
    try:
        completed = completed_instruments(found)
        files = tuple(sorted(found.bundle.files.items()))
        _check_texts(_base(files), completed)
    except ReltoError as error:
        found.problem("texts and records", error)
        return 0, []
    by_decision = {decision_named(one.evidence): one for one in found.own()}
    for name, document in found.decisions.items():
        stated = by_decision[name]
        about = f"leaf {stated.position}"
        try:
            known = tuple(one for one in completed if one.position < stated.position)
            dossier = _record_then(files, known)
            differs = _difference(found, labels, dossier, stated, document)
            if differs:
                found.problem(about, f"computed again, the verdict is another: {differs}")
            else:
                same += 1
        except _Untold as error:
            untold.append(f"the verdict behind {about} of {found.by}'s ledger, computed again: {error}")
        except ReltoError as error:
            found.problem(about, f"its verdict cannot be computed again: {error}")
    return same, untold


@lru_cache(maxsize=8)
def _base(files: _Files) -> Dossier:
    """The dossier in a bundle's files; the same files are read once."""
    return read_dossier({name: text.encode("utf-8") for name, text in files}, root="bundle")


@lru_cache(maxsize=32)
def _record_then(files: _Files, completed: tuple[Completed, ...]) -> Dossier:
    """The dossier in a bundle's files with these instruments in its record."""
    dossier = _base(files)
    for one in completed:
        known = dossier.record(one.agreement).instruments
        dossier = dossier.with_instruments(one.agreement, (*known, one.instrument))
    return dossier


def dossier_shown(found: Checked) -> Dossier:
    """The dossier in a bundle's files, with all instruments that are complete in it. Raises ReltoError."""
    return _record_then(tuple(sorted(found.bundle.files.items())), tuple(completed_instruments(found)))


def completed_instruments(found: Checked) -> list[Completed]:
    """The instruments that the maker's ledger shows complete, in the order in which they became so."""
    accepted = {
        one.evidence.digests.get("evidence"): one
        for one in found.own()
        if one.evidence.kind == "instrument" and one.evidence.says.get("step") == "acknowledgement"
    }
    signers: dict[tuple[str, str], set[str]] = defaultdict(set)
    completed: list[Completed] = []
    for one in found.statements.values():
        if one.evidence.kind != "instrument" or one.evidence.says.get("step") != "signature":
            continue
        entered = one if one.evidence.party == found.by else accepted.get(one.id)
        if entered is None:
            continue  # it was refused, and never came into the record
        content = content_of(object_in(one.evidence.says, "instrument"))
        key = content.agreement, content.instrument.id
        before = set(signers[key])
        signers[key].add(one.evidence.party)
        if signers[key] >= set(content.instrument.by) > before:
            instrument = replace(content.instrument, recorded=entered.evidence.at)
            completed.append(Completed(entered.position, content.agreement, content.text, instrument))
    return sorted(completed, key=lambda one: one.position)


def unsigned(found: Checked) -> list[str]:
    """The texts in a bundle whose digest no instrument in it was signed for."""
    texts = {name: text for name, text in found.bundle.files.items() if name.startswith("agreements/")}
    signed = {_digest_signed(one.evidence) for one in found.statements.values()}
    return sorted(name for name, text in texts.items() if digest(text.encode("utf-8")) not in signed)


def _digest_signed(one: Evidence) -> str | None:
    """The digest of the text that an instrument was signed for; None for any other statement."""
    value = one.says.get("instrument")
    name = value.get("digest") if one.kind == "instrument" and isinstance(value, dict) else None
    return name if isinstance(name, str) else None


def _check_texts(dossier: Dossier, completed: Iterable[Completed]) -> None:
    """Each instrument was signed for a text that is here, byte for byte."""
    for one in completed:
        if one.text not in {text.digest for text in dossier.versions(one.agreement)}:
            raise InputError(
                f"instrument `{one.instrument.id}` was signed for a text of `{one.agreement}` that is not here"
            )


def _difference(
    found: Checked, labels: Mapping[str, Manifest], dossier: Dossier, stated: Stated, document: Mapping[str, JSON]
) -> str:
    """What the verdict computed again says otherwise; empty where it is the same."""
    verdict = object_in(document, "verdict")
    if "record" in document:
        of = str(object_in(document, "record").get("of"))
        raise _Untold(f"it was refused under the record as {of} holds it, which {of} has signed for by digest alone")
    terms = _terms(found, stated, document)
    request, via = _request(found, labels, stated, document, terms)
    try:
        again = _compared(verdict_json(verdict_within(dossier, request, _moment(document), via)))
    except NotFound as error:
        raise _Untold(str(error)) from error
    decided = _compared(verdict)
    wrong = next((name for name in decided if decided[name] != again[name]), "")
    if wrong and terms is None:
        raise _Untold("the evidence of a refusal at queueing does not state the route that was asked for")
    return f"`{wrong}` is `{again[wrong]}`, not `{decided[wrong]}`"[:500] if wrong else ""


def _compared(verdict: Mapping[str, JSON]) -> dict[str, JSON]:
    """What must be the same: all but the sentences, which another version of relto may put otherwise."""
    grounds = verdict.get("grounds")
    compared: dict[str, JSON] = {name: verdict.get(name) for name in _COMPARED}
    compared["grounds"] = [
        [one.get("check"), one.get("passed"), one.get("article"), one.get("agreement")]
        for one in (grounds if isinstance(grounds, list) else ())
        if isinstance(one, dict)
    ]
    return compared


def _moment(document: Mapping[str, JSON]) -> Moment:
    ends = document.get("clock")
    if not isinstance(ends, list) or len(ends) != 2:
        raise InputError("the decision does not state its clock")
    earliest, latest = (parse_instant(str(end)) for end in ends)
    if latest < earliest:
        raise InputError("the clock of the decision runs backwards")
    return Moment(earliest, latest)


def _terms(found: Checked, stated: Stated, document: Mapping[str, JSON]) -> Terms | None:
    """What the sender asked for: stated by the submission or relay that the decision is about; None where none is."""
    if document.get("stage") == "opening":
        raise _Untold("it is about a person, whose file is no evidence")
    if document.get("stage") == "visit":
        raise _Untold("it is about what was shown in a visit, whose label is not here")
    source = _submission(found, stated.evidence)
    return None if source is None else terms_of(source)


def _submission(found: Checked, one: Evidence) -> Evidence | None:
    if one.kind in ("submission", "relay"):
        return one
    answered = found.statements.get(one.digests.get("evidence", ""))
    return None if answered is None else answered.evidence


def _request(
    found: Checked, labels: Mapping[str, Manifest], stated: Stated, document: Mapping[str, JSON], terms: Terms | None
) -> tuple[Request, tuple[str, ...]]:
    """The question that was put, and the route chosen for it."""
    latest = _moment(document).latest
    source = _submission(found, stated.evidence)
    if terms is None or source is None:
        return _asked(found, document, latest), ()
    request = terms.request(_item(labels, source), source.party, latest)
    via: tuple[str, ...] = ()
    if source.party == found.by and terms.via:
        request, via = replace(request, recipient=terms.onward), terms.via
    return replace(request, reading=found.by), via


def _asked(found: Checked, document: Mapping[str, JSON], at: Instant) -> Request:
    """The question of a refusal at queueing, from the decision itself: nothing was sealed or signed for yet."""
    verdict = object_in(document, "verdict")
    act = next((one for one in ACTS if one == verdict.get("act")), None)
    label = next((one for one in found.bundle.items if one.get("item") == verdict.get("item")), None)
    if act is None or label is None:
        raise _Untold("it was refused before it was sealed, and its label is not here")
    sender, recipient = text_in(verdict, "from"), text_in(verdict, "to")
    return Request(act, item_of(label), sender, recipient, at, text_in(document, "purpose"), reading=found.by)


def _item(labels: Mapping[str, Manifest], source: Evidence) -> Item:
    manifest = labels.get(source.digests.get("label", ""))
    if manifest is None:
        raise _Untold("the label of the item is not here")
    return item_of(manifest.label)
