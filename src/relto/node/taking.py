"""A signed instrument coming in: verified, held against the record, kept and acknowledged (DESIGN 4)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from relto.core.agreement import Instrument, Record, Standing, check_record
from relto.core.canon import digest, object_in
from relto.core.dossier import Dossier
from relto.core.errors import Conflict, Contradiction, InputError, NotFound, VerificationFailed
from relto.core.evidence import Evidence, verify_evidence
from relto.core.timeline import Instant
from relto.node.clocks import note_time
from relto.node.contents import Content, content_of, read_content
from relto.node.log import Entered, enter, sign_and_enter
from relto.node.node import Moment, Node
from relto.node.ports import Transaction
from relto.node.rows import InboxRow, InstrumentRow
from relto.node.together import Answering


def receive_instrument(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify a peer's signature under an instrument; what is left is to keep both, and give the signed acknowledgement,
    or refusal. The same message gives the same answer.

    Raises VerificationFailed, or InputError, for what no pinned peer signed.
    """
    signed = _ascii(message)
    evidence = verify_evidence(signed, node.peer_keys(sender))
    if evidence.kind != "instrument" or evidence.says.get("step") != "signature":
        raise VerificationFailed("what came as an instrument is something else")
    return partial(_answer, node, evidence, signed, digest(message))


def take_again(
    node: Node, tx: Transaction, evidence: Evidence, signed: str, given: tuple[str, Evidence] | None
) -> list[str]:
    """Take in an instrument of which a peer still has the maker's signature, verified, and this node has none; the
    digests of this party's own statements that came into its ledger again so.

    `given`: the acknowledgement that this node once gave for it, which it has lost too: then it counts from when that
    says, else from now, and what is then backdated is refused as ever. What was this party's own counts from when it
    was signed. What contradicts the record changes nothing.
    """
    name = digest(signed.encode("ascii"))
    if evidence.party != node.party and given is None:
        _answer(node, evidence, signed, name, tx)
        return []
    try:
        content = content_of(object_in(evidence.says, "instrument"))
        known = tx.instrument(content.agreement, content.instrument.id)
        if known is not None:
            content = same_content(known, content)
        check_fits(node.dossier(tx), content)
    except (InputError, Conflict, NotFound):
        return []
    came, again = evidence.at, [name]
    theirs = enter(node, tx, evidence, signed)
    if evidence.party != node.party and given is not None:
        acknowledged, own = given
        came, again = own.at, [enter(node, tx, own, acknowledged).id]
        tx.remember(InboxRow("instrument", name, evidence.party, name, acknowledged.encode("ascii"), True, came))
    tx.put_instrument(with_signature(known, content, evidence.party, theirs, came))
    return again


def _answer(node: Node, evidence: Evidence, signed: str, name: str, tx: Transaction) -> bytes:
    known = tx.answered("instrument", name)
    if known is not None:
        return known.reply
    moment = node.now_or_later(tx)
    note_time(node, tx, evidence.party, evidence.at, moment)
    theirs = enter(node, tx, evidence, signed)
    try:
        entered = _accept(node, tx, moment, theirs)
        accepted = True
    except (InputError, Conflict, NotFound) as error:
        entered = _refuse(node, tx, moment, theirs, error)
        accepted = False
    reply = entered.signed.encode("ascii")
    tx.remember(InboxRow("instrument", name, evidence.party, name, reply, accepted, moment.latest))
    return reply


def _accept(node: Node, tx: Transaction, moment: Moment, theirs: Entered) -> Entered:
    """Put the instrument with its maker's signature into the record. Raises before anything is changed."""
    evidence = theirs.evidence
    content = content_of(object_in(evidence.says, "instrument"))
    if content.agreement != evidence.agreement:
        raise InputError("the instrument names another agreement than its evidence")
    if evidence.party not in content.instrument.by:
        raise InputError(
            f"`{evidence.party}` signed an instrument by {', '.join(content.instrument.by)}",
            remedy="a party signs only what it makes itself",
        )
    dossier = node.dossier(tx)
    if content.text not in {one.digest for one in dossier.versions(content.agreement)}:
        raise Contradiction(
            f"it was signed for a text of `{content.agreement}` that is not the one here",
            subject=content.instrument.id,
            remedy="compare the texts and their digests",
        )
    known = tx.instrument(content.agreement, content.instrument.id)
    if known is not None:
        content = same_content(known, content)
    check_fits(dossier, content)
    row = with_signature(known, content, evidence.party, theirs, moment.latest)
    if row.recorded is not None and node.party not in content.instrument.by:
        check_not_backdated(dossier, node.party, content, moment)
    acknowledgement = Evidence(
        kind="instrument",
        party=node.party,
        at=moment.latest,
        to=evidence.party,
        agreement=content.agreement,
        digests={"evidence": theirs.id, "message": theirs.id},
        says={"step": "acknowledgement", "instrument": content.instrument.id, "complete": row.recorded is not None},
    )
    tx.put_instrument(row)
    return sign_and_enter(node, tx, acknowledgement)


