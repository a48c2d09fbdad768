"""The bot's own echo: told from the caller, learnt, forgotten."""

import random

import numpy as np
import pytest

from common.audio import FRAME_BYTES, mulaw_to_pcm, rms
from gateway.vad.hangover import FIVE_OF_SIX, OnsetRule
from gateway.vad.self_echo import ArrivalClock, NoGuard, Path, SelfEcho
from tests.bench.phone_line import PhoneLine, Samples, as_the_bot_says_it, mulaw, samples, voices

BOT, CALLER = "long_en_vm-instructions.wav", "medium_ru_demo-nomatch.wav"
START = 50.0
SAID = as_the_bot_says_it(voices()[BOT][:24_000])
"""3 s."""
CALLER_SAYS = voices()[CALLER][:16_000]
ONE_WAY = (1.0,)


def line(loss_db: float = 25, delay_s: float = 0.2, response: tuple[float, ...] = ONE_WAY) -> PhoneLine:
    return PhoneLine(delay_s, loss_db, response, codec_noise_db=30, noise_rms=20)


class Ear:
    """Shows a guard what comes of a line; every frame above the line's noise counts as speech."""

    def __init__(self, onset: OnsetRule = FIVE_OF_SIX) -> None:
        self.guard = SelfEcho(onset)
        self.start = START

    def play(self, said: bytes, step: int = FRAME_BYTES * 5) -> None:
        """The bot says something from now on."""
        for at in range(0, len(said), step):
            piece = said[at : at + step]
            frames = [piece[place : place + FRAME_BYTES] for place in range(0, len(piece), FRAME_BYTES)]
            self.guard.played(frames, self.start + (at + len(piece)) / 8000)

    def hear(self, sound: Samples, late_s: float = 0.0) -> list[bool | None]:
        """What the guard says of each frame; None where nothing stands out of the noise."""
        heard = mulaw(sound)
        verdicts: list[bool | None] = []
        for at in range(0, len(heard), FRAME_BYTES):
            pcm = mulaw_to_pcm(heard[at : at + FRAME_BYTES])
            self.start += 0.02
            speech = rms(pcm) > 60
            echo = self.guard.is_echo(pcm, rms(pcm), speech, self.start + late_s)
            verdicts.append(echo if speech else None)
        return verdicts


def echo_of(said: bytes, path: PhoneLine, seconds: float = 3.0) -> Samples:
    noise, length = np.random.default_rng(1), int(seconds * 8000)
    return path.returns(said, length, noise) + path.hiss(length, noise)


def heard_while_playing(ear: Ear, sound: Samples, said: bytes = SAID) -> list[bool | None]:
    """The bot speaks half a second at a time, as it is heard."""
    verdicts: list[bool | None] = []
    for at in range(0, len(sound), 4000):
        ear.play(said[at : at + 4000])
        verdicts += ear.hear(sound[at : at + 4000])
    return verdicts


def share(verdicts: list[bool | None]) -> float:
    """How many of the frames that stand out were taken for echo."""
    told = [verdict for verdict in verdicts if verdict is not None]
    return sum(told) / len(told)


@pytest.mark.parametrize("delay_s", [0.04, 0.2, 0.4])
@pytest.mark.parametrize("loss_db", [20, 28])
def test_what_was_played_and_comes_back_is_echo(delay_s: float, loss_db: float) -> None:
    assert share(heard_while_playing(Ear(), echo_of(SAID, line(loss_db, delay_s)))) > 0.9


def test_reflections_do_not_hide_an_echo() -> None:
    response = [0.0] * 240
    response[0], response[100], response[239] = 1.0, -0.5, 0.3
    assert share(heard_while_playing(Ear(), echo_of(SAID, line(response=tuple(response))))) > 0.9


def test_a_caller_over_a_bot_without_echo_is_heard() -> None:
    sound = line().hiss(16_000, np.random.default_rng(1)) + CALLER_SAYS
    assert share(heard_while_playing(Ear(), sound)) < 0.1


