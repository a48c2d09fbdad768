"""The caller's ear, while the call goes on."""

from collections.abc import Iterator

import pytest

from common.audio import BYTES_PER_MS, silence
from tests.chaos.ear import LiveEar, is_whole, sentence_of
from tests.chaos.hands import pitch_of
from tts_worker.tones import HeardTone, tone

SOUND = silence(300) + tone(1, 0, 900) + silence(200) + tone(1, 1, 700) + tone(1, pitch_of(1, 3, 1), 500) + silence(300)


def as_it_comes(ear: LiveEar, track: bytearray, sound: bytes, step_ms: int) -> Iterator[HeardTone]:
    """What the ear tells while the track grows."""
    for at in range(0, len(sound), step_ms * BYTES_PER_MS):
        track += sound[at : at + step_ms * BYTES_PER_MS]
        yield from ear.news()


@pytest.mark.parametrize("step_ms", [20, 70, 3000])
def test_all_of_a_sentence_is_heard_once_however_it_comes(step_ms: int) -> None:
    track = bytearray()
    ear = LiveEar(track)
    heard = list(as_it_comes(ear, track, SOUND, step_ms))
    assert ({sentence_of(tone) for tone in heard}, is_whole(ear.heard_ms(0), 900), is_whole(ear.heard_ms(1), 1200)) == ({0, 1}, True, True)
    assert (ear.heard_ms(0) <= 1000, ear.heard_ms(1) <= 1300) == (True, True)


def test_what_is_forgotten_does_not_count() -> None:
    track = bytearray()
    ear = LiveEar(track)
    list(as_it_comes(ear, track, SOUND, 20))
    ear.forget()
    assert (list(as_it_comes(ear, track, silence(500), 20)), ear.heard_ms(0), ear.heard_ms(1)) == ([], 0, 0)


def test_a_fixed_phrase_is_no_sentence_of_a_reply() -> None:
    track = bytearray()
    ear = LiveEar(track)
    list(as_it_comes(ear, track, tone(0, 2, 900), 20))
    assert ear.heard_ms(2) == 0
