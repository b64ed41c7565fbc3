"""Whether a record can be true: targets, givers, texts. What merely comes too late is valid without effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.core.agreement.entry import counts_at
from relto.core.agreement.instrument import Instrument, InstrumentKind, Record
from relto.core.agreement.text import Agreement
from relto.core.errors import Contradiction
from relto.core.timeline import bound_instant

_TARGETS: Final[Mapping[InstrumentKind, frozenset[InstrumentKind]]] = {
    "suspension": frozenset({"termination-notice"}),
    "withdrawal": frozenset(
        {
            "termination-notice",
            "suspension",
            "consent",
            "designation",
            "law-change",
            "signature",
            "notification",
            "deposit",
            "delivery",
            "accession",
        }
    ),
}


def check_record(versions: tuple[Agreement, ...], record: Record) -> None:
    """Raise Contradiction (its `subject` the instrument's id) where the record contradicts itself or the text."""
    by_id: dict[str, Instrument] = {}
    for one in record.instruments:
        if one.id in by_id:
            raise _wrong(one, "is there twice", "give each instrument its own id")
        by_id[one.id] = one
    digests = {text.digest for text in versions}
    for one in record.instruments:
        _check_givers(versions, one, by_id)
        _check_content(versions[0], one, digests)
        _check_targets(versions[0], one, by_id)


def _check_givers(versions: tuple[Agreement, ...], one: Instrument, by_id: Mapping[str, Instrument]) -> None:
    if not one.by:
        raise _wrong(one, "names no party that made it", "add `by: [PARTY]`")
    if len(set(one.by)) != len(one.by):
        raise _wrong(one, "names a party twice in `by`", "name each party once")
    consents = [by_id[name].kind == "consent" for name in one.targets if name in by_id]
    if one.kind == "consent" or (one.kind == "withdrawal" and consents and all(consents)):
        return  # an originator may stand outside this agreement (DESIGN 5: whichever record), and take its consent back
    parties = {party for text in versions for party in (*text.parties, text.depositary, text.hub)}
    for party in one.by:
        if party not in parties:
            raise _wrong(one, f"is by `{party}`, which is no party to it", "name a party of the agreement")


def _check_content(text: Agreement, one: Instrument, digests: set[str]) -> None:
    if one.kind == "amendment" and not one.text:
        raise _wrong(one, "names no text", 'add `text: "sha256:..."`, the digest of the amended text')
    if one.text and one.text not in digests:
        raise _wrong(
            one,
            "names a text whose digest does not match any version of the agreement",
            "restore the text that was signed, or sign the text that is there",
        )
    if one.kind == "consent" and not (one.to and (one.item or one.topic)):
        raise _wrong(one, "does not say what may go to whom", "add `to` and `item` or `topic`")
    if one.until is not None and bound_instant(one.until, text.zone) <= one.at.instant:
        raise _wrong(one, "ends before it begins", "correct `at` or `until`")
    if one.sent is not None and one.sent.instant > one.at.instant:
        raise _wrong(one, "was received before it was sent", "correct `at` or `sent`")


def _check_targets(text: Agreement, one: Instrument, by_id: Mapping[str, Instrument]) -> None:
    allowed = _TARGETS.get(one.kind)
    if allowed is None:
        if one.targets:
            raise _wrong(one, f"is a {one.kind} and can have no targets", "drop `targets`")
        return
    if not one.targets:
        raise _wrong(one, "names no target", "add `targets: [ID]`")
    if len(set(one.targets)) != len(one.targets):
        raise _wrong(one, "names a target twice", "name each target once")
    for name in one.targets:
        target = by_id.get(name)
        if target is None:
            raise _wrong(one, f"names the target `{name}`, which is not in the record", "add it or correct the id")
        if target.kind not in allowed:
            raise _wrong(one, f"cannot act on `{name}`, a {target.kind}", f"its targets: {', '.join(sorted(allowed))}")
        if counts_at(text, target) > counts_at(text, one):
            raise _wrong(one, f"names the later instrument `{name}` as its target", "correct the instants or the id")
        if not set(target.by) <= set(one.by):
            raise _wrong(
                one,
                f"is by {', '.join(one.by)}, but only {', '.join(target.by)}, who gave `{name}`, may do that",
                "let the giver make it",
            )


def _wrong(one: Instrument, what: str, remedy: str) -> Contradiction:
    return Contradiction(f"instrument `{one.id}` {what}", subject=one.id, remedy=remedy)
