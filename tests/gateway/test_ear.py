"""The caller's sound, by frames."""

from common.audio import FRAME_BYTES
from gateway.ear import IDLE_FRAMES, Ear


def frame(number: int) -> bytes:
    return bytes([number]) * FRAME_BYTES


def ear_with(frames: int, limit: int = 100) -> Ear:
    ear = Ear(limit)
    for number in range(frames):
        list(ear.frames(frame(number)))
    return ear


def test_odd_pieces_become_whole_frames() -> None:
    ear, sound = Ear(100), frame(1) + frame(2)
    frames = [whole for at in range(0, len(sound), 37) for whole in ear.frames(sound[at : at + 37])]
    assert frames == [frame(1), frame(2)]


def test_a_remainder_waits_for_the_next_piece() -> None:
    assert list(Ear(100).frames(b"x" * (FRAME_BYTES - 1))) == []


def test_frames_are_cut_by_their_numbers() -> None:
    assert ear_with(5).cut(1, 3) == frame(1) + frame(2)


def test_numbers_stay_after_forgetting() -> None:
    ear = ear_with(10)
    ear.keep(4)
    assert ear.cut(7, 9) == frame(7) + frame(8)


def test_forgotten_sound_is_silence() -> None:
    ear = ear_with(10)
    ear.keep(4)
    assert ear.cut(4, 7) == b"\xff" * (2 * FRAME_BYTES) + frame(6)


def test_the_limit_holds_while_somebody_speaks() -> None:
    ear = ear_with(10, limit=3)
    ear.keep(None)
    assert ear.cut(6, 8) == b"\xff" * FRAME_BYTES + frame(7)


def test_it_is_full_some_time_after_an_idle_caller_was_kept() -> None:
    ear = ear_with(IDLE_FRAMES + 26)
    full = ear.is_full
    ear.keep(IDLE_FRAMES)
    assert (full, ear.is_full) == (True, False)


def test_sound_wholly_forgotten_is_all_silence() -> None:
    ear = ear_with(10)
    ear.keep(2)
    assert ear.cut(1, 3) == b"\xff" * (2 * FRAME_BYTES)
