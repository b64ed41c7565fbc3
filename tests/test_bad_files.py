"""Files that are no files, too many, too big or full of noise: one clear line, no hang, nothing changed on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from relto.adapters import folder
from relto.adapters.folder import lint, load_dossier, load_item, load_person
from relto.core.errors import InputError, ReltoError
from relto.formats.dossier import (
    MAX_FILE_BYTES,
    nodes,
    open_record,
    read_agreement,
    read_chronicle,
    read_dossier,
    read_items,
    read_party,
    read_person,
    read_record,
)
from relto.formats.dossier.writing import write_dossier
from tests.dossier_full import AGREEMENT, FILES, FULL, ITEM, KOR, RECORD, one_line
from tests.making import text_2016

fuzz = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    """The sound dossier on disk; whatever a test does with it, reading changes nothing there."""
    root = tmp_path / "dossier"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def tree(root: Path) -> list[tuple[str, int, int]]:
    """Every name below `root`, with size and time of change."""
    stats = ((str(path), path.lstat()) for path in sorted(root.rglob("*")))
    return [(name, status.st_size, status.st_mtime_ns) for name, status in stats]


def refused(root: Path, place: str, says: str) -> None:
    """The dossier is refused so, and nothing changed on disk."""
    before = tree(root.parent)
    with pytest.raises(InputError) as caught:
        load_dossier(root)
    one_line(caught.value, place, says)
    assert tree(root.parent) == before


def test_the_sound_dossier_loads_from_disk(dossier: Path) -> None:
    assert set(load_dossier(dossier).parties) == {"JPN", "KOR"}
    assert lint(dossier / AGREEMENT, dossier).id == "kor-jpn-2016"


def test_a_fault_names_the_file_on_disk(dossier: Path) -> None:
    (dossier / RECORD).write_text(FILES[RECORD].replace("2016-11-23}", "2016-11-23T12:00}"), encoding="utf-8")
    refused(dossier, f"{dossier / RECORD}:5:57", "naive time")


@pytest.mark.parametrize("name", [AGREEMENT, KOR, RECORD, ITEM])
def test_an_empty_file_is_refused(dossier: Path, name: str) -> None:
    (dossier / name).write_bytes(b"")
    refused(dossier, f"{dossier / name}:1:1", "no ")


def test_a_file_of_ten_megabytes_is_refused_unread(dossier: Path) -> None:
    with (dossier / KOR).open("ab") as file:
        file.truncate(10 << 20)
    refused(dossier, f"{dossier / KOR}:1:1", "a file of 10485760 bytes")


def test_a_file_just_over_the_limit_is_refused_and_one_at_it_is_read() -> None:
    padded = FILES[KOR].encode() + b"#" * (MAX_FILE_BYTES - len(FILES[KOR].encode()))
    assert read_party("KOR.yaml", padded).id == "KOR"
    with pytest.raises(InputError) as caught:
        read_party("KOR.yaml", padded + b"#")
    one_line(caught.value, "KOR.yaml:1:1", "a file of 4194305 bytes")


def test_too_many_files_and_too_many_bytes_are_refused(dossier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", len(FILES))
    assert load_dossier(dossier)
    monkeypatch.setattr(folder, "MAX_FILES", len(FILES) - 1)
    refused(dossier, str(dossier), "a dossier of more than 5 files")


def test_a_link_out_of_the_dossier_is_refused(dossier: Path) -> None:
    outside = dossier.parent / "outside.yaml"
    outside.write_text(FILES[KOR], encoding="utf-8")
    (dossier / KOR).unlink()
    (dossier / KOR).symlink_to(outside)
    refused(dossier, str(dossier / KOR), "leads out of the dossier")


def test_a_folder_that_is_a_link_out_of_the_dossier_is_refused(dossier: Path) -> None:
    (dossier / "parties").rename(dossier.parent / "elsewhere")
    (dossier / "parties").symlink_to(dossier.parent / "elsewhere")
    refused(dossier, str(dossier / "parties" / "JPN.yaml"), "leads out of the dossier")


def test_a_link_within_the_dossier_is_followed(dossier: Path) -> None:
    (dossier / "kept.txt").write_text(FILES[KOR], encoding="utf-8")
    (dossier / KOR).unlink()
    (dossier / KOR).symlink_to("../kept.txt")
    assert "KOR" in load_dossier(dossier).parties


def test_a_loop_of_links_and_a_link_to_nothing_are_refused(dossier: Path) -> None:
    (dossier / KOR).unlink()
    (dossier / KOR).symlink_to("KOR.yaml")
    refused(dossier, str(dossier / KOR), "")
    (dossier / KOR).unlink()
    (dossier / KOR).symlink_to("nothing.txt")
    refused(dossier, str(dossier / KOR), "cannot be read")


def test_a_pipe_does_not_hang_and_is_refused(dossier: Path) -> None:
    (dossier / KOR).unlink()
    os.mkfifo(dossier / KOR)
    refused(dossier, str(dossier / KOR), "not a regular file")


def test_a_folder_in_the_place_of_a_file_and_a_file_in_the_place_of_a_folder(dossier: Path) -> None:
    (dossier / "items" / "more.yaml").mkdir()
    refused(dossier, str(dossier / "items" / "more.yaml"), "not a regular file")
    (dossier / "items" / "more.yaml").rmdir()
    (dossier / "chronicle" / "2019.yaml").unlink()
    (dossier / "chronicle").rmdir()
    (dossier / "chronicle").write_text("x", encoding="utf-8")
    refused(dossier, str(dossier / "chronicle"), "cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_refused(dossier: Path) -> None:
    (dossier / KOR).chmod(0)
    refused(dossier, str(dossier / KOR), "cannot be read")


def test_a_file_that_cannot_be_opened_is_refused(dossier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    refused(dossier, str(dossier / AGREEMENT), "cannot be read: Permission denied")


@pytest.mark.parametrize("name", ["nowhere", "x" * 5000, "a\x00b"])
def test_no_dossier_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no dossier at") as caught:
        load_dossier(tmp_path / name)
    assert caught.value.remedy
    assert len(str(caught.value).splitlines()) == 1


def test_a_dossier_without_parties_or_agreements(dossier: Path) -> None:
    for one in ("KOR", "JPN"):
        (dossier / "parties" / f"{one}.yaml").unlink()
    refused(dossier, str(dossier), "no parties in the dossier")
    (dossier / AGREEMENT).unlink()
    refused(dossier, str(dossier), "no agreements in the dossier")


def test_other_folders_and_other_files_are_not_read(dossier: Path) -> None:
    (dossier / "notes").mkdir()
    for name in ("notes/x.yaml", "parties/.hidden.yaml", "parties/README.md"):
        (dossier / name).write_bytes(b"\xff: [")
    assert load_dossier(dossier).items


def test_persons_on_record_are_read_once_each_and_held_against_the_dossier(dossier: Path) -> None:
    assert load_dossier(dossier).persons == {}
    folder = dossier / "persons"
    folder.mkdir()
    (folder / "one.yaml").write_text(
        "relto: person/1\nid: p\nparty: KOR\nclearance: {rank: SECRET, until: 2027-01-01}\n"
    )
    loaded = load_dossier(dossier)
    assert loaded.persons["p"].clearance == "SECRET"
    assert read_dossier(write_dossier(loaded)).persons == loaded.persons
    (folder / "two.yaml").write_text("relto: person/1\nid: p\nparty: KOR\n")
    refused(dossier, f"{folder}/two.yaml:1:1", "the person `p` again")
    (folder / "two.yaml").write_text("relto: person/1\nid: q\nparty: FRA\n")
    refused(dossier, f"{folder}/two.yaml:3:8", "unknown party `FRA`")


@pytest.mark.parametrize("name", ["nowhere.yaml", "x" * 5000, "a\x00b"])
def test_a_file_named_on_the_command_line_that_is_not_there(dossier: Path, name: str) -> None:
    loaded = load_dossier(dossier)
    for load in (load_item, load_person):
        with pytest.raises(InputError) as caught:
            load(dossier / name, loaded)
        assert caught.value.remedy
    with pytest.raises(InputError):
        lint(dossier / name, dossier)


def test_a_person_and_an_item_are_held_against_the_dossier(dossier: Path) -> None:
    loaded, file = load_dossier(dossier), dossier / "x.yaml"
    cases = [
        (load_person, "relto: person/1\nid: p\nparty: FRA\n", "3:8", "unknown party `FRA`"),
        (load_person, "relto: person/1\nid: p\nparty: KOR\nclearance: {rank: COSMIC}\n", "4:19", "unknown rank"),
        (load_person, "relto: person/1\nid: p\nparty: KOR\nnationality: QQQ\n", "4:14", "unknown party `QQQ`"),
        (load_item, FILES[ITEM].replace("KOR", "FRA"), "3:13", "unknown party `FRA`"),
        (load_item, f"{FILES[ITEM]}---\n{FILES[ITEM]}", "1:1", "2 documents"),
    ]
    for load, text, place, says in cases:
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load(file, loaded)
        one_line(caught.value, f"{file}:{place}", says)


def test_the_fault_of_the_second_item_of_a_file_is_shown_there(dossier: Path) -> None:
    second = FILES[ITEM].replace("id: launch", "id: other").replace("군사II급비밀", "극비")
    (dossier / ITEM).write_text(f"{FILES[ITEM]}---\n{second}", encoding="utf-8")
    refused(dossier, f"{dossier / ITEM}:13:7", "has no mark `극비`")


def test_lint_holds_a_text_against_its_own_record_and_the_texts_beside_it(dossier: Path) -> None:
    signed = FILES[RECORD].replace("n001, kind", "n001, text: 'sha256:0f', kind", 1)
    (dossier / RECORD).write_text(signed, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        lint(dossier / AGREEMENT, dossier)
    one_line(caught.value, f"{dossier / RECORD}:6:5", "digest does not match")
    (dossier / RECORD).write_text(FILES[RECORD], encoding="utf-8")
    (dossier / "agreements" / "other.yaml").write_text(FILES[AGREEMENT], encoding="utf-8")
    with pytest.raises(InputError) as caught:
        lint(dossier / AGREEMENT, dossier)
    one_line(caught.value, f"{dossier / 'agreements' / 'other.yaml'}:1:1", "the agreement `kor-jpn-2016` again")


def test_lint_leaves_the_record_of_another_agreement_alone(dossier: Path) -> None:
    other = FILES[RECORD].replace("agreement: kor-jpn-2016", "agreement: gone")
    (dossier / "records" / "gone.yaml").write_text(other, encoding="utf-8")
    assert lint(dossier / AGREEMENT, dossier).id == "kor-jpn-2016"


def test_a_text_outside_every_dossier_is_held_against_the_parties_of_the_one_named(dossier: Path) -> None:
    stray = dossier.parent / "draft.yaml"
    stray.write_text(FILES[AGREEMENT].replace("id: kor-jpn-2016", "id: draft"), encoding="utf-8")
    assert lint(stray, dossier).id == "draft"
    stray.write_text(FILES[AGREEMENT].replace("[秘]", "[部外秘]"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        lint(stray, dossier)
    one_line(caught.value, f"{stray}:20:51", "has no mark `部外秘`")


def test_a_table_of_80_000_marks_is_read_without_comparing_each_with_each() -> None:
    head, _, tail = FILES[AGREEMENT].partition("    - {rank: SECRET")
    marks = [", ".join(f"k{row}-{one}" for one in range(800)) for row in range(100)]
    rows = "".join(f"    - {{rank: r{row}, KOR: [{marks[row]}], JPN: [j{row}]}}\n" for row in range(100))
    start = perf_counter()
    read_agreement("a.yaml", f"{head}{rows}scope{tail.partition('scope')[2]}".encode())
    assert perf_counter() - start < 10


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (b'a: "\\U00110000"', "1:1", "not YAML"),
        (b'a: "\\ud800"', "1:4", "U+D800"),
        (b"[" * 5000, "1:34", "nested deeper than 32"),
        (b"a: &a [x]\nb: [*a, *a]", "1:4", "the anchor `&a`"),
        (b"a: b\na: c", "2:1", "the key `a` again"),
    ],
)
def test_the_parser_in_pure_python_lets_no_more_through(
    monkeypatch: pytest.MonkeyPatch, data: bytes, place: str, says: str
) -> None:
    monkeypatch.setattr(nodes, "_LOADER", yaml.BaseLoader)
    with pytest.raises(InputError) as caught:
        read_party("p.yaml", data)
    one_line(caught.value, f"p.yaml:{place}", says)


def test_both_parsers_give_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = [nodes.parse_documents(kind, text.encode()) for kind, text in FULL.items()]
    monkeypatch.setattr(nodes, "_LOADER", yaml.BaseLoader)
    assert [nodes.parse_documents(kind, text.encode()) for kind, text in FULL.items()] == trees


LONG = {
    "rows": b"relto: agreement/1\nid: a\nparties: [KOR, JPN]\nbinding: treaty\nzone: UTC\n"
    b"entry_into_force: {article: 1, when: signature}\nterm: {article: 1, initial: P1Y}\n"
    b"survival: {article: 1, keep: all}\nlevels:\n  article: 1\n  ranks:\n"
    + b"".join(b"  - {rank: r%d, KOR: [k%d], JPN: [j%d]}\n" % (n, n, n) for n in range(20_000)),
    "parties": b"relto: agreement/1\nid: a\nparties: [" + b",".join(b"p%d" % n for n in range(100_000)) + b"]\n",
    "marks": b"relto: party/1\nid: KOR\nmarks:\n"
    + b"".join(b"- {mark: m%d, rank: r%d}\n" % (n, n) for n in range(30_000)),
    "keys": b"relto: agreement/1\nid: a\n" + b"".join(b"k%d: x\n" % n for n in range(90_000)),
    "word": b"relto: agreement/1\nid: a\nparties: [KOR, JPN]\nbinding: " + b"t" * 1_000_000 + b"\n",
}


@pytest.mark.parametrize("kind", LONG)
def test_long_lists_do_not_take_long_and_make_no_long_message(kind: str) -> None:
    read = read_party if kind == "marks" else read_agreement
    with pytest.raises(InputError) as caught:
        read("x.yaml", LONG[kind])
    assert len(str(caught.value)) < 1000


def outcome(read: Callable[[], object]) -> ReltoError | None:
    """The error of ours that `read` ends with, if it does; any other goes through and fails the test."""
    try:
        read()
    except ReltoError as error:
        return error
    return None


def one_line_or_none(error: ReltoError | None) -> None:
    """Bad input if anything, said in one line that begins with a file."""
    assert error is None or isinstance(error, InputError)
    assert error is None or error.where is not None
    assert str(error or "").isprintable()


def read_anything(data: bytes) -> None:
    """Every reader on the same bytes: each gives a value or an error of ours, of one line."""
    readers: list[Callable[[str, bytes], object]] = [
        read_agreement,
        read_party,
        read_person,
        read_items,
        lambda name, text: read_chronicle(name, text, {}),
        lambda name, text: read_record(open_record(name, text), text_2016()),
    ]
    for read in readers:
        one_line_or_none(outcome(lambda read=read: read("f.yaml", data)))  # type: ignore[misc]


@fuzz
@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"? ? ? ?")
@example(b"- !!binary |\n  x")
def test_any_bytes_give_a_value_or_one_line(data: bytes) -> None:
    read_anything(data)


WORDS = sorted(
    {word for text in (*FULL.values(), *FILES.values()) for word in text.replace(",", " ").split()}
    | {
        "&a",
        "*a",
        "!x",
        "!!int",
        "<<:",
        "---",
        "...",
        "|",
        ">-",
        "?",
        "%YAML 1.2",
        "\t",
        "\n",
        "\n  ",
        "{",
        "}",
        "[",
        "]",
        '"',
    }
)


@fuzz
@given(st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from((" ", "\n", "")))
def test_any_words_of_yaml_give_a_value_or_one_line(words: list[str], between: str) -> None:
    read_anything(between.join(words).encode())


@fuzz
@given(st.data())
def test_a_sound_dossier_with_some_bytes_changed_is_read_or_refused_in_one_line(data: st.DataObject) -> None:
    files = {name: text.encode() for name, text in FILES.items()}
    name = data.draw(st.sampled_from(sorted(files)))
    changed = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(changed)))
        end = start + data.draw(st.integers(0, 12))
        other = data.draw(st.sampled_from(sorted(files)))
        cut = data.draw(st.integers(0, len(files[other])))
        piece = files[other][cut : cut + data.draw(st.integers(0, 20))]
        changed[start:end] = data.draw(
            st.binary(max_size=3) | st.just(piece) | st.sampled_from((b"0", b"[", b"9" * 30))
        )
    files[name] = bytes(changed)
    one_line_or_none(outcome(lambda: read_dossier(files)))


@fuzz
@given(st.data())
def test_every_key_with_another_value_is_read_or_refused_in_one_line(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(FULL)))
    lines = FULL[kind].splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[number].partition(": ")
    value = data.draw(
        st.sampled_from(("", "[]", "{}", "x", "-1", "0001-01-01", "9999-12-31T23:59:59Z", "P9999Y", "[[x]]", '"\\n"'))
    )
    lines[number] = f"{key}{colon}{value}"
    read_anything("\n".join(lines).encode())
