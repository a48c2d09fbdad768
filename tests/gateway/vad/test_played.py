"""What was played, on its time line, and the caller's newest sound."""

import numpy as np

from gateway.vad.played import BAND, FRAME, RATE_HZ, WIDE, NewestSound, PlayedSound, Samples, two_ways

FRAMES_OF_3_S = 150


def pcm_frames(count: int) -> list[bytes]:
    sound = np.random.default_rng(1).normal(0, 1000, (count, 2 * FRAME)).astype("<i2")
    return [frame.tobytes() for frame in sound]


def played(frames: list[bytes]) -> PlayedSound:
    """One after another, from 0 on."""
    sound = PlayedSound()
    for number, frame in enumerate(frames, 1):
        sound.add(frame, number * FRAME)
    return sound


def filtered(frames: list[bytes], last: int) -> Samples:
    return two_ways(bytes(64) + b"".join(frames))[:, -last:]


def test_sound_is_found_where_it_was_played() -> None:
    frames = pcm_frames(FRAMES_OF_3_S)
    end = FRAMES_OF_3_S * FRAME
    assert np.allclose(played(frames).between(end - RATE_HZ, end), filtered(frames, RATE_HZ), atol=1e-2)


def test_before_and_after_it_is_silence() -> None:
    sound = played(pcm_frames(5))
    assert not sound.between(5 * FRAME, 7 * FRAME).any()
    assert not sound.between(-2 * FRAME, 0).any()


def test_what_was_not_joined_is_silence_between() -> None:
    sound = played(pcm_frames(5))
    sound.add(pcm_frames(1)[0], 8 * FRAME)
    assert not sound.between(6 * FRAME, 7 * FRAME).any()
    assert sound.between(7 * FRAME, 8 * FRAME).any()


def test_a_cut_leaves_what_was_before_it() -> None:
    frames = pcm_frames(5)
    sound = played(frames)
    sound.cut(3 * FRAME)
    assert np.allclose(sound.between(2 * FRAME, 3 * FRAME), filtered(frames[:3], FRAME), atol=1e-2)
    assert not sound.between(3 * FRAME, 5 * FRAME).any()


def test_the_callers_newest_sound_is_the_same_however_often_it_is_asked_for() -> None:
    frames = pcm_frames(20)
    often, once = NewestSound(5 * FRAME), NewestSound(5 * FRAME)
    for frame in frames:
        often.add(frame)
        often.newest()
        once.add(frame)
    assert np.allclose(often.newest(), filtered(frames, 5 * FRAME), atol=1e-2)
    assert np.allclose(once.newest(), often.newest(), atol=1e-2)


def test_asked_twice_it_has_not_moved() -> None:
    heard = NewestSound(5 * FRAME)
    heard.add(pcm_frames(1)[0])
    assert np.array_equal(heard.newest(), heard.newest())


def test_the_level_is_that_of_the_whole_sound_and_the_band_holds_less() -> None:
    sound = filtered(pcm_frames(50), 50 * FRAME)
    assert np.isclose(sound[WIDE].std(), 1000, rtol=0.05)
    assert sound[BAND].std() < 700
