"""What the pages of visits, contractors and facilities share: their statements step by step, and how an act is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.canon import JSON
from relto.core.errors import InputError
from relto.core.evidence import Evidence
from relto.core.register import ControlKind
from relto.core.timeline import Instant, parse_instant
from relto.node.controls import REFUSAL
from relto.node.node import Node
from relto.node.people import PersonalAct
from relto.node.ports import Reading
from relto.node.statements import statement
from relto.node.verdicts import grounds_of
from relto.serve.console.visiting import Visit, form_of

STEPS: Final = 100
"""How many statements stand on a page: the newest."""
LINES: Final = 64
"""How many names one field of a form may have, a line each."""
WORDS: Final[Mapping[str, str]] = {
    "visit-asked": "asked for",
    "visit-approved": "approved",
    "visit-declined": "declined",
    "visit-called-off": "called off",
    "visit-held": "took place",
    "visit-shown": "an item shown",
    "visit-opened": "an item opened",
    "checklist-set": "checklist set",
    "conditions-confirmed": "conditions confirmed",
    "conditions-withdrawn": "conditions withdrawn",
    "inspected": "inspected",
    "inspection-missed": "inspection missed",
    "official-named": "official named",
    "official-relieved": "official relieved",
    "enrolled": "entered in the register",
    "struck": "struck off the register",
}
"""The events of visits, contractors and facilities in words."""
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A signed statement: what it is in words, who made it, and its leaf. `detail`: of whom or what, and what was said.
    `why` and `article`: of something that was refused."""

    words: str
    party: str
    at: Instant
    leaf: str
    by: str = ""
    detail: str = ""
    why: str = ""
    article: str = ""


def steps_of(visit: Visit, reading: Reading, kind: ControlKind, name: str) -> list[Step]:
    """The newest statements about a visit, a contractor or a facility up to the instant looked at, in their order."""
    told = [(leaf.id, statement(leaf.evidence)) for leaf in reading.leaves(name) if leaf.kind in (kind, "refusal")]
    return [_step(visit, leaf, one) for leaf, one in told if not visit.past or one.at <= visit.at][-STEPS:]


def _step(visit: Visit, leaf: str, one: Evidence) -> Step:
    say, event = visit.tongue.say, one.says.get("event")
    if one.kind == "refusal" or one.says.get("step") == REFUSAL:
        failed = next((ground for ground in grounds_of(one.says) if not ground.passed), None)
        why, article = str(one.says.get("says", "")), str(one.says.get("article", ""))
        if failed is not None:
            why, article = failed.says, failed.article
        return Step(say("refused"), one.party, one.at, leaf, why=why, article=article)
    if not isinstance(event, dict):
        return Step(say("receipt"), one.party, one.at, leaf)
    name = str(event.get("event"))
    return Step(say(WORDS.get(name, name)), one.party, one.at, leaf, str(event.get("by", "")), _detail(event))


def _detail(event: Mapping[str, JSON]) -> str:
    letters = event.get("conditions")
    about = " ".join(f"({one})" for one in letters) if isinstance(letters, list) else ""
    about = about or str(event.get("official") or event.get("person") or event.get("item") or "")
    said = str(event.get("evidence") or event.get("says") or event.get("task") or "")
    return ": ".join(one for one in (about, said) if one)


async def acted(visit: Visit, back: str, act: Callable[[Fields], object]) -> Response:
    """Do what a form asks for, and go back to its page. Raises InputError where a past instant is looked at."""
    return await acted_to(visit, lambda fields: (act(fields), back)[1])


async def acted_on(
    visit: Visit, right: PersonalAct, place: str, name: str, act: Callable[[Node, str, str, Fields], object]
) -> Response:
    """Do what a form of the page `place`/`name` asks for, as who is signed in: `act` gets the node as they make it act,
    the name, their account and the fields."""
    return await acted(
        visit, f"{place}/{name}", lambda fields: act(visit.acting(right), name, visit.signed_in.id, fields)
    )


async def acted_to(visit: Visit, act: Callable[[Fields], str]) -> Response:
    """Do what a form asks for, and go to the page that it names."""
    fields = await form_of(visit)
    check_now(visit)
    return RedirectResponse(visit.link(await run_in_threadpool(act, fields)), 303)


def check_now(visit: Visit) -> None:
    """Raise InputError where a past instant is looked at."""
    if visit.past:
        raise InputError("an act in the past", remedy="leave the past that you are looking at")


def lines_of(text: str) -> tuple[str, ...]:
    """What stands in a field line by line, without empty ones. Raises InputError for more than `LINES`."""
    found = tuple(one.strip() for one in text.splitlines() if one.strip())
    if len(found) > LINES:
        raise InputError(f"{len(found)} lines in one field", remedy=f"write at most {LINES}")
    return found


def instant_of(text: str, zone: str) -> Instant | None:
    """An instant that a field tells, on the clock of `zone` where it names neither a zone nor an offset; None where it
    is empty. Raises InputError for what is none."""
    text = text.strip()[:100]
    if not text:
        return None
    naive = "T" in text and not any(sign in text.partition("T")[2] for sign in "Zz+-[")
    return parse_instant(f"{text}[{zone[:60]}]" if naive else text)
