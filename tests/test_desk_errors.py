"""Errors at the desk: what went wrong and what to do about it, in Korean and Japanese, with all that they name."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

import pytest

from relto.core.errors import Conflict, NotFound, Refused
from relto.formats.brief import LANGUAGES, Language
from relto.node import ActRefused, release
from relto.node.behind import Behind
from relto.node.people import MAY, TooManyAttempts
from relto.serve.console.errors import SENTENCES, error_said, told_said, wrong_said
from relto.serve.console.problems import problem_said
from relto.serve.console.words import Tongue, catalogue
from tests.desk import Desks, csrf, desks
from tests.error_texts import SOURCE, imported_by, problems_of, strings_of, texts_of
from tests.office import PASSWORD

FOREIGN = [one for one in LANGUAGES if one != "en"]
CONSOLE = sorted((SOURCE / "serve" / "console").glob("*.py"))
REACHED = """
    adapters/http/link adapters/link adapters/people/attempts adapters/people/calendars adapters/people/file
    adapters/people/rows adapters/people/store adapters/sqlite/errors adapters/sqlite/instruments
    adapters/sqlite/rows adapters/sqlite/transaction adapters/verifier core/analysis/impact/answers
    core/analysis/impact/compare core/analysis/world core/decision/addressee core/decision/difference/compare
    core/decision/difference/question core/decision/reference core/dossier/dossier core/envelope/joint
    core/envelope/keys core/envelope/manifest core/envelope/seal core/envelope/sealed core/envelope/segments
    core/evidence/evidence core/evidence/signed core/label/identifier core/label/topic core/register/contractor
    core/register/control core/register/copies core/register/facility core/register/holding core/register/visit
    core/timeline/day core/timeline/instant core/timeline/period core/timeline/stamp core/timeline/zone
    node/acknowledge node/approving node/behind node/clocks node/compromise node/contractors node/controls
    node/custody node/facilities node/heads node/inclusion node/node node/open_item node/people node/queueing
    node/readers node/receive node/release node/sending node/statements node/telling node/transmittal
    node/two_persons node/verify node/verify_controls node/verify_kept node/verify_tables node/visits
    serve/api/context serve/api/guard serve/api/oidc serve/api/provider serve/parts