def _refuse(
    node: Node, tx: Transaction, moment: Moment, theirs: Entered, error: InputError | Conflict | NotFound
) -> Entered:
    evidence = Evidence(
        kind="refusal",
        party=node.party,
        at=moment.latest,
        to=theirs.evidence.party,
        agreement=theirs.evidence.agreement,
        digests={"evidence": theirs.id, "message": theirs.id},
        says={"about": _about(theirs.evidence), "stage": "receipt", "says": str(error)[:2000]},
    )
    return sign_and_enter(node, tx, evidence)


def _about(evidence: Evidence) -> str:
    named = evidence.says.get("instrument")
    identifier = named.get("id") if isinstance(named, dict) else None
    return f"{evidence.agreement}/{identifier or ''}"[:300]


def check_fits(dossier: Dossier, content: Content) -> None:
    """Raise Contradiction where the record, with this instrument, would contradict itself or the text."""
    record = dossier.record(content.agreement)
    others = tuple(one for one in record.instruments if not _is_this(one, content.instrument))
    check_record(dossier.versions(content.agreement), Record(content.agreement, (*others, content.instrument)))


def _is_this(one: Instrument, other: Instrument) -> bool:
    """Whether an instrument of the record is this very one, already complete."""
    return one.id == other.id and replace(one, recorded=other.recorded) == other


def check_not_backdated(dossier: Dossier, party: str, content: Content, moment: Moment) -> None:
    """Raise Contradiction where an instrument stated to be earlier than it came does more than one of now would.

    A notice counts from its receipt (DESIGN 4): its giver cannot move it before a deadline, nor revive what lapsed.
    """
    if content.instrument.at.instant >= moment.earliest:
        return
    received = replace(content.instrument, at=replace(content.instrument.at, instant=moment.earliest))
    standings = [
        _standing_with(dossier, party, content.agreement, one, moment.latest) for one in (content.instrument, received)
    ]
    as_stated, as_received = standings
    if (as_stated.state, as_stated.ends_at) != (as_received.state, as_received.ends_at):
        raise Contradiction(
            f"instrument `{content.instrument.id}` says it took effect at {content.instrument.at.instant}, but came at "
            f"{moment.latest}, when it no longer has that effect",
            subject=content.instrument.id,
            remedy="sign one that takes effect when it is received",
        )


def _standing_with(dossier: Dossier, party: str, agreement: str, instrument: Instrument, at: Instant) -> Standing:
    known = dossier.record(agreement).instruments
    reading = party if party in dossier.versions(agreement)[0].parties else None
    return dossier.with_instruments(agreement, (*known, instrument)).standing(agreement, at, reading=reading)


def same_content(known: InstrumentRow, content: Content) -> Content:
    """The content that is known, if it is this; Conflict where another instrument has the same id."""
    there = read_content(known.content.encode("utf-8"))
    if replace(there, text="").to_json() != replace(content, text="").to_json():
        raise Conflict(
            f"another instrument `{known.id}` of `{known.agreement}` is here already",
            remedy="give the new one its own id",
        )
    return there


def with_signature(
    known: InstrumentRow | None, content: Content, party: str, entered: Entered, now: Instant
) -> InstrumentRow:
    """The instrument with one signature more; recorded at `now` where that completes it."""
    text = content.to_bytes().decode("utf-8")
    row = known or InstrumentRow(content.agreement, content.instrument.id, text, content.instrument.by, ())
    signatures = dict(row.evidence)
    signatures.setdefault(party, entered.id)
    row = replace(row, evidence=tuple(sorted(signatures.items())))
    return replace(row, recorded=now) if row.recorded is None and not row.missing else row


def _ascii(message: bytes) -> str:
    try:
        return message.decode("ascii")
    except UnicodeDecodeError as error:
        raise VerificationFailed("not signed evidence: it is not ASCII") from error
