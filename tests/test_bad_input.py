"""Bad input gets one clear line: where it stands, what is wrong, what to do; and nothing but an InputError."""

from __future__ import annotations

import pytest

from relto.core.canon import digest
from relto.core.errors import InputError
from relto.formats.dossier import read_agreement, read_dossier, read_party, read_person
from tests.dossier_full import AGREEMENT, CHRONICLE, FILES, ITEM, JPN, KOR, RECORD, one_line

N001 = "{id: n001, kind: termination-notice, by: [KOR], at: 2019-08-23T15:30:00+09:00, precision: day}"
N002 = "{id: n002, kind: suspension, targets: [n001], by: [KOR], at: 2019-11-22T17:30:00+09:00}"


def refused(files: dict[str, bytes], place: str, says: str) -> None:
    """A dossier of these files is refused so."""
    with pytest.raises(InputError) as caught:
        read_dossier(files)
    one_line(caught.value, place, says)


def changed(name: str, old: str, new: str) -> dict[str, bytes]:
    """The files, one of them with `new` in the place of `old`."""
    assert FILES[name].count(old) == 1, old
    return {key: text.replace(old, new).encode() if key == name else text.encode() for key, text in FILES.items()}


def test_the_files_that_are_broken_below_are_sound() -> None:
    dossier = read_dossier({name: text.encode() for name, text in FILES.items()})
    assert [one.id for one in dossier.record("kor-jpn-2016").instruments] == ["sig", "notif", "n001", "n002", "n003"]


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("2019-11-22T17:30:00+09:00", "2019-11-22T17:30:00", "7:66", "naive time"),
        ("2019-11-22T17:30:00+09:00", "2019-11-22 17:30", "7:66", "naive time"),
        ("2019-11-22T17:30:00+09:00", "2019-11-31", "7:66", "not a real date"),
        ("2019-11-22T17:30:00+09:00", "22 November 2019", "7:66", "not an instant"),
        ("2019-11-22T17:30:00+09:00", "'2019-11-22T17:30:00+09:00[America/New_York]'", "7:66", "offset"),
        ("2019-11-22T17:30:00+09:00", "'2019-11-22T17:30[Asia/Nowhere]'", "7:66", "unknown time zone"),
        ("2019-11-22T17:30:00+09:00", "9999-12-31T23:59:59Z", "7:66", "outside the years"),
        ("2019-11-22T17:30:00+09:00", "[2019-11-22]", "7:66", "a list where a text is expected"),
        ("2019-11-22T17:30:00+09:00", '"2019-11-22\\n"', "7:66", "several lines"),
        ("precision: day", "precision: week", "6:95", "is no precision"),
        (N002, N002.replace("suspension", "suspend"), "7:22", "is no kind"),
        (N002, N002.replace("n002", "n 002"), "7:10", "is not an id"),
        (N002, N002.replace("n002", "n" * 600), "7:10", "600 signs"),
        (N002, N002.replace("n002", "n001"), "7:5", "again (first at line 6)"),
        (N002, N002.replace("id: n002, ", ""), "7:5", "an instrument without `id`"),
        (N002, N002.replace("by: [KOR]", "by: [JPN]"), "7:5", "only KOR"),
        (N002, N002.replace("by: [KOR]", "by: [USA]"), "7:5", "by `USA`, which is no party to it"),
        (N002, N002.replace("by: [KOR]", "by: [KOR, KOR]"), "7:61", "twice in `by`"),
        (N002, N002.replace("by: [KOR]", "by: []"), "7:5", "names no party"),
        (N002, N002.replace("by: [KOR]", "by: KOR"), "7:55", "a text where a list is expected"),
        (N002, N002.replace("[n001]", "[n009]"), "7:5", "the target `n009`, which is not in the record"),
        (N002, N002.replace("[n001]", "[n003]"), "7:5", "cannot act on `n003`, a withdrawal"),
        (N002, N002.replace("[n001]", "[n002]"), "7:5", "cannot act on `n002`, a suspension"),
        (N002, N002.replace("[n001]", "[]"), "7:5", "names no target"),
        (N002, N002.replace("targets", "target"), "7:34", "unknown key `target`"),
        (N002, N002.replace("2019-11-22T17", "2019-08-22T17"), "7:5", "names the later instrument `n001`"),
        (N002, N002.replace("kind:", "text: sha256:00, kind:"), "7:5", "digest does not match"),
        (N002, "{id: a1, kind: amendment, by: [KOR, JPN], at: 2019-11-01}", "7:5", "names no text"),
        (
            N002,
            '{id: a1, kind: amendment, by: [KOR], at: 2019-11-01, text: "sha256:0f"}',
            "7:5",
            "digest does not match",
        ),
        (N002, "{id: c1, kind: consent, by: [KOR], at: 2019-11-01, to: [USA]}", "7:5", "what may go to whom"),
        (
            N002,
            f"{N002}\n  - {{id: c1, kind: consent, by: [FRA], at: 2019-11-01, to: [USA], item: launch}}",
            "8:5",
            "unknown party `FRA`",
        ),
        (
            N002,
            f"{N002}\n  - {{id: c1, kind: consent, by: [KOR], at: 2019-11-01, to: [FRA, UAS], item: launch}}",
            "8:66",
            "unknown party `UAS`",
        ),
        (
            N002,
            "{id: d1, kind: law-change, by: [KOR], at: 2019-11-01, until: 2019-10-01}",
            "7:5",
            "ends before it begins",
        ),
        (N002, "{id: d1, kind: law-change, by: [KOR], at: 2019-11-01, until: 0001-01-01}", "7:66", "outside the years"),
        (N002, "{id: d1, kind: law-change, by: [KOR], at: 2019-11-01, sent: 2019-11-02}", "7:5", "before it was sent"),
        (N002, "{id: d1, kind: law-change, by: [KOR], at: 2019-11-01, targets: [n001]}", "7:5", "can have no targets"),
        (N002, N002.replace("}", ", unconfirmed: maybe}"), "7:106", "is no value of `unconfirmed`"),
        (N002, "n002", "7:5", "a text where an instrument is expected"),
        ("agreement: kor-jpn-2016", "agreement: kor-jpn-2015", "2:12", "use `kor-jpn-2016`"),
        ("relto: record/1", "relto: record/2", "1:8", "where `relto: record/1` is expected"),
        ("relto: record/1", "relto: [record/1]", "1:8", "a list where a text is expected"),
    ],
)
def test_a_record_that_cannot_be_true(old: str, new: str, place: str, says: str) -> None:
    refused(changed(RECORD, old, new), f"{RECORD}:{place}", says)