""".split()
"""The modules whose errors a page or an act of the desk may show, or a peer may answer to what it sends."""
DATES = [SOURCE / "core" / "timeline" / "instant.py"]
"""Where a text has another in it."""
VERIFYING = [SOURCE / "node" / f"{one}.py" for one in ("verify", "verify_controls", "verify_kept", "verify_tables")]
BEYOND = {
    "core/canon.py": "only its type of JSON is used",
    "core/analysis/sufficiency/assumptions.py": "the file is the one that is shipped",
    "core/payload/encounter.py": "what cannot be read is shown as it came",
    "core/payload/warning.py": "what cannot be read is shown as it came",
    "node/deciding.py": "the refusal of an act is looked at below",
    "core/analysis/impact/traffic.py": "the columns are made by relto itself",
    "formats/analysis/assumptions.py": "the file is the one that is shipped",
    "formats/analysis/launches.py": "the file is the one that is shipped",
    "formats/analysis/traffic.py": "what of it does not fit the dossier is left out",
    "formats/payload/codec.py": "what cannot be read is shown as it came",
    "node/hearing.py": "a position is of the node's own making",
    "node/pieces.py": "only its limits are used",
    "serve/api/settings.py": "read when the node starts",
    "serve/api/session.py": "only of the machine interface",
    "node/verifying.py": "read by the verifier alone",
}
"""Modules that a page imports from, and why none of their errors comes to it."""
LIVE = {"str(found)", "str(noted)"}
"""What cannot be read from a source, and is looked at below."""


def test_every_error_that_the_desk_may_show_has_a_pattern() -> None:
    missing, unread = [], set[str]()
    for path in (*CONSOLE, *(SOURCE / f"{one}.py" for one in REACHED)):
        found, left = texts_of(path)
        unread |= set(left)
        for one in found:
            parted = SENTENCES.parted(one.says)
            if parted is None or tuple(parted[1].values()) != one.places:
                missing.append((one.where, one.says, parted))
    assert missing == []
    assert unread - LIVE == set()


def test_no_page_uses_a_module_whose_errors_are_not_looked_at() -> None:
    used = {one for path in CONSOLE for one in imported_by(path)} - set(CONSOLE)
    told = {str(one.relative_to(SOURCE)) for one in used if texts_of(one)[0]}
    assert told - {f"{one}.py" for one in REACHED} - BEYOND.keys() == set()


def test_a_pattern_is_of_a_text_that_is_said() -> None:
    said = "\n".join(strings_of(path) for path in SOURCE.rglob("*.py") if path.parent != SOURCE / "serve" / "console")
    said += "\n".join(one.says for path in (*CONSOLE, *DATES) for one in texts_of(path)[0])
    for pattern in catalogue("ko", "errors"):
        longest = max(re.split(r"\{\w+\}", pattern), key=len).strip(" :`,;")
        assert longest in said or longest.replace(" ", "-") in said, pattern


@pytest.mark.parametrize("language", FOREIGN)
def test_every_problem_of_a_verification_is_told(language: Language) -> None:
    tongue, met = Tongue(language), 0
    for path in VERIFYING:
        for about, what in problems_of(path):
            kind = "visit" if about.says.startswith("q0z ") else "q0z"
            says = f"{about.says.replace('q0z', kind, 1)}: {what.says}"
            said, told = problem_said(tongue, says)
            assert (told, about.says in said) == (language, False), says
            met += 1
    assert met > 25
    for says in (
        "outbox: row 3 has another number than the 4 it was given",
        "inbox: a row of `inbox` was changed: `accepted`",
    ):
        assert problem_said(tongue, says)[1] == language
    for says in ("leaf 7: the moon is full", "the moon: not signed in", "", "leaf 7"):
        assert problem_said(tongue, says) == (says, "en")


@pytest.mark.parametrize("language", FOREIGN)
def test_both_languages_have_each_text_with_its_places(language: str) -> None:
    texts = catalogue(language, "errors")
    assert texts.keys() == catalogue("ko", "errors").keys()
    for pattern, said in texts.items():
        places = [{name for _, name, _, _ in string.Formatter().parse(one) if name} for one in (pattern, said)]
        assert places[0] == places[1], pattern


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """Desks with an item that was released, and one that waits because the peer does not answer."""
    with desks(tmp_path_factory.mktemp("errors")) as found:
        release(found.cast.kor, found.cast.item(), "JPN")
        yield found


def main_of(text: str) -> str:
    """The page between its frame, its marks left in."""
    return text.partition("<main")[2].partition("</main>")[0]


def look(made: Desks, language: str, account: str, path: str) -> str:
    """A page of KOR in a language."""
    client = made.client("KOR", account)
    client.get(f"/desk/language/{language}?back=/desk/")
    return main_of(client.get(f"/desk{path}").text)


@pytest.mark.parametrize(
    ("path", "told", "does"),
    [
        ("/agreements/none", "자료에 협정 `none`이(가) 없습니다.", "있는 것: kor-jpn-2016"),
        ("/?at=2019-11-23", "`2019-11-23`: 시각과 시간대가 없는 날짜입니다.", "`2019-11-22T15:00:00Z`"),
        ("/holdings/none", "보유 자료 `none`이(가) 없습니다.", "받은 것을 보십시오."),
        (
            "/ledger",
            "`lee-authority`(제공 권한자)에게 허용되지 않은 행위입니다: 원장 헤드 열람",
            "보안 담당관, 운영자, 감사관",
        ),
    ],
)
def test_a_page_of_an_error_is_in_the_readers_language(made: Desks, path: str, told: str, does: str) -> None:
    found = look(made, "ko", "lee-authority", path)
    assert f'<span lang="ko"><bdi>{told}</bdi></span>' in found
    assert does in found
    assert 'lang="en"' not in found


def test_what_an_error_names_cannot_become_markup(made: Desks) -> None:
    for language in LANGUAGES:
        found = look(made, language, "lee-authority", "/agreements/%3Cscript%3Ealert(1)%3C%2Fscript%3E%7B0%7D")
        assert "<script>" not in found
        found = look(made, language, "lee-authority", "/?at=%3Cb%3E%7Btext%7D%7B0.x%7D%E2%80%AE%60")
        assert "&lt;b&gt;{text}{0.x}\N{REPLACEMENT CHARACTER}`" in found
        assert f'<span lang="{language}">' in found


def test_a_text_after_no_pattern_stays_english_and_is_marked_so() -> None:
    for language in LANGUAGES:
        tongue = Tongue(language)
        for says in ("the moon is full", "", "x" * 10_000, "{item}", "`a` is `b` {0}"):
            assert error_said(tongue, says) == (says, "en")
            assert told_said(tongue, says) == (says, "en")
        strange = Refused("not signed in", remedy="ask the moon", article="7")
        assert wrong_said(tongue, strange) == ("not signed in (article 7); ask the moon", "en")
    assert error_said(Tongue("en"), "not signed in") == ("not signed in", "en")


def test_a_wrong_password_is_told_in_the_readers_language(made: Desks) -> None:
    client = made.client("JPN")
    client.get("/desk/language/ja?back=/desk/sign-in")
    found = client.post("/desk/sign-in", data={"account": "kim-desk", "password": "x" * 20}).text
    for says in (
        "サインインしていません。そのアカウントがないか、パスワードが違います。",
        "サインインしてください。",
    ):
        assert f'<span lang="ja"><bdi>{says}</bdi></span>' in found
    assert error_said(Tongue("ja"), TooManyAttempts(7).remedy) == ("7秒待ってください。", "ja")


@pytest.mark.parametrize("language", FOREIGN)
def test_what_a_role_may_not_do_is_named(language: Language) -> None:
    acts = {act for acts in MAY.values() for act in acts}
    for act in acts:
        for says in (
            f"`a` may not {act.replace('-', ' ')}, being analyst",
            f"to {act.replace('-', ' ')}, show again who you are",
        ):
            said, told = error_said(Tongue(language), says)
            assert told == language
            assert not re.search("[a-z]{2}", said), said


def test_a_refused_act_is_told_with_its_ground_and_route(made: Desks) -> None:
    cast = made.cast
    with pytest.raises(ActRefused) as refused:
        release(cast.kor, cast.item("grade-1"), "JPN")
    for language, act in (("ko", "제공"), ("ja", "提供")):
        said, told = error_said(Tongue(language), refused.value.message)  # type: ignore[arg-type]
        assert (told, act in said) == (language, True)
        assert "may not" not in said
        assert " is " not in said
    one = "a route remains through USA or through FRA, DEU"
    assert error_said(Tongue("ko"), one)[0] == "다음 경로가 남아 있습니다: USA 경유, FRA, DEU 경유"


@pytest.mark.parametrize("why", ["restored", "begun again", "recovering", "rolled back", "rewritten"])
def test_what_is_wrong_with_the_ledger_is_told(why: str) -> None:
    for language in FOREIGN:
        told = str(Behind("JPN", why))  # type: ignore[arg-type]
        said, in_language = error_said(Tongue(language), told)
        assert (in_language, "`JPN`" in said) == (language, True)
        assert error_said(Tongue(language), "the ledger of JPN contradicts what it has signed before")[1] == language


def test_an_error_that_was_kept_is_told_with_its_article_and_remedy() -> None:
    kept = Conflict(
        "`h` bears a label with A, and its originator marks it B now",
        article="6(g)",
        remedy="ask JPN to release it anew",
    )
    assert told_said(Tongue("ko"), str(kept)) == (
        "`h`: 표지에는 A, 지금 생산국의 표시는 B입니다. (제6(g)조) JPN에 다시 제공해 달라고 요청하십시오.",
        "ko",
    )
    two = "`relto ledger witness --ask` asks them and takes back what they have; or restore a newer backup"
    whole = NotFound("no card of `X` is pinned", remedy=two)
    assert told_said(Tongue("ja"), str(whole))[1] == "ja"
    assert told_said(Tongue("en"), str(whole)) == (str(whole), "en")


def test_what_waits_says_why_in_the_readers_language(made: Desks) -> None:
    made.cast.link.set_down("JPN")
    client = made.client("KOR", "lee-authority")
    fields = {"item": "msl-2019-10-31", "to": "JPN", "via": "", "password": PASSWORD, "do": "release"}
    fields["csrf"] = csrf(client.get("/desk/release?item=msl-2019-10-31&to=JPN"))
    there = client.post("/desk/release", data=fields).headers["location"].removeprefix("/desk")
    for language, why in (
        ("ko", "대기 중: `JPN`의 노드가 응답하지 않습니다. 응답하면 대기 중인 것이 전송됩니다."),
        ("ja", "待機中：`JPN`のノードが応答しません。応答があれば待機中のものが送られます。"),
    ):
        found = look(made, language, "lee-authority", there)
        assert f"<p>{why}</p>" in found
