"""A property that speaks of nothing, or of more than can be looked at, is an error at its place."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.core.decision.proof import Property
from relto.core.dossier import Dossier, Party
from relto.core.errors import InputError
from relto.formats.property import read_properties
from tests.making import act, northeast_asia

SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
HEAD = "relto: property/1\nproperties:\n"


@cache
def dossier() -> Dossier:
    return load_dossier(SHIPPED)


def read(never: str, of: Dossier | None = None) -> Property:
    (found,) = read_properties("f", f"{HEAD}  - {{id: a, says: x, never: {{{never}}}}}".encode(), of or dossier())
    return found


def refused(text: str, of: Dossier | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_properties("f", (HEAD + text).encode(), of or dossier())
    return str(caught.value)


@pytest.mark.parametrize(
    ("never", "says"),
    [
        (
            "topic: [defense]",
            "f:3:38: `defense` is no topic of this dossier: no clause, item or consent names it or one ",
        ),
        ("topic: [defense]", "; use `defence`"),
        ("topic: [defense/dprk]", "; use `defence`"),
        ("topic: [defence/dprk, trade]", "f:3:52: `trade` is no topic of this dossier"),
        ("topic: [defence/dprk/misile]", "use `defence/dprk/missile`"),
        ("topic: [defence/dprk/missle/launch]", "use `defence/dprk/missile`"),
        ("topic: [defence/martime]", "use `defence/maritime`"),
        ("purpose: [missile-warnin]", "f:3:40: `missile-warnin` is no purpose of this dossier; use `missile-warning`"),
        ("agreement: [tisa-2014]", "`tisa-2014` says nothing here: no agreement lets it be released directly"),
        ("to: [FRA]", "`FRA` is no party, contractor or authority of this dossier"),
        ("rank: [RESTRICTD]", "`RESTRICTD` is no rank of this dossier"),
    ],
)
def test_a_name_that_no_cell_has_is_told_with_the_nearest_that_one_has(never: str, says: str) -> None:
    assert says in refused(f"  - {{id: a, says: x, never: {{{never}}}}}")


@pytest.mark.parametrize(
    "topic",
    [
        "defence",
        "defence/dprk",
        "defence/dprk/missile",
        "defence/dprk/missile/launch",
        "defence/dprk/missile-2",
        "defence/dprk/missive",
        "defence/space",
    ],
)
def test_a_topic_above_or_below_one_that_is_named_is_a_topic(topic: str) -> None:
    if topic.endswith("missive"):
        assert "use `defence/dprk/missile`" in refused(f"  - {{id: a, says: x, never: {{topic: [{topic}]}}}}")
    else:
        assert read(f"topic: [{topic}]").where.topics == (topic,)


def test_what_consents_domestic_rules_and_designations_name_is_known() -> None:
    given = act("c", "consent", ("KOR",), "2020-01-01T00:00Z", to=("USA",), topic="trade/steel", purpose="study")
    named = act("d", "designation", ("JPN",), "2020-01-01T00:00Z", authority="jpn-agency")
    of = northeast_asia(given, named)
    assert read("topic: [trade], purpose: [study], to: [jpn-agency, jpn-firm-1]", of).where.purposes == ("study",)
    assert "use `jpn-agency`" in refused("  - {id: a, says: x, never: {to: [jpn-agncy]}}", of)


def test_a_rank_or_party_that_the_dossier_has_and_no_cell_is_told_so() -> None:
    plain = northeast_asia()
    parties = {name: replace(one, marks=one.marks[1:]) for name, one in plain.parties.items()}
    of = replace(plain, parties={**parties, "FRA": Party("FRA", {"en": "France"}, ())})
    said = refused("  - {id: a, says: x, never: {rank: [TOP SECRET]}}", of)
    assert "f:3:37: `TOP SECRET` says nothing here: no party has a mark of it; use `SECRET`" in said
    assert "`FRA` says nothing here: no agreement lets it" in refused("  - {id: a, says: x, never: {from: [FRA]}}", of)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("  - {id: a, says: x, never: {}}", "f:3:29: `never` names nothing; name what it is about"),
        ("  - {id: a, says: x, where: {to: [JPN]}, must: {}}", "f:3:48: `must` names nothing"),
        (
            "  - {id: a, says: x, where: {to: [JPN], topic: [defence/dprk]}, must: {to: [USA, JPN], topic: [defence]}}",
            "f:3:71: `must` of `a` asks nothing that `where` does not",
        ),
        (
            "  - {id: a, says: x, where: {during: {from: 2020-01-01T00:00Z, until: 2021-01-01T00:00Z}},\n"
            "     must: {during: {from: 2019-01-01T00:00Z}}}",
            "f:4:12: `must` of `a` asks nothing",
        ),
    ],
)
def test_one_that_asks_nothing_is_told_so(text: str, says: str) -> None:
    assert says in refused(text)


@pytest.mark.parametrize(
    "must",
    [
        "topic: [defence/dprk/missile]",
        "topic: [defence], to: [USA]",
        "during: {from: 2019-01-01T00:00Z}",
        "act: [release], topic: [defence]",
    ],
)
def test_one_that_asks_something_is_read(must: str) -> None:
    text = f"  - {{id: a, says: x, where: {{to: [JPN], topic: [defence/dprk]}}, must: {{{must}}}}}"
    assert read_properties("f", (HEAD + text).encode(), dossier())[0].must is not None


def test_the_command_tells_where_a_pattern_stands_that_meets_no_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "  - {id: a, says: x, never: {from: [KOR], to: [USA], agreement: [kor-jpn-2016]}}\n"
    Path("mine.yaml").write_text(HEAD + text, encoding="utf-8")
    assert run(["table", "prove", "--file", "mine.yaml"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("relto: mine.yaml:3:29: `a` speaks of no cell: no agreement it names permits direct ")


class TestBombs:
    """Each is refused by a limit before it is worked on."""

    def many(self, topics: int, purposes: int, properties: int = 1) -> str:
        given = [
            act(f"c{one}", "consent", ("KOR",), "2020-01-01T00:00Z", to=("USA",), topic="defence", purpose=f"u{one}")
            for one in range(purposes)
        ]
        names = ", ".join(f"defence/t{one}" for one in range(topics))
        uses = ", ".join(f"u{one}" for one in range(purposes))
        lines = (
            f"  - {{id: p{one}, says: x, never: {{topic: [{names}], purpose: [{uses}]}}}}\n"
            for one in range(properties)
        )
        return refused("".join(lines), northeast_asia(*given))

    def test_pairs_of_topic_and_purpose(self) -> None:
        assert self.many(100, 99).startswith(
            "f:3:5: `p0` names 10100 pairs of topic and purpose, the file so far 10100"
        )
        assert "f:13:5: `p10` names 10000 pairs of topic and purpose, the file so far 110000" in self.many(99, 99, 11)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("  - {id: a, says: x, never: {topic: [" + "defence, " * 1001 + "]}}", "a list of 1001"),
            ("  - {id: a, says: x, never: {to: [JPN]}}\n" * 1001, "a list of 1001"),
            ("  - {id: a, says: x, never: {topic: [" + "d" * 300 + "]}}", "is not a topic"),
            ("  - {id: a, says: x, never: {purpose: [" + "d" * 600 + "]}}", "a text of 600 signs"),
            ("  - " + "[" * 40, "nested deeper than 32"),
            ("  - &a [x]\n  - *a\n", "the anchor `&a`"),
            (" " * (4 << 20) + "x", "a file of "),
        ],
        ids=lambda one: one[:12],
    )
    def test_size_depth_and_number(self, text: str, says: str) -> None:
        assert says in refused(text)
