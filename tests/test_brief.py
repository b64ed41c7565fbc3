"""The brief: conditions and whether they are met, three languages, one sheet, and a source for every line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.folder import load_dossier
from relto.cli.brief import page_lines
from relto.cli.main import run
from relto.cli.options import shipped_dossier
from relto.core.analysis import brief
from relto.core.dossier import ChronicleEntry, Dossier
from relto.core.timeline import Instant, Stamp, parse_instant
from relto.formats.brief import LANGUAGES, Language, page_of
from relto.formats.brief.typst import FONTS, typst_source

SHIPPED = load_dossier(shipped_dossier())
NOV_18 = parse_instant("2019-11-18T09:00+09:00")
PUBLIC = {
    # what the reporting of 18 November 2019 tells and the chronicle holds, each under its speaker
    "s003": "USA, Mark Esper",
    "s004": "KOR, Jeong Kyeong-doo",
    "s005": "KOR, Jeong Kyeong-doo",
    "s006": "JPN, Suga Yoshihide",
    "m001": "KOR and JPN, Jeong Kyeong-doo and Kono Taro",
    "i005": "KOR",
}


def text(language: Language = "en", at: Instant = NOV_18, dossier: Dossier = SHIPPED) -> str:
    return "\n".join(page_lines(page_of(brief(dossier, at), dossier.parties, language)))


def test_every_fact_of_the_day_stands_under_its_speaker_with_its_source() -> None:
    entries = {one.id: one for one in SHIPPED.chronicle}
    page = page_of(brief(SHIPPED, NOV_18), SHIPPED.parties)
    lines = [line for section in page.sections for line in section.lines]
    for name, speaker in PUBLIC.items():
        entry = entries[name]
        found = [line for line in lines if line.head == f"{entry.at}  {speaker}" and line.text.startswith(entry.says)]
        assert found, name
        assert found[0].source == entry.source
        assert found[0].unconfirmed == entry.unconfirmed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("at", ["2018-12-01T00:00Z", "2019-11-18T00:00Z", "2020-03-01T00:00Z", "2023-08-01T00:00Z"])
def test_every_line_has_a_source(language: Language, at: str) -> None:
    page = page_of(brief(SHIPPED, parse_instant(at)), SHIPPED.parties, language)
    assert [line for section in page.sections for line in section.lines if not line.source] == []


def condition(at: str) -> list[tuple[str, bool | None]]:
    return [
        (one.entry.id if one.entry else one.instrument, one.met) for one in brief(SHIPPED, parse_instant(at)).conditions
    ]


def test_a_condition_is_met_when_each_of_its_measures_has_ended() -> None:
    assert condition("2019-11-16T23:59:59+07:00") == []
    assert condition("2019-11-18T09:00+09:00") == [("s005", False)]
    assert condition("2019-12-01T00:00Z") == [("s005", False), ("n002", None)]
    assert condition("2023-03-24T00:00+09:00") == [("s005", False)]  # one of two; and the suspension is withdrawn
    ended = next(one for one in SHIPPED.chronicle if one.id == "e037").at.instant
    assert [brief(SHIPPED, ended.plus(shift)).conditions[0].met for shift in (-1, 0, 1)] == [False, True, True]
    assert condition("2026-01-01T00:00Z") == []  # met long ago
    early = brief(SHIPPED, parse_instant("2023-08-01T00:00Z"), known_by=parse_instant("2023-01-01T00:00Z"))
    assert [one.met for one in early.conditions] == [False, None]


def test_korean_and_japanese_say_it_as_people_do() -> None:
    korean, japanese = text("ko"), text("ja")
    assert "발효 중, 종료 통보됨; 4일 15시간 뒤 종료 (2019년 11월 23일 00:00 KST, 자정)" in korean
    assert "[미충족] 일본이 수출 규제를 거두면" in korean
    assert "출처: 제21(3)조 n001" in korean
    assert "有効、終了通告あり。あと4日15時間で失効（2019年11月23日 00:00 KST、午前零時）" in japanese
    assert "[未充足] 日本が輸出規制を撤回すれば" in japanese
    for told in (korean, japanese):  # all that was said that day is on record in these languages
        assert "영문 기록" not in told
        assert "英文の記録" not in told
    assert "영문 기록" in text("ko", parse_instant("2023-08-01T00:00Z"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_its_words(language: Language) -> None:
    told = set()
    for at in ("2016-11-01", "2017-06-01", "2019-09-01", "2019-12-01", "2021-01-01"):
        for reading in ("KOR", "JPN"):
            found = brief(SHIPPED, parse_instant(f"{at}T00:00Z"), reading=reading)
            page = page_of(found, SHIPPED.parties, language)
            told |= {line.text for line in page.sections[0].lines}
    without = replace(SHIPPED, ends={"kor-jpn-2016": NOV_18})
    told |= {line.text for line in page_of(brief(without, NOV_18), SHIPPED.parties, language).sections[0].lines}
    assert not any("{" in one for one in told)
    if language != "en":
        assert not any(re.search("[a-z]{5}", one) for one in told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_printed_on_one_sheet_and_always_the_same(language: Language, tmp_path: Path) -> None:
    typst = pytest.importorskip("typst", reason="typst, the extra that prints, is not installed")
    if language != "en" and not set(FONTS[language]) & set(typst.Fonts().families()):
        pytest.skip(f"no font on this machine writes {language}: {', '.join(FONTS[language])}")
    asked = ["brief", "--at", "2019-11-18T09:00+09:00", "--lang", language, "--pdf"]
    for name in ("one.pdf", "two.pdf"):
        assert run([*asked, str(tmp_path / name)]) == 0
    printed = (tmp_path / "one.pdf").read_bytes()
    assert printed == (tmp_path / "two.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_hostile_text_is_only_text_in_print() -> None:
    typst = pytest.importorskip("typst", reason="typst, the extra that prints, is not installed")
    hostile = '#read("/etc/passwd") #eval("1") $x$ *b* _i_ `c` <l> @r // ~ \\ [ ] = - + / \'"'
    entry = ChronicleEntry(
        "x1", "statement", Stamp(NOV_18, "instant", "UTC"), ("KOR",), speaker=hostile, says=hostile, source=hostile
    )
    dossier = replace(SHIPPED, chronicle=(entry,))
    page = page_of(brief(dossier, NOV_18), dossier.parties)
    source = typst_source(page, 8.0)
    assert typst.compile(source.encode(), format="pdf", timestamp=0).startswith(b"%PDF")
    assert not re.search(r"(?<!\\)#read", source)


def test_a_font_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("typst", reason="typst, the extra that prints, is not installed")
    monkeypatch.setitem(FONTS, "ko", ("No Such Font",))
    assert run(["brief", "--at", "2019-11-18T09:00+09:00", "--lang", "ko", "--pdf", "/tmp/never.pdf"]) == 2
    assert "no font that writes `ko`; install one of No Such Font" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("needs: [s001]", "no measure of the chronicle"),
        ("ends: [none]", "no measure of the chronicle"),
        ("in: {Korean: x}", "no language"),
        ("in: {ko: ''}", "empty"),
        ("in: text", "expected"),
    ],
)
def test_links_and_languages_of_entries_are_checked(tmp_path: Path, line: str, says: str) -> None:
    import shutil

    from relto.core.errors import InputError

    shutil.copytree(shipped_dossier(), tmp_path / "d")
    file = tmp_path / "d" / "chronicle" / "2019.yaml"
    found = file.read_text(encoding="utf-8")
    file.write_text(found.replace("{id: s003,", f"{{id: s003, {line},", 1).replace(", in: {ko", ", note: {ko", 0))
    if line.startswith("in:"):
        file.write_text(
            re.sub(r"(\{id: s003,.*?), in: \{ko: .*?\"\}, source", r"\1, source", file.read_text(), count=1)
        )
    with pytest.raises(InputError, match=says) as caught:
        load_dossier(tmp_path / "d")
    assert "2019.yaml:" in str(caught.value)