def test_a_quiet_caller_over_the_echo_is_heard() -> None:
    ear = Ear()
    heard_while_playing(ear, echo_of(SAID, line(30)))
    sound = echo_of(SAID, line(30), seconds=2.0)
    quiet = CALLER_SAYS * 0.1
    loud = [rms(mulaw_to_pcm(mulaw(quiet[at : at + FRAME_BYTES]))) > 300 for at in range(0, len(quiet), FRAME_BYTES)]
    verdicts = heard_while_playing(ear, sound + quiet)
    assert share([verdict for verdict, stands_out in zip(verdicts, loud, strict=True) if stands_out]) < 0.2


def test_a_loud_copy_of_what_is_played_is_the_callers() -> None:
    """A caller who plays the bot on a loudspeaker at the phone is no echo of the line."""
    assert share(heard_while_playing(Ear(), echo_of(SAID, line(loss_db=6)))) < 0.1


def test_a_silent_bot_makes_no_echo() -> None:
    ear = Ear()
    ear.play(SAID)
    ear.hear(echo_of(SAID, line(), seconds=5.0))
    assert share(ear.hear(CALLER_SAYS * 0.05)) == 0


def test_a_voice_right_after_the_last_echo_is_not_compared_any_more() -> None:
    ear = Ear()
    ear.play(SAID[:8000])
    ear.hear(np.zeros(int(1.6 * 8000)))
    assert ear.hear(np.full(160, 300.0)) == [False]


def test_a_trace_of_sound_just_after_the_bot_is_nobody() -> None:
    ear = Ear()
    ear.play(SAID[:8000])
    ear.hear(np.zeros(int(1.6 * 8000)))
    assert ear.hear(np.full(160, 70.0)) == [True]


def test_before_anything_was_played_all_speech_is_the_callers() -> None:
    assert share(Ear().hear(CALLER_SAYS)) == 0


def test_what_a_clear_threw_away_was_not_played() -> None:
    ear = Ear()
    ear.play(SAID[:8000])
    ear.guard.cleared(START)
    assert share(ear.hear(echo_of(SAID[:8000], line(20), seconds=1.2))) < 0.1


def test_a_clear_keeps_what_was_heard_before_it() -> None:
    ear = Ear()
    sound = echo_of(SAID[:5600], line(20), seconds=0.9)
    ear.play(SAID[:7200])
    before = ear.hear(sound[:5600])
    ear.guard.cleared(ear.start)
    assert share(before + ear.hear(sound[5600:])) > 0.9


def test_a_path_is_confirmed_once_frames_agree() -> None:
    ear = Ear()
    heard_while_playing(ear, echo_of(SAID, line(24, 0.25)))
    path = ear.guard.path
    assert path is not None
    assert path.confirmed
    assert path.lag / 4000 == pytest.approx(0.25, abs=0.006)
    assert 10 * np.log10(path.gain) == pytest.approx(-24, abs=3)


def test_a_path_that_moved_is_learnt_anew() -> None:
    ear = Ear()
    heard_while_playing(ear, echo_of(SAID, line(24, 0.25)))
    assert share(heard_while_playing(ear, echo_of(SAID, line(24, 0.1)))) > 0.85
    assert ear.guard.path is not None
    assert ear.guard.path.lag / 4000 == pytest.approx(0.1, abs=0.006)


def an_s_comes_back(ear: Ear) -> list[bool | None]:
    """Noise above the band that is compared; what comes back is unlike it there."""
    hiss = np.random.default_rng(3).normal(0, 1, 4000)
    hiss = np.convolve(hiss, np.sinc(np.arange(-40, 41) * 0.2) * np.hamming(81) * (-1.0) ** np.arange(-40, 41), "same")
    said = mulaw(hiss / hiss.std() * 3000)
    ear.play(said)
    return ear.hear(np.concatenate((np.zeros(1600), samples(said)[::-1] * 0.04, np.zeros(800))))


