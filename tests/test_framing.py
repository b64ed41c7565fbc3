"""Batches on the wire: what is written is read back, and anything else is an error of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.core.errors import InputError
from relto.node.framing import (
    MAX_ANSWERS_BYTES,
    MAX_BATCH_BYTES,
    MAX_BATCH_MESSAGES,
    message_size,
    read_answers,
    read_batch,
    write_answers,
    write_batch,
)

KINDS = st.text(st.characters(codec="ascii"), min_size=1, max_size=32)
ONE = ("recall", b"a.b.c")


@given(st.lists(st.tuples(KINDS, st.binary(max_size=50)), min_size=1, max_size=6))
def test_a_batch_is_read_back_as_it_was_written(messages: list[tuple[str, bytes]]) -> None:
    data = write_batch(messages)
    assert read_batch(data) == messages
    assert len(data) <= len(b"relto/batch/1\n") + sum(message_size(len(one)) for _, one in messages)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=50)), max_size=6))
def test_answers_are_read_back_as_they_were_written(answers: list[tuple[bool, bytes]]) -> None:
    assert read_answers(write_answers(answers), len(answers)) == answers


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: b"relto/batch/1\n" + rest))
def test_what_is_no_batch_is_an_input_error_or_is_written_the_same_again(data: bytes) -> None:
    try:
        messages = read_batch(data)
    except InputError:
        return
    assert write_batch(messages) == data


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: b"relto/answers/1\n" + rest))
def test_what_are_no_answers_is_an_input_error(data: bytes) -> None:
    try:
        answers = read_answers(data, 1)
    except InputError:
        return
    assert write_answers(answers) == data


@pytest.mark.parametrize("cut", range(len(write_batch([ONE, ONE]))))
def test_a_batch_cut_short_anywhere_is_not_the_same_batch(cut: int) -> None:
    data = write_batch([ONE, ONE])[:cut]
    if data == write_batch([ONE]):
        assert read_batch(data) == [ONE]
    else:
        with pytest.raises(InputError):
            read_batch(data)


def test_no_more_messages_and_bytes_than_the_limits_say() -> None:
    most = [("recall", b"")] * MAX_BATCH_MESSAGES
    assert read_batch(write_batch(most)) == most
    with pytest.raises(InputError, match="257"):
        write_batch([*most, ONE])
    with pytest.raises(InputError, match="more than 256"):
        read_batch(write_batch(most) + write_batch([ONE])[14:])
    room = MAX_BATCH_BYTES - len(write_batch([("recall", b"")]))
    assert len(read_batch(write_batch([("recall", bytes(room))]))) == 1
    for write in (lambda: write_batch([("recall", bytes(room + 1))]), lambda: read_batch(bytes(MAX_BATCH_BYTES + 1))):
        with pytest.raises(InputError, match="bytes"):
            write()
    with pytest.raises(InputError, match="bytes"):
        read_answers(bytes(MAX_ANSWERS_BYTES + 1), 1)


@pytest.mark.parametrize("messages", [[], [("", b"")], [("k" * 33, b"")]])
def test_a_batch_of_nothing_or_of_no_kind_is_not_written(messages: list[tuple[str, bytes]]) -> None:
    with pytest.raises(InputError):
        write_batch(messages)


@pytest.mark.parametrize("count", [0, 2])
def test_more_or_fewer_answers_than_messages_are_none(count: int) -> None:
    with pytest.raises(InputError, match="answers to 1 messages"):
        read_answers(write_answers([(True, b"x")] * count), 1)
