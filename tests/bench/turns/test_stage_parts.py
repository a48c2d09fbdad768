"""The stage's caller, ear and wire, each by itself."""

from pathlib import Path

import pytest

from asr_worker.vendors.base import NO_HINTS, Hints
from asr_worker.vendors.base import Heard as Reading
from common.audio import FRAME_BYTES, silence
from tests.bench.turns.ear import RememberingEar
from tests.bench.turns.scene import After, Cue, Kind
from tests.bench.turns.stage_caller import ECHO_TAIL_S, GRID_FRAMES, TAIL_S, Caller
from tests.bench.turns.stage_heard import Hearing
from tests.bench.turns.stage_scenes import ORDER, line, said, scene
from tests.bench.turns.stage_voice import SENTENCES, Sound, reply, sounds_of_phrases, sounds_of_reply
from tests.bench.turns.stage_wire import Wire
from tests.bench.turns.vendors import GUIDE, Delay

# -- What the bot says ------------------------------------------------------------------------------


def test_any_frame_of_any_reply_tells_what_it_is() -> None:
    sounds = [*sounds_of_reply(1, 3), *sounds_of_reply(2, 3)]
    for sound in sounds:
        for at in range(0, len(sound.sound) - FRAME_BYTES, 997):
            frame = sound.sound[at : at + FRAME_BYTES]
            assert [(other, other.sound.find(frame)) for other in sounds if frame in other.sound] == [(sound, at)]


def test_a_reply_lasts_long_enough_to_be_interrupted() -> None:
    assert 8000 * 15 < sum(len(sentence.sound) for sentence in reply(1)) < 8000 * 40


def test_no_reply_begins_like_the_one_before() -> None:
    assert len({reply(turn)[0].text for turn in range(len(SENTENCES))}) == len(SENTENCES)


# -- What was heard -----------------------------------------------------------------------------------


def heard(*frames: tuple[float, bytes]) -> list[tuple[float, float, int, str, int]]:
    ear = Hearing(lambda: [*sounds_of_reply(1, 2), *sounds_of_phrases()])
    for start_s, frame in frames:
        ear.play(frame, start_s, turn=7)
    return [(round(each.start_s, 2), round(each.end_s, 2), each.turn, each.kind, each.offset) for each in ear.heard]


def frame_of(sound: Sound, number: int) -> bytes:
    return sound.sound[number * FRAME_BYTES : (number + 1) * FRAME_BYTES].ljust(FRAME_BYTES, b"\xff")


def test_frames_without_a_gap_are_one_stretch_over_the_end_of_a_sentence() -> None:
    first, second = sounds_of_reply(1, 2)
    last = (len(first.sound) - 1) // FRAME_BYTES
    found = heard((0.0, frame_of(first, last - 1)), (0.02, frame_of(first, last)), (0.04, frame_of(second, 0)))
    assert found == [(0.0, 0.06, 1, "reply", (last - 1) * FRAME_BYTES)]


def test_a_gap_of_a_frame_is_one() -> None:
    first = sounds_of_reply(1, 2)[0]
    assert len(heard((0.0, frame_of(first, 0)), (0.04, frame_of(first, 1)))) == 2


def test_a_frame_that_was_left_out_begins_another_stretch() -> None:
    first = sounds_of_reply(1, 2)[0]
    assert [each[4] for each in heard((0.0, frame_of(first, 0)), (0.02, frame_of(first, 2)))] == [0, 2 * FRAME_BYTES]


def test_a_phrase_is_of_the_turn_in_which_it_came() -> None:
    (filler,) = (sound for sound in sounds_of_phrases() if sound.kind == "filler")
    assert heard((0.0, frame_of(filler, 0))) == [(0.0, 0.02, 7, "filler", 0)]


def test_sound_that_nobody_gave_the_bot_is_an_error() -> None:
    with pytest.raises(LookupError):
        heard((0.0, bytes(range(FRAME_BYTES))))


# -- The wire -----------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0
        self.played: list[tuple[float, bytes]] = []
        self.wire = Wire(lambda: self.now_s, lambda: 0, lambda frame, start_s, turn: self.played.append((start_s, frame)))
        self.wire.started("en")

    def send(self, frames: int) -> None:
        codec = self.wire.codec
        self.wire.send([codec.audio(bytes([number]) * FRAME_BYTES) for number in range(frames)] + [codec.mark("end")])


def test_the_provider_plays_in_real_time_what_came_at_once() -> None:
    clock = Clock()
    clock.send(5)
    clock.wire.play_until(0.05)
    assert [round(start_s, 2) for start_s, _ in clock.played] == [0.0, 0.02, 0.04]


def test_a_mark_comes_back_once_the_sound_before_it_was_played() -> None:
    clock = Clock()
    clock.send(5)
    assert (len(clock.wire.marks(0.09)), len(clock.wire.marks(0.1))) == (0, 1)


def test_a_clear_forgets_what_was_not_begun_and_returns_all_marks() -> None:
    clock = Clock()
    clock.send(5)
    clock.now_s = 0.03
    clock.wire.send([clock.wire.codec.clear()])
    clock.wire.play_until(1.0)
    assert (len(clock.played), len(clock.wire.marks(0.03)), clock.wire.clears_s) == (2, 1, [0.03])


# -- The caller ---------------------------------------------------------------------------------------


def test_a_cue_begins_on_the_grid_at_or_behind_its_delay() -> None:
    caller = Caller(scene(said(ORDER, Kind.UTTERANCE, delay_s=1.0)), lambda after, since_s: 0.0)
    while not caller.over:
        caller.next_frame()
    (cue,) = caller.played
    assert 1.0 <= cue.start_s < 1.0 + GRID_FRAMES * 0.02
    assert round(cue.start_s * 50) % GRID_FRAMES == 0


