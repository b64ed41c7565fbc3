"""What texts ask, at the desk: requirements of a difference and duties in words, in each language, with their code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from relto.adapters.folder import load_dossier
from relto.cli.options import shipped_dossier
from relto.core.agreement import Agreement
from relto.core.decision.difference import Requirement
from relto.core.decision.difference.clauses import changed_clauses
from relto.formats.brief import LANGUAGES, Language
from relto.serve.console.clauses import duty_said
from relto.serve.console.requirements import CODES, RULES, SUBJECTS, WORDS, rule_said, subject_said
from relto.serve.console.words import Tongue
from tests.desk import Desks, desks
from tests.worlds import random_dossier

FOREIGN = [one for one in LANGUAGES if one != "en"]
CODED = re.compile(r"\bP\d+[DMY]|PT\d+H|at-once|term-runs|no-term|purpose-ended|-or-|last-notification|while-|until-")


def texts() -> Iterator[Agreement]:
    """Texts of every kind: the shipped ones, and random ones."""
    for dossier in (load_dossier(shipped_dossier()), *(random_dossier(seed) for seed in range(60))):
        for versions in dossier.agreements.values():
            yield from versions


def changes() -> Iterator[Requirement]:
    """What differs between each text and the next."""
    for one, other in pairwise(list(texts())):
        yield from changed_clauses(one, replace(other, id=one.id))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_requirement_is_said_in_words(language: Language) -> None:
    tongue, met = Tongue(language), set[str]()
    for rule in changes():
        about, said_in = subject_said(tongue, rule)
        assert said_in == language, rule
        met.add(rule.what)
        assert not CODED.search(about), rule
        for text in filter(None, (rule.before, rule.after)):
            said, said_in = rule_said(tongue, rule, text)
            assert said_in == language or _named(rule, text), (rule, said)
            assert not CODED.search(said), (rule, said)
    assert len(met) > 30


def _named(rule: Requirement, text: str) -> bool:
    """Whether a text is of names and marks alone, which stay as they are."""
    return rule.what in ("parties", "zone", "mediated scope", "basis") or rule.what.startswith("marks of ")


@pytest.mark.parametrize("language", FOREIGN)
def test_what_is_passed_on_and_mediated_is_said_in_words(language: Language) -> None:
    tongue = Tongue(language)
    for what, values in (
        ("KOR passing items of USA on to JPN, FRA", ("free", "with the originator's consent", "not at all")),
        ("mediated routes from KOR to JPN", ("in-force", "lapsed", "unsigned")),
    ):
        rule = Requirement(what, "x", "1", "2", values[0], values[1])
        assert subject_said(tongue, rule)[1] == language
        for text in values:
            said = rule_said(tongue, rule, text)
            assert said[1] == language
            assert not re.search("[a-z]{2}", said[0])
    strange = Requirement("the colour of the cover", "x", "", "", "", "blue, and red")
    assert subject_said(tongue, strange) == ("the colour of the cover", "en")
    assert rule_said(tongue, strange, "blue, and red") == ("blue, and red", "")


def test_no_code_of_a_rule_is_in_words_twice() -> None:
    assert len({*SUBJECTS, *RULES}) == len(SUBJECTS) + len(RULES)
    assert not CODES.keys() & WORDS.keys() - {"signature"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with desks(tmp_path_factory.mktemp("rules")) as found:
        yield found


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "article 17: on loss or compromise: report it, at once, to the originator"),
        ("ko", "제17조: 분실 또는 누설 시: 보고, 즉시, 생산국에"),
        ("ja", "第17条: 紛失または漏えいの時: 報告する、直ちに、作成元に"),
    ],
)
def test_the_release_page_says_its_duties_in_words_with_their_code(made: Desks, language: str, said: str) -> None:
    client = made.client("KOR", "lee-authority")
    client.get(f"/desk/language/{language}?back=/desk/")
    page = client.get("/desk/release?item=msl-2019-10-31&to=JPN").text
    assert f'<li>{said} <code class="source">report</code></li>' in page


@pytest.mark.parametrize("language", FOREIGN)
def test_a_duty_that_no_word_is_known_for_stands_as_it_is(language: Language) -> None:
    assert duty_said(Tongue(language), "sing-it") == ("sing-it", "en")
    for text in texts():
        for duty in text.duties:
            assert duty_said(Tongue(language), duty.do)[1] == language, duty
