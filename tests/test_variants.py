"""Other real agreements, and the corners of the clock: what their texts say, derived by hand, against the engine.

The questions and answers stand in `fixtures/variants/real.txt` and `clock.txt`, each with its derivation.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from relto.adapters.folder import load_dossier
from relto.core.dossier import Dossier
from relto.core.errors import ReltoError
from relto.core.timeline import Instant, parse_instant

VARIANTS = Path(__file__).parent / "fixtures" / "variants"
BROKEN = {"invalid-hole"}
TABLES = "\n".join((VARIANTS / name).read_text(encoding="utf-8") for name in ("real.txt", "clock.txt"))
DOSSIERS = sorted(path.name for path in VARIANTS.iterdir() if path.is_dir() and path.name not in BROKEN)
STATES = {
    "unsigned": False,
    "signed": False,
    "in-force": True,
    "notice-given": True,
    "notice-suspended": True,
    "lapsed": False,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One question and the answer derived by hand."""

    dossier: str
    agreement: str
    at: Instant
    state: str
    expected: tuple[str, str, str]
    reading: str | None = None
    known_by: Instant | None = None
    between: tuple[str, str] | None = None


def moment(text: str) -> Instant:
    """An instant with an optional `-1` or `+1` nanosecond behind it."""
    for sign in ("-1", "+1"):
        if text.endswith((f" {sign}", f"Z{sign}")):
            return parse_instant(text.removesuffix(sign).strip()).plus(int(sign))
    return parse_instant(text)


def rows(table: str) -> Iterator[object]:
    """The rows of a table, each named for its question."""
    dossier = agreement = ""
    for line in filter(None, map(str.strip, table.splitlines())):
        if line.startswith("["):
            dossier, agreement = line.strip("[]").split("/")
        elif not line.startswith("#"):
            when, state, term_end, ends_at, deadline, *terms = (cell.strip() for cell in line.split("|"))
            asked = dict(term.split("=") for term in " ".join(terms).split())
            first, _, second = asked.get("between", "").partition(",")
            known_by = moment(asked["known_by"]) if "known_by" in asked else None
            expected = (term_end, term_end if ends_at == "=" else ends_at, deadline)
            pair = (first, second) if second else None
            row = Row(dossier, agreement, moment(when), state, expected, asked.get("reading"), known_by, pair)
            yield pytest.param(row, id=" ".join((agreement, when, *filter(None, terms))))


@cache
def dossier_of(name: str) -> Dossier:
    """Each dossier is loaded once."""
    return load_dossier(VARIANTS / name)


@pytest.mark.parametrize("row", list(rows(TABLES)))
def test_the_standing_is_what_the_text_says(row: Row) -> None:
    standing = dossier_of(row.dossier).standing(
        row.agreement, row.at, reading=row.reading, known_by=row.known_by, between=row.between
    )
    if row.state in STATES:
        assert standing.state == row.state
    assert standing.in_force == STATES.get(row.state, row.state == "yes")
    for said, meant in zip((standing.term_end, standing.ends_at, standing.notice_deadline), row.expected, strict=True):
        if meant != "?":
            assert said == (None if meant == "-" else parse_instant(meant))
    assert standing.grounds
    assert all(ground.article and ground.says for ground in standing.grounds)


@pytest.mark.parametrize("name", DOSSIERS)
def test_every_dossier_loads_and_every_agreement_of_it_is_asked(name: str) -> None:
    asked = {f"[{name}/{agreement}]" for agreement in dossier_of(name).agreements}
    assert asked <= set(TABLES.splitlines())


@pytest.mark.parametrize(
    ("dossier", "agreement", "when", "article", "instrument"),
    [
        ("swiss-5y", "swiss-5y", "2023-08-31T00:00+02:00", "15(2)", "notice"),
        ("aut-cyp-2014", "aut-cyp-2014", "2020-03-01T00:00+01:00", "14(1), 14(3)", "notice"),
        ("too-late", "suspended-at-end", "2019-11-23T00:00Z", "2", "notice"),
    ],
)
def test_a_lapse_names_the_article_on_its_term_and_the_notice(
    dossier: str, agreement: str, when: str, article: str, instrument: str
) -> None:
    grounds = dossier_of(dossier).standing(agreement, parse_instant(when)).grounds
    assert (article, instrument) in {(ground.article, ground.instrument) for ground in grounds}


@pytest.mark.parametrize("agreement", ["health-dua", "health-dua-overdue"])
def test_an_amended_text_is_named_by_the_digest_of_its_bytes(agreement: str) -> None:
    folder = VARIANTS / "health-dua"
    digest = hashlib.sha256((folder / "agreements" / f"{agreement}@2.yaml").read_bytes()).hexdigest()
    assert f"sha256:{digest}" in (folder / "records" / f"{agreement}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["health-dua.yaml", "health-dua@2.yaml"])
def test_a_text_that_was_touched_after_it_was_signed_is_refused(file: str, tmp_path: Path) -> None:
    copy = shutil.copytree(VARIANTS / "health-dua", tmp_path / "dossier")
    text = copy / "agreements" / file
    text.write_text(text.read_text(encoding="utf-8") + "# touched\n", encoding="utf-8")
    with pytest.raises(ReltoError, match="health-dua"):
        load_dossier(copy)


def test_a_row_that_lacks_a_party_and_treats_it_as_nothing_is_an_error_with_its_place() -> None:
    with pytest.raises(ReltoError) as caught:
        load_dossier(VARIANTS / "invalid-hole")
    message = str(caught.value)
    assert "invalid-hole.yaml:15:" in message
    assert "beta" in message