def test_a_call_is_over_a_while_behind_its_last_cue() -> None:
    shown = scene(said(ORDER, Kind.UTTERANCE))
    caller = Caller(shown, lambda after, since_s: 0.0)
    while not caller.over:
        caller.next_frame()
    end_s = caller.played[0].start_s + len(shown.cues[0].sound) / 8000
    assert caller.frames * 0.02 == pytest.approx(end_s + TAIL_S)


def test_a_bot_that_hears_but_its_echo_is_listened_to_for_longer() -> None:
    caller = Caller(scene(Cue("echo", Kind.ECHO, silence(20), After.START, 0.0, (0.0, 0.0))), lambda after, since_s: 0.0)
    while not caller.over:
        caller.next_frame()
    assert caller.frames * 0.02 == pytest.approx(0.02 + ECHO_TAIL_S)


def test_a_cue_waits_from_the_end_of_the_voice_before_it() -> None:
    asked: list[tuple[After, float]] = []

    def occasion(after: After, since_s: float) -> float | None:
        asked.append((after, since_s))
        return 0.0 if after is After.START else None

    first = said(ORDER, Kind.UTTERANCE)
    caller = Caller(scene(first, said(ORDER, Kind.INTERRUPTION, After.BOT_BEGINS)), occasion)
    while not caller.over:
        caller.next_frame()
    after, since_s = asked[-1]
    assert since_s == pytest.approx(caller.played[0].start_s + first.voice_s[1])
    assert (after, len(caller.played)) == (After.BOT_BEGINS, 1)


def test_the_line_around_a_cue_is_the_same_wherever_it_begins() -> None:
    def sound(delay_s: float) -> bytes:
        caller = Caller(scene(said(ORDER, Kind.UTTERANCE, delay_s=delay_s)), lambda after, since_s: 0.0)
        frames = [caller.next_frame()[0] for _ in range(300)]
        start = round(caller.played[0].start_s * 50)
        return b"".join(frames[start - 20 : start + 100])

    assert sound(1.0) == sound(2.5)


def test_keys_share_the_sound_of_their_tones() -> None:
    tones = Cue("keys", Kind.DTMF, silence(400), After.START, 0.0, (0.0, 0.4), text="17")
    caller = Caller(scene(tones), lambda after, since_s: 0.0)
    assert [(number, key) for number in range(30) if (key := caller.next_frame()[1])] == [(0, "1"), (10, "7")]


def test_where_nothing_is_said_there_is_the_lines_noise() -> None:
    caller = Caller(scene(said(ORDER, Kind.UTTERANCE, delay_s=1.0)), lambda after, since_s: None)
    assert caller.next_frame()[0] == line()[:FRAME_BYTES]


# -- Delays -------------------------------------------------------------------------------------------


def test_a_drawn_delay_is_the_same_for_the_same_thing() -> None:
    assert GUIDE.words.drawn("piece") == GUIDE.words.drawn("piece") != GUIDE.words.drawn("another")


def test_half_of_the_delays_are_below_the_median_and_one_of_twenty_beyond_the_limit() -> None:
    delays = [Delay(0.35, 0.5).drawn(number) for number in range(2000)]
    assert sum(delay < 0.35 for delay in delays) / 2000 == pytest.approx(0.5, abs=0.04)
    assert sum(delay > 0.5 for delay in delays) / 2000 == pytest.approx(0.05, abs=0.02)
    assert max(delays) <= 1.0


# -- The ear ------------------------------------------------------------------------------------------


class Vendor:
    def __init__(self) -> None:
        self.asked = 0

    async def warm_up(self) -> None:
        """Nothing to load."""

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        self.asked += 1
        return Reading(f"{language} {len(audio)}", no_speech=0.25)

    async def close(self) -> None:
        """Nothing to close."""


def test_a_piece_is_read_once_for_all_processes(tmp_path: Path) -> None:
    vendor, memory = Vendor(), tmp_path / "words.jsonl"
    first = RememberingEar(memory, "base", lambda: vendor).words(b"sound", "en")
    again = RememberingEar(memory, "base", lambda: vendor).words(b"sound", "en")
    assert (vendor.asked, first, again) == (1, "en 5", "en 5")
    assert isinstance(again, Reading)
    assert again.no_speech == 0.25


def test_the_same_sound_in_another_language_is_another_piece(tmp_path: Path) -> None:
    ear = RememberingEar(tmp_path / "words.jsonl", "base", Vendor)
    assert [ear.words(b"sound", language) for language in ("en", "fr")] == ["en 5", "fr 5"]


def test_what_another_reader_read_is_read_anew(tmp_path: Path) -> None:
    RememberingEar(tmp_path / "words.jsonl", "base", Vendor).words(b"sound", "en")
    vendor = Vendor()
    RememberingEar(tmp_path / "words.jsonl", "small", lambda: vendor).words(b"sound", "en")
    assert vendor.asked == 1


def test_a_line_that_was_left_half_costs_that_piece_alone(tmp_path: Path) -> None:
    memory = tmp_path / "words.jsonl"
    RememberingEar(memory, "base", Vendor).words(b"one", "en")
    with memory.open("a", encoding="utf-8") as file:
        file.write('\n["base en 12", "hal')
    RememberingEar(memory, "base", Vendor).words(b"two", "en")
    vendor = Vendor()
    ear = RememberingEar(memory, "base", lambda: vendor)
    assert [ear.words(sound, "en") for sound in (b"one", b"two")] == ["en 3", "en 3"]
    assert vendor.asked == 0