def test_a_suspension_of_a_suspension_is_refused() -> None:
    again = "{id: n004, kind: suspension, targets: [n002], by: [KOR], at: 2020-01-01}"
    refused(changed(RECORD, N002, f"{N002}\n  - {again}"), f"{RECORD}:8:5", "cannot act on `n002`, a suspension")


def test_a_notice_that_counts_from_sending_says_when_it_was_sent() -> None:
    files = changed(AGREEMENT, "anchor: before-term-end", "anchor: before-term-end, counts_from: sending")
    refused(files, f"{RECORD}:6:5", "does not say when it was sent")


def test_a_text_that_was_touched_after_it_was_signed_is_refused() -> None:
    signed = f"{N001[:-1]}, text: '{digest(FILES[AGREEMENT].encode())}'}}"
    files = changed(RECORD, N001, signed)
    assert read_dossier(files).versions("kor-jpn-2016")
    touched = {**files, AGREEMENT: files[AGREEMENT] + b"# touched\n"}
    refused(touched, f"{RECORD}:6:5", "digest does not match")


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("binding: treaty", "binding: treaty\nsurprise: 1", "6:1", "unknown key `surprise`"),
        ("binding: treaty", "bindign: treaty", "1:1", "an agreement without `binding`"),
        ("binding: treaty", "binding: treety", "5:10", "use `treaty`"),
        ("binding: treaty", "binding: treaty\nbinding: treaty", "6:1", "the key `binding` again (first at line 5)"),
        ("zone: Asia/Seoul", "zone: Asia/Soul", "6:7", "unknown time zone `Asia/Soul`"),
        ("zone: Asia/Seoul", "zone: ../../secret", "6:7", "unknown time zone"),
        ("zone: Asia/Seoul", "zone: Asia/Seoul\nversion: 0", "7:10", "is no number"),
        ("zone: Asia/Seoul", f"zone: Asia/Seoul\nversion: 00100{'0' * 400}", "7:10", "is no number"),
        ("zone: Asia/Seoul", f"zone: Asia/Seoul\nversion: {'9' * 9000}", "7:10", "9000 signs"),
        ("zone: Asia/Seoul", "zone: Asia/Seoul\nversion: 2", "1:1", "its name says"),
        ("zone: Asia/Seoul", "zone: Asia/Seoul\nhub: USA", "7:6", "unknown party `USA`"),
        ("zone: Asia/Seoul", "zone: Asia/Seoul\nsupersedes: [kor-jpn-2012]", "7:14", "`kor-jpn-2012`"),
        ("zone: Asia/Seoul", "zone: Asia/Seoul\nacceding: [USA]", "7:12", "`USA` is no party"),
        ("zone: Asia/Seoul", "zone: Asia/Seoul\nacceding: [JPN, JPN]", "7:17", "`JPN` twice in `acceding`"),
        ("zone: Asia/Seoul", "zone: Asia/Seoul\nbasis: [kor-jpn-2016]", "17:1", "levels in an arrangement"),
        ("[KOR, JPN]", "[KOR]", "4:1", "fewer than two parties"),
        ("[KOR, JPN]", "[KOR, KOR]", "4:16", "twice in `parties`"),
        ("[KOR, JPN]", "[KOR, Japan]", "4:16", "is not a party id"),
        ("[KOR, JPN]", "[KOR, JPN, FRA]", "19:7", "neither a mark nor `treat_as` for `FRA`"),
        ("when: last-notification", "when: last-notificaton", "7:44", "use `last-notification`"),
        ("when: last-notification", "when: {deposits: 0}", "7:55", "is no number"),
        ("when: last-notification", "when: {first-of-month: 2, after: delivery}", "7:71", "use one of"),
        ("when: last-notification", "when: signature, counted: date", "7:64", "without notifications"),
        ("initial: P1Y", "initial: 1 year", "10:12", "is not a period"),
        ("initial: P1Y", "initial: {until: 2027-02-30}", "10:20", "not a real date"),
        ("initial: P1Y", "initial: indefinite", "11:12", "a renewal of an indefinite term"),
        ("initial: P1Y", "initial: P0D", "10:12", "is not a period"),
        ("anchor: before-term-end", "anchor: before-the-end", "12:34", "use `before-term-end`"),
        ('  article: "21(3)"\n', "", "9:3", "`term` without `article`"),
        ("keep: all", "keep: some", "13:36", "is no `keep`"),
        ("keep: all", "keep: {destroy_within: soon}", "13:53", "is not a period"),
        ("KOR: {suspended_notice", "USA: {suspended_notice", "15:3", "who is no party"),
        ("rank: CONFIDENTIAL,", "rank: SECRET,", "20:7", "a second row for SECRET"),
        (", JPN: [秘]", "", "20:7", "neither a mark nor `treat_as` for `JPN`"),
        ("JPN: [秘]", "treat_as: {JPN: RESTRICTED}", "20:7", "for which it has no mark here"),
        ("JPN: [秘]", "JPN: [極秘]", "20:7", "stands for SECRET and for CONFIDENTIAL"),
        ("JPN: [秘]", "JPN: [部外秘]", "20:51", "has no mark `部外秘`"),
        ("JPN: [秘]", "JPN: [CONFIDENTIAL]", "20:51", "has no mark `CONFIDENTIAL`"),
        ("topics: [defence]", "topics: [Defence]", "21:35", "is not a topic"),
        ("topics: [defence]", "topics: []", "21:8", "a scope without topics"),
        ("rule: originator-consent", "rule: {nations: [XYZ]}", "22:49", "unknown party `XYZ`"),
        ("rule: as-provided", "rule: nothing", "23:34", "rule for purposes"),
        ('{clearance: "7"}}', '{clearance: "7"}, clearance_from: RESTRICTED}', "24:39", "a rank that has no row"),
        ("within: at-once", "within: soon", "26:57", "is not a period"),
        ("within: at-once", "within: PT²H", "26:57", "is not a period"),
    ],
)
def test_a_text_that_cannot_be_enforced(old: str, new: str, place: str, says: str) -> None:
    refused(changed(AGREEMENT, old, new), f"{AGREEMENT}:{place}", says)


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "says"),
    [
        (KOR, "id: KOR", "id: PRK", "1:1", "its name says `KOR`"),
        (KOR, "군사III급비밀", "군사II급비밀", "5:5", "again"),
        (
            KOR,
            "rank: CONFIDENTIAL}",
            "rank: SECRET}\n  - {mark: x, rank: TOP SECRET}\n  - {mark: y, rank: SECRET}",
            "7:5",
            "high to low",
        ),
        (KOR, "rank: SECRET}", "rank: }", "4:27", "`rank` is empty"),
        (KOR, "[{id: yongsan, ceiling: SECRET}]", "[{id: yongsan, ceiling: COSMIC}]", "6:37", "unknown rank `COSMIC`"),
        (KOR, "SECRET}]", "SECRET}, {id: yongsan, ceiling: SECRET}]", "6:46", "a facility `yongsan` again"),
        (
            KOR,
            "id: KOR",
            "id: KOR\ndomestic: [{id: d, citation: c, says: s, ranks: [SECRTE]}]",
            "3:50",
            "unknown rank `SECRTE`",
        ),
        (KOR, "id: KOR", "id: KOR\ndomestic: [{id: d, citation: c, says: s, acts: [leak]}]", "3:49", "is no act"),
        (
            KOR,
            "id: KOR",
            "id: KOR\ndomestic: [{id: d, citation: c, says: s, to: [yard, JNP]}]",
            "3:53",
            "unknown party `JNP`",
        ),
        (JPN, "2027-01-01", "2027-01-01T00:00", "4:45", "naive time"),
        (ITEM, "originator: KOR", "originator: PRK", "3:13", "unknown party `PRK`"),
        (ITEM, "군사II급비밀", "극비", "4:7", "has no mark `극비`"),
        (ITEM, "[JPN, USA]", "[JPN, UAS]", "7:25", "unknown party `UAS`"),
        (ITEM, "[JPN, USA]", "[JPN, KR]", "7:25", "unknown party `KR`"),
        (ITEM, "report.pdf", "../report.pdf", "8:33", "no file beside the item"),
        (ITEM, "report.pdf", "/etc/passwd", "8:33", "no file beside the item"),
        (ITEM, "file: report.pdf", "file: report.pdf, text: t", "8:10", "both inline and in a file"),
        (ITEM, "payload:", "---\npayload:", "9:1", "an item without `relto`"),
        (ITEM, "id: launch", "id: launch\nat: 2019-11-28T17:00", "3:5", "naive time"),
        (CHRONICLE, "kind: statement", "kind: rumour", "3:22", "is no kind"),
        (CHRONICLE, "by: [JPN]", "by: [JNP]", "3:38", "unknown party `JNP`"),
        (CHRONICLE, "kor-jpn-2016", "kor-jpn-2017", "3:68", "use `kor-jpn-2016`"),
        (CHRONICLE, ', says: "..."', "", "3:5", "says nothing"),
        (CHRONICLE, "2019-11-18", "2019-13", "3:48", "not a real date"),
        (CHRONICLE, 'says: "..."', 'says: "...", count: -1', "3:103", "is no count"),
    ],
)
def test_parties_items_and_chronicles(name: str, old: str, new: str, place: str, says: str) -> None:
    refused(changed(name, old, new), f"{name}:{place}", says)


