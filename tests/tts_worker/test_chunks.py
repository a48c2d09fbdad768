"""How sound is cut for the stream."""

import pytest

from common.audio import BYTES_PER_MS
from tts_worker.chunks import Chunker


def sound(ms: int) -> bytes:
    return bytes(ms * BYTES_PER_MS)


def sizes_ms(chunks: list[bytes]) -> list[int]:
    return [len(chunk) // BYTES_PER_MS for chunk in chunks]


def begun() -> Chunker:
    """A chunker that delivered 100 ms at time 0."""
    chunker = Chunker()
    chunker.push(sound(100), 0.0)
    return chunker


def test_the_first_chunk_waits_until_it_is_whole() -> None:
    assert Chunker().push(sound(99), 0.0) == []


def test_the_first_chunk_has_no_deadline() -> None:
    chunker = Chunker()
    chunker.push(sound(99), 0.0)
    assert chunker.deadline_s is None


def test_the_first_chunk_leaves_as_soon_as_it_is_whole() -> None:
    chunker = Chunker()
    chunker.push(sound(60), 0.0)
    assert sizes_ms(chunker.push(sound(60), 0.1)) == [100]


def test_chunks_grow() -> None:
    assert sizes_ms(Chunker().push(sound(3000), 0.0)) == [100, 150, 250, 450, 700, 700]


def test_what_is_left_leaves_at_the_end() -> None:
    chunker = Chunker()
    chunker.push(sound(300), 0.0)
    assert len(chunker.flush()) == len(sound(50))


def test_sound_is_held_for_half_of_what_was_delivered() -> None:
    chunker = begun()
    chunker.push(sound(20), 1.0)
    assert chunker.deadline_s == pytest.approx(1.05)


def test_held_sound_leaves_when_it_is_due() -> None:
    chunker = begun()
    chunker.push(sound(20), 1.0)
    assert sizes_ms(chunker.overdue(1.06)) == [20]


def test_held_sound_stays_before_it_is_due() -> None:
    chunker = begun()
    chunker.push(sound(20), 1.0)
    assert chunker.overdue(1.04) == []


def test_more_sound_does_not_put_the_deadline_off() -> None:
    chunker = begun()
    chunker.push(sound(20), 1.0)
    chunker.push(sound(20), 1.03)
    assert chunker.deadline_s == pytest.approx(1.05)


def test_sound_that_comes_after_the_deadline_leaves_with_what_was_held() -> None:
    chunker = begun()
    chunker.push(sound(20), 1.0)
    assert sizes_ms(chunker.push(sound(20), 1.2)) == [40]


def test_what_is_left_of_a_push_is_held_from_then_on() -> None:
    chunker = begun()
    chunker.push(sound(140), 1.0)
    chunker.push(sound(20), 1.03)
    assert chunker.deadline_s == pytest.approx(1.03 + 0.125)


def test_nothing_held_has_no_deadline() -> None:
    assert begun().deadline_s is None


def test_without_sound_it_is_silent() -> None:
    assert Chunker().silent


def test_with_held_sound_it_is_not_silent() -> None:
    chunker = Chunker()
    chunker.push(sound(10), 0.0)
    assert not chunker.silent


@pytest.mark.parametrize("step_ms", [1, 7, 20, 333, 5000])
def test_no_byte_is_lost_or_moved(step_ms: int) -> None:
    chunker, made = Chunker(), bytes(range(256)) * 100
    chunks: list[bytes] = []
    for start in range(0, len(made), step_ms * BYTES_PER_MS):
        chunks += chunker.push(made[start : start + step_ms * BYTES_PER_MS], start / 1000)
    assert b"".join(chunks) + chunker.flush() == made
