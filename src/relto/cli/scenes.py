"""The scenes of `relto demo`, in order. Every line printed is what the nodes did, not what was expected of them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relto.adapters.folder import load_person
from relto.cli.brief import brief_lines
from relto.cli.options import open_dossier, shipped_dossier
from relto.cli.output import both_clocks, columns, doubt, safe
from relto.cli.rehearsal import PACT, PARTIES, Rehearsal
from relto.cli.scenes_warnings import Warnings, three_answers
from relto.core.agreement import Instrument
from relto.core.analysis import brief
from relto.core.analysis.brief import standing_sentence
from relto.core.decision import Request, Verdict
from relto.core.errors import VerificationFailed
from relto.core.route import decide
from relto.core.timeline import Instant, parse_instant
from relto.node import ActRefused, Delivery, Verification

ZONE = "Asia/Seoul"
SECOND = 1_000_000_000
BRIEFED = parse_instant("2019-11-18T09:00+09:00")
MIDNIGHT = parse_instant("2019-11-23T00:00+09:00")
BURST = (*range(-10, 0), *range(1, 11))  # tenths of a second on either side of midnight


def play(folder: Path) -> None:
    """All scenes: as it happened, then the counterfactual, then the proof."""
    say("relto: three nodes, KOR, JPN and USA, each a process with its own keys, clock, store and copy of the dossier;")
    say("they meet over TLS 1.3, each known by the certificate that the others have pinned.")
    say("The record is real (see the dossier for sources); items, persons and who passed which on are notional.")
    happened = Rehearsal(folder / "as-it-happened", parse_instant("2016-11-23T09:00+09:00"), progress)
    as_it_happened(happened)
    other = Rehearsal(folder / "nobody-suspends", parse_instant("2016-11-23T09:00+09:00"), progress)
    nobody_suspends(other)
    scene("7. The three answers")
    three_answers(happened.dossier("KOR"), BRIEFED)
    for rehearsal in (happened, other):
        rehearsal.close()
    proof((("as it happened", happened), ("nobody suspends", other)))


def say(text: str = "") -> None:
    """One line of the demo."""
    click.echo(text)


def progress(text: str) -> None:
    """What takes a moment, told on stderr to whoever watches."""
    if sys.stderr.isatty():
        click.echo(f"  ... {text}", err=True)


def scene(title: str) -> None:
    """A heading."""
    say(f"\n{title}\n{'-' * len(title)}")


def _record() -> dict[str, Instrument]:
    """The real instruments of the pact, as the shipped dossier has them."""
    return {one.id: one for one in open_dossier(shipped_dossier()).record(PACT).instruments}


def _sign(rehearsal: Rehearsal, one: Instrument) -> None:
    """An instrument arrives: who signs it, and the standing that each node computes from it."""
    rehearsal.sign(one)
    about = f" on {', '.join(one.targets)}" if one.targets else ""
    hour = " (hour not recorded)" if one.at.precision == "day" else ""
    say(f"\n{one.at}{hour}  {one.kind}{about} by {', '.join(one.by)} ({one.id}){doubt(one.unconfirmed)}")
    told = {party: standing_sentence(rehearsal.standing(party), ZONE) for party in ("KOR", "JPN")}
    if told["KOR"] == told["JPN"]:
        say(f"    both nodes: {told['KOR']}")
    else:
        for party, sentence in told.items():
            say(f"    {party} reads: {sentence}")


def _became(outcome: Delivery | ActRefused) -> list[str]:
    """What became of an act: the article it went under, or every ground of the refusal."""
    if isinstance(outcome, ActRefused):
        grounds = outcome.verdict.failed()
    elif outcome.state == "done":
        return ["permitted"]
    else:
        grounds = outcome.grounds
    lines = [
        f"REFUSED  {ground.agreement} {ground.article}{doubt(ground.unconfirmed)}: {ground.says}" for ground in grounds
    ]
    routes = outcome.verdict.routes if isinstance(outcome, ActRefused) else ()
    return lines + [
        f"instead: through {', '.join(route.via)} under {route.agreements[0]}, marked {' or '.join(route.marks)}"
        for route in routes
        if route.kind == "mediated"
    ]


def _try_release(
    rehearsal: Rehearsal, item: str, sender: str, recipient: str, at: str, *, purpose: str = ""
) -> Delivery | ActRefused:
    """Release, and tell: what, to whom, under which articles, how it is marked there, and the receipt."""
    outcome = rehearsal.release(item, sender, recipient, parse_instant(at), purpose=purpose)
    what = rehearsal.item(item)
    asked = f" for {purpose}" if purpose else ""
    say(f"\n{both_clocks(rehearsal.clock.at, ZONE)}  {sender} -> {recipient}: {safe(what.title)}, {what.mark}{asked}")
    if isinstance(outcome, Delivery) and outcome.state == "done":
        verdict = decide(
            rehearsal.dossier(sender), Request("release", what, sender, recipient, rehearsal.clock.at, reading=sender)
        )
        checked = [ground for ground in verdict.grounds[:5] if ground.article]
        articles = ", ".join(dict.fromkeys(ground.article for ground in checked))
        say(f"    released under {verdict.agreement}, articles {articles}; marked {' or '.join(verdict.marks)} there")
        say(f"    receipt {outcome.row.answer}")
    else:
        for line in _became(outcome):
            say(f"    {line}")
    return outcome


def as_it_happened(rehearsal: Rehearsal) -> None:
    """The real record, from signature to today."""
    record = _record()
    scene("1. As it happened: the pact from its signature to the notice")
    for name in ("sig", "notif"):
        _sign(rehearsal, record[name])
    warnings = Warnings(rehearsal)
    say("\nthe launches of July to November 2019 go out as warnings on a stream (that they went is notional)")
    warnings.until("2019-07-25T11:00+09:00")
    first = _try_release(rehearsal, "msl-2019-07-25", "KOR", "JPN", "2019-07-25T11:00+09:00")
    for item, at in (
        ("msl-2019-08-02", "2019-08-02T11:00+09:00"),
        ("msl-2019-08-06", "2019-08-06T11:00+09:00"),
        ("msl-2019-08-16", "2019-08-16T15:00+09:00"),
    ):
        warnings.until(at)
        _try_release(rehearsal, item, "KOR", "JPN", at)
    say("\n2019-08-22 18:20 KST  Seoul announces that it will end the pact: a statement, no instrument")
    rehearsal.clock.set(parse_instant("2019-08-22T18:20+09:00"))
    say(f"    both nodes: {standing_sentence(rehearsal.standing('KOR'), ZONE)}")
    _sign(rehearsal, record["n001"])
    say("\nwhile the notice runs exchange goes on")
    warnings.until("2019-10-03T18:00+09:00")
    _try_release(rehearsal, "msl-2019-10-02-jpn", "JPN", "KOR", "2019-10-03T18:00+09:00")
    warnings.until("2019-10-31T18:00+09:00")
    _refusals(rehearsal, first)
    scene("3. The desk on 18 November 2019, 09:00 in Seoul")
    rehearsal.clock.set(BRIEFED)
    dossier = rehearsal.dossier("KOR")
    for line in brief_lines(brief(dossier, BRIEFED, reading="KOR"), dossier):
        say(line)
    scene("4. As it happened: the notice is suspended, hours before midnight")
    _sign(rehearsal, record["n002"])
    warnings.until("2019-11-28T19:00+09:00")
    _try_release(rehearsal, "msl-2019-11-28", "KOR", "JPN", "2019-11-28T19:00+09:00")
    _sign(rehearsal, record["n003"])


def _refusals(rehearsal: Rehearsal, first: Delivery | ActRefused) -> None:
    """What the agreements do not permit, each refused under its own article."""
    scene("2. What is refused, and why")
    _try_release(rehearsal, "msl-2019-10-31-grade-1", "KOR", "JPN", "2019-10-31T18:00+09:00")
    _try_release(rehearsal, "msl-2019-10-31", "KOR", "JPN", "2019-10-31T18:01+09:00", purpose="press")
    assert isinstance(first, Delivery)
    holding = first.row.subject
    say("\nJPN passes Korea's item of 25 July on to USA, without Korea's consent")
    for line in _became(rehearsal.pass_on(holding, "JPN", "USA")):
        say(f"    {line}")
    persons = shipped_dossier() / "persons"
    for name in ("jpn-analyst-9", "jpn-analyst-7"):
        person = load_person(persons / f"{name}.yaml", rehearsal.dossier("JPN"))
        outcome = rehearsal.open(holding, "JPN", person)
        say(f"\nJPN opens it for {person.id}, cleared to {person.clearance}")
        if isinstance(outcome, ActRefused):
            for line in _became(outcome):
                say(f"    {line}")
        else:
            say(f"    opened: {outcome.decode('utf-8')[:88]}...")


def nobody_suspends(rehearsal: Rehearsal) -> None:
    """The counterfactual: no suspension, a burst of releases across midnight, and the route that remains."""
    record = _record()
    scene("5. Had nobody suspended the notice: the midnight of 23 November 2019")
    for name in ("sig", "notif", "n001"):
        rehearsal.sign(record[name])
    say("the same record without the suspension; KOR releases one item again and again across midnight\n")
    instants = [MIDNIGHT.plus(tenth * SECOND // 10) for tenth in BURST]
    instants += [MIDNIGHT.plus(n) for n in (-1, 0, 1)]
    outcomes = [(at, rehearsal.release("msl-2019-10-31", "KOR", "JPN", at)) for at in sorted(instants)]
    permitted = [at for at, outcome in outcomes if isinstance(outcome, Delivery) and outcome.state == "done"]
    refused = [(at, outcome) for at, outcome in outcomes if isinstance(outcome, ActRefused)]
    rows = [
        ("released before midnight", f"{len(permitted)} of {sum(at < MIDNIGHT for at, _ in outcomes)}"),
        ("last permitted", both_clocks(permitted[-1], ZONE)),
        ("first refused", both_clocks(refused[0][0], ZONE)),
        ("released at midnight or after", f"{sum(at >= MIDNIGHT for at in permitted)} of {len(refused)} tried"),
    ]
    say("\n".join(columns(rows, indent="  ")))
    for line in _became(refused[0][1]):
        say(f"  {line}")
    say(f"  KOR's node: {standing_sentence(rehearsal.standing('KOR'), ZONE)}")
    say(f"  JPN's node: {standing_sentence(rehearsal.standing('JPN'), ZONE)}")
    _through_the_ally(rehearsal)


def _through_the_ally(rehearsal: Rehearsal) -> None:
    scene("6. What remains: through the ally, for missiles only")
    at = parse_instant("2019-11-23T09:00+09:00")
    outcome = rehearsal.release("msl-2019-10-31", "KOR", "JPN", at, via=("USA",))
    say(f"{both_clocks(at, ZONE)}  KOR -> USA -> JPN under tisa-2014; by choosing the route Korea consents to it")
    for line in _became(outcome):
        say(f"    KOR -> USA: {line}")
    for onward in rehearsal.relay("USA"):
        say(f"    USA -> {onward.row.peer}: {'permitted' if onward.state == 'done' else onward.state}")
    node = rehearsal.nodes["JPN"]
    with node.store.read() as reading:
        held = next(one for one in reading.holdings() if one.intermediary)
    came = held.received
    origin = f"originator {came.originator} ({came.origin_mark})"
    say(f"    JPN holds it marked {came.mark}; {origin}, through {held.intermediary}")
    say("\nwhat may still go to the other side, item by item\n")
    say("\n".join(columns(_what_remains(rehearsal, at), indent="  ")))


def _what_remains(rehearsal: Rehearsal, at: Instant) -> list[tuple[str, ...]]:
    """Each item that can show something: before the lapse, after it, and why the ally cannot carry it."""
    dossier = rehearsal.dossier("KOR")
    rows: list[tuple[str, ...]] = [("item", "from", "topic", "day before", "after the lapse", "")]
    for name in (
        "msl-2019-10-31",
        "msl-2019-10-31-grade-1",
        "msl-2019-08-24-orcon",
        "sea-2018-12-20-kor",
        "msl-2019-10-02-jpn",
        "sea-2018-12-20-jpn",
    ):
        item = dossier.item(name)
        other = "JPN" if item.originator == "KOR" else "KOR"
        before = decide(dossier, Request("release", item, item.originator, other, at.plus(-86_400 * SECOND)))
        after = decide(dossier, Request("release", item, item.originator, other, at))
        why = ""
        if not after.routes:
            scope = dossier.versions("tisa-2014")[0].scope
            outside = not item.topic.startswith(tuple(scope.topics))
            why = f"outside tisa-2014 {scope.article}" if outside else "its label does not name the ally"
        rows.append((name, item.originator, item.topic, _way(before), _way(after), why))
    return rows


def _way(verdict: Verdict) -> str:
    if verdict.permits:
        return "direct"
    return f"through {', '.join(verdict.routes[0].via)}" if verdict.routes else "no way"


def _held(found: Verification) -> str:
    if not found.holds:
        return "DOES NOT HOLD"
    return "everything holds" if found.leaves else "nothing was exchanged with it"


def proof(rehearsals: tuple[tuple[str, Rehearsal], ...]) -> None:
    """Every ledger and receipt, verified from each side's files alone."""
    scene("8. Proof: each side's files alone, opened anew without the passphrase")
    rows = [("nodes", "party", "leaves", "receipts", "proofs", "holdings", "")]
    problems: list[str] = []
    for name, rehearsal in rehearsals:
        for found in rehearsal.verify():
            counts = (str(found.leaves), str(found.receipts), str(found.proofs), str(found.holdings))
            rows.append((name, found.party, *counts, _held(found)))
            problems += [f"{name}, {found.party}: {problem}" for problem in found.problems]
    say("\n".join(columns(rows, indent="  ")))
    if problems:
        raise VerificationFailed(problems[0], remedy="this must never happen: please report it")
    say(f"\n{len(rows) - 1} nodes of {len(PARTIES)} parties: every signature, receipt, proof and holding verifies.")