@pytest.mark.parametrize(
    ("name", "copy", "says"),
    [
        (AGREEMENT, "agreements/kor-jpn-2016.yml", "the agreement `kor-jpn-2016` again"),
        (KOR, "parties/KOR.yml", "the party `KOR` again"),
        (ITEM, "items/other.yaml", "the item `launch` again"),
    ],
)
def test_an_id_is_there_once(name: str, copy: str, says: str) -> None:
    files = {key: text.encode() for key, text in FILES.items()}
    later = max(name, copy)
    refused({**files, copy: files[name]}, f"{later}:1:1", says)


def test_a_record_and_an_entry_are_there_once() -> None:
    files = {key: text.encode() for key, text in FILES.items()}
    refused({**files, "records/more.yaml": files[RECORD]}, "records/more.yaml:2:12", "the record `kor-jpn-2016` again")
    refused({**files, "chronicle/x.yaml": files[CHRONICLE]}, "chronicle/x.yaml:3:5", "the entry `s006` again")


def test_ids_of_different_things_do_not_clash() -> None:
    named = {name.replace("kor-jpn-2016", "item"): text.replace("kor-jpn-2016", "item") for name, text in FILES.items()}
    files = {name: text.replace("id: launch", "id: '4'").encode() for name, text in named.items()}
    assert read_dossier(files).item("4").originator == "KOR"


