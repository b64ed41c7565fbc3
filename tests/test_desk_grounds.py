"""Grounds at the desk: every sentence that the law makes is said in Korean and Japanese, with all that it names."""

from __future__ import annotations

import re
import string

import pytest

from relto.core.route import decide
from relto.formats.brief import LANGUAGES
from relto.serve.console.grounds import PATTERNS, ground_said
from relto.serve.console.words import Tongue, catalogue
from tests.test_node_setup import Cast, cast, pact
from tests.worlds import END, START, random_dossier, random_requests

__all__ = ["cast", "pact"]

FOREIGN = [one for one in LANGUAGES if one != "en"]


@pytest.mark.parametrize("language", FOREIGN)
def test_every_ground_of_random_worlds_is_said_in_the_readers_language(language: str) -> None:
    tongue, met = Tongue(language), set[str]()  # type: ignore[arg-type]
    for seed in range(12):
        dossier = random_dossier(seed)
        for request in random_requests(seed, dossier, 150, start=START, end=END):
            for ground in decide(dossier, request).grounds:
                said, in_language = ground_said(tongue, ground.says)
                if not ground.article.startswith("domestic:"):  # a party's own words
                    assert in_language == language, ground
                    assert said != ground.says
                met.add(ground.check)
    assert len(met) >= 11


@pytest.mark.parametrize("language", FOREIGN)
def test_every_ground_of_the_pact_is_said_in_the_readers_language(pact: Cast, language: str) -> None:
    tongue, dossier = Tongue(language), pact.kor.base  # type: ignore[arg-type]
    for name, versions in dossier.agreements.items():
        parties = (None, *versions[0].parties)
        instants = [phase.start for party in parties for phase in dossier.history(name, reading=party).phases]
        for party in parties:
            for at in instants:
                for ground in dossier.standing(name, at, reading=party).grounds:
                    assert ground_said(tongue, ground.says)[1] == language, ground


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_names_what_the_sentence_names(language: str) -> None:
    for pattern in PATTERNS:
        names = [
            {name for _, name, _, _ in string.Formatter().parse(one) if name}
            for one in (pattern, _of(language, pattern))
        ]
        assert names[0] == names[1], pattern


def _of(language: str, pattern: str) -> str:
    return catalogue(language)[pattern]


def test_a_sentence_of_another_is_shown_as_it_was_said() -> None:
    for says in ("no release on Sundays", "", "x" * 10_000, "{state}", "a is b, for {c} {0}"):
        for language in LANGUAGES:
            said, in_language = ground_said(Tongue(language), says)
            assert in_language == "en" or said != says
    assert ground_said(Tongue("en"), "not signed") == ("not signed", "en")
    named = "{x!r} is a contractor".replace(" ", " ", 1)
    assert "{x!r}" in ground_said(Tongue("ja"), named)[0]


def test_a_long_sentence_is_looked_through_to_its_end() -> None:
    hostile = [
        ("is for a " * 70)[:600],
        "a" * 600,
        (", " * 300),
        ("by " * 200),
        " ".join(re.findall(r"\w+", PATTERNS[-1])) * 5,
    ]
    for says in hostile:
        assert ground_said(Tongue("ko"), says[:600])[0]  # it comes back, however much of it could be a name


@pytest.mark.parametrize("language", FOREIGN)
def test_marks_that_stand_for_each_other_are_parted_by_no_english_word(language: str) -> None:
    said, _ = ground_said(Tongue(language), "군사II급비밀 is SECRET, for JPN 極秘 or 特定秘密")  # type: ignore[arg-type]
    assert "極秘 / 特定秘密" in said