def test_an_s_that_comes_back_is_echo() -> None:
    ear = Ear()
    heard_while_playing(ear, echo_of(SAID, line(25)))
    assert share(an_s_comes_back(ear)) > 0.8


def test_an_s_is_echo_before_its_path_is_known() -> None:
    assert share(an_s_comes_back(Ear())) > 0.8


def test_an_s_teaches_nothing_of_its_path() -> None:
    ear = Ear()
    an_s_comes_back(ear)
    assert ear.guard.path is None


QUICK = OnsetRule(3, 4)
FRAME_SAMPLES = 160


def unlike(frames: int, level: float = 300) -> Samples:
    """Nothing that was played; no louder than an echo may be, if no other level is given."""
    return np.random.default_rng(5).normal(0, level, frames * FRAME_SAMPLES)


def ear_over_the_bot(onset: OnsetRule) -> Ear:
    ear = Ear(onset)
    ear.play(SAID)
    ear.hear(np.zeros(4000))
    return ear


def test_what_is_softer_than_the_echo_that_is_due_holds_no_caller() -> None:
    strange, known = Ear(), Ear()
    heard_while_playing(known, echo_of(SAID, line(20)))
    assert share(heard_while_playing(strange, unlike(100, 150))) < 0.2
    assert share(heard_while_playing(known, unlike(100, 150))) > 0.6


def test_frames_unlike_what_was_played_are_a_callers_at_once_with_a_slow_detector() -> None:
    assert ear_over_the_bot(FIVE_OF_SIX).hear(unlike(2)) == [False] * 2


def test_a_quick_detector_needs_five_frames_for_a_voice_no_louder_than_echo() -> None:
    assert ear_over_the_bot(QUICK).hear(unlike(5)) == [True] * 2 + [False] * 3


def test_frames_louder_than_any_echo_are_a_voice_at_once() -> None:
    assert ear_over_the_bot(QUICK).hear(unlike(2, 4000)) == [False] * 2


def test_frames_behind_a_loud_one_are_not_doubted() -> None:
    assert ear_over_the_bot(QUICK).hear(np.concatenate((unlike(1, 4000), unlike(2)))) == [False] * 3


def test_silence_begins_the_doubt_anew() -> None:
    sound = np.concatenate((unlike(3), np.zeros(FRAME_SAMPLES), unlike(3)))
    assert ear_over_the_bot(QUICK).hear(sound) == [True, True, False, None, True, True, False]


def test_a_frame_louder_than_what_its_path_returns_is_not_doubted() -> None:
    ear = Ear(QUICK)
    heard_while_playing(ear, echo_of(SAID, line(28)))
    ear.play(SAID)
    ear.hear(np.zeros(4000))
    assert ear.hear(unlike(2, 700)) == [False] * 2


def test_echoes_are_counted() -> None:
    ear = Ear()
    verdicts = heard_while_playing(ear, echo_of(SAID, line(25)))
    assert ear.guard.echoes == sum(verdict is True for verdict in verdicts)


def test_late_frames_and_bursts_keep_their_place() -> None:
    clock, rng = ArrivalClock(), random.Random(1)
    arrivals = [number * 0.02 + (0.0 if number % 7 == 0 else rng.uniform(0, 0.1)) for number in range(200)]
    places = [clock.next(arrival) - number * 0.02 for number, arrival in enumerate(arrivals)]
    assert max(places[7:]) < 0.003


def test_a_gap_in_the_line_moves_its_clock() -> None:
    clock = ArrivalClock()
    clock.next(1.0)
    assert clock.next(1.5) == 1.5


def test_a_path_is_not_confirmed_by_one_frame() -> None:
    assert not Path(lag=400, gain=0.01).confirmed


def test_without_the_guard_all_speech_is_the_callers() -> None:
    guard = NoGuard()
    guard.played([SAID[:FRAME_BYTES]], START)
    guard.cleared(START)
    assert not guard.is_echo(bytes(320), 100, True, START)
    assert guard.echoes == 0