def test_a_version_between_is_missing() -> None:
    files = {key: text.encode() for key, text in FILES.items()}
    third = files[AGREEMENT] + b"version: 3\n"
    place = "agreements/kor-jpn-2016@3.yaml"
    refused({**files, place: third}, f"{place}:27:1", "version 2 of `kor-jpn-2016` is missing")


YAML: list[tuple[str, bytes, str, str]] = [
    ("anchor", b"a: &x 1\n", "1:4", "the anchor `&x`"),
    ("alias", b"a: *x\n", "1:4", "the alias `*x`"),
    ("bomb", b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "1:4", "the anchor `&a`"),
    ("tag", b"a: !!python/object/apply:os.system [ls]\n", "1:4", "the tag `tag:yaml.org,2002:python"),
    ("bare tag", b"a: ! b\n", "1:4", "the tag `!`"),
    ("hidden tag", b"a: !<x%0Ay> b\n", "1:4", "the tag"),
    ("merge key", b"a: b\n<<: {c: d}\n", "2:1", "a merge key"),
    ("key twice", b"a: b\nc:\n  d: 1\n  d: 2\n", "4:3", "the key `d` again (first at line 3)"),
    ("key of lines", b'"a\\nb": c\n', "1:1", "a key of several lines"),
    ("key of lists", b"[a, b]: c\n", "1:1", "a key that is not plain text"),
    ("two documents", b"a: b\n---\na: b\n", "1:1", "2 documents"),
    ("tag directive", b"%TAG ! tag:x,2000:\n---\na: b\n", "1:1", "a YAML directive"),
    ("other version", b"%YAML 2.0\n---\na: b\n", "1:1", "not YAML here"),
    ("other directive", b"%FOO x\n---\na: b\n", "1:5", "not YAML here"),
    ("tab", b"a:\n\tb: c\n", "2:1", "not YAML here"),
    ("open bracket", b"a: [b\n", "2:1", "not YAML here"),
    ("open quote", b'a: "b\n', "2:1", "not YAML here"),
    ("two colons", b"a: b: c\n", "1:5", "not YAML here"),
    ("empty", b"", "1:1", "no document"),
    ("white", b"  \n\n# nothing\n", "1:1", "no document"),
    ("null", b"---\n", "2:1", "a text where"),
    ("a word", b"hello\n", "1:1", "a text where"),
    ("a list", b"- a\n", "1:1", "a list where"),
    ("latin-1", "a: b\nc: d\xe9j\xe0 vu\n".encode("latin-1"), "2:5", "not UTF-8"),
    ("utf-16", "a: b\n".encode("utf-16"), "1:1", "not UTF-8"),
    ("utf-16 bare", "a: b\n".encode("utf-16-le"), "1:2", "U+0000"),
    ("utf-16 turned", "a: b\n".encode("utf-16-be"), "1:1", "U+0000"),
    ("utf-32", "a: b\n".encode("utf-32-le"), "1:2", "U+0000"),
    ("surrogate", b"a: \xed\xa0\x80\n", "1:4", "not UTF-8"),
    ("overlong", b"a: \xc0\xae\n", "1:4", "not UTF-8"),
    ("mark of order", b"\xef\xbb\xbfa: b\n", "1:1", "byte order mark"),
    ("mark within", "a: b\nc: \ufeffd\n".encode(), "2:4", "U+FEFF"),
    ("nul", b"a: b\nc: d\x00\n", "2:5", "U+0000"),
    ("escaped nul", b'a: "b\\0"\n', "1:4", "U+0000"),
    ("escape", b"a: b\nc: \x1b[31m\n", "2:4", "U+001B"),
    ("escaped escape", b'a: "\\e[31m"\n', "1:4", "U+001B"),
    ("return", b'a: "b\\rc"\n', "1:4", "U+000D"),
    ("turned text", "a: b\u202ec\n".encode(), "1:5", "U+202E"),
    ("line separator", "a: b\u2028c\n".encode(), "1:5", "U+2028"),
    ("half a pair", b'a: "\\ud800"\n', "1:7", "not YAML here"),
    ("deep list", b"[" * 40 + b"]" * 40, "1:34", "nested deeper than 32"),
    ("deep map", b"a: " + b"{a: " * 900_000, "1:129", "nested deeper than 32"),
    ("deep dashes", b"- " * 1_000_000, "1:67", "nested deeper than 32"),
    ("very deep", b"[" * 4_000_000, "1:1001", "nest"),
    ("many values", b"[" + b"a," * 210_000 + b"]", "1:400000", "more than 200000 values"),
    ("long text", b"a: " + b"b" * 1_100_000, "1:4", "a text of 1100000 signs"),
]


@pytest.mark.parametrize(("data", "place", "says"), [case[1:] for case in YAML], ids=[case[0] for case in YAML])
def test_more_than_plain_data_is_refused(data: bytes, place: str, says: str) -> None:
    for read in (read_agreement, read_party, read_person):
        with pytest.raises(InputError) as caught:
            read("p.yaml", data)
        one_line(caught.value, f"p.yaml:{place}", says)


def test_a_ceiling_is_shown_where_it_stands_not_where_the_same_word_stands_before() -> None:
    text = (
        FILES[KOR]
        .replace("rank: SECRET}", "rank: SECRET, english: Secret}")
        .replace("ceiling: SECRET", "ceiling: Secret")
    )
    files = {name: one.encode() for name, one in {**FILES, KOR: text}.items()}
    refused(files, f"{KOR}:6:37", "the facility `yongsan` has the unknown rank `Secret`")


def test_the_column_of_a_wrong_byte_is_counted_in_signs() -> None:
    with pytest.raises(InputError) as caught:
        read_party("KOR.yaml", "relto: party/1\nname: 일본".encode() + b"\xff\n")
    one_line(caught.value, "KOR.yaml:2:9", "not UTF-8 here")


def resting(name: str, *basis: str) -> tuple[str, bytes]:
    """The file of an arrangement that rests on `basis`."""
    head, _, tail = FILES[AGREEMENT].replace("id: kor-jpn-2016", f"id: {name}").partition("levels:")
    text = f"{head}scope{tail.partition('scope')[2]}basis: [{', '.join(basis)}]\n"
    return f"agreements/{name}.yaml", text.encode()


def test_an_arrangement_that_rests_on_itself_by_a_chain_is_refused() -> None:
    files = {name: text.encode() for name, text in FILES.items()}
    sound = [resting("a", "b", "c"), resting("b", "c", "kor-jpn-2016"), resting("c", "kor-jpn-2016")]
    assert set(read_dossier({**files, **dict(sound)}).agreements) == {"a", "b", "c", "kor-jpn-2016"}
    looped = [resting("a", "b"), resting("b", "kor-jpn-2016", "c"), resting("c", "b")]
    refused({**files, **dict(looped)}, "agreements/c.yaml:22:9", "`b` rests on itself by way of `c`")


def test_a_dossier_knows_where_its_items_parties_and_instruments_stand() -> None:
    where = read_dossier({name: text.encode() for name, text in FILES.items()}).where
    assert str(where["item", "launch"]) == f"{ITEM}:1:1"
    assert str(where["party", "KOR"]) == f"{KOR}:1:1"
    assert str(where["kor-jpn-2016", "n002"]) == f"{RECORD}:7:5"
    assert str(where["kor-jpn-2016", "21(3)"]) == f"{AGREEMENT}:9:3"


@pytest.mark.parametrize("country", ["NO", "NOR"])
def test_a_country_goes_by_either_of_its_codes(country: str) -> None:
    dossier = read_dossier(changed(ITEM, "[JPN, USA]", f"[JPN, {country}]"))
    assert dossier.items["launch"].caveats.rel_to == ("JPN", country)
