"""What each kind of event is made of; from the recordings that the repository has."""

import random
from dataclasses import dataclass

import numpy as np
import pytest

from common.audio import FRAME_BYTES, SAMPLE_RATE_HZ
from tests.bench.phone_line import samples, voices
from tests.bench.turns.material import noises
from tests.bench.turns.material.events import ANSWERS_MS, EVENTS, PAUSES_S, TO_A_SILENT_BOT
from tests.bench.turns.material.making import COUNTS, scene
from tests.bench.turns.material.sound import Samples, Sound, Word, edges, level, sounding
from tests.bench.turns.material.speakers import Speaker
from tests.bench.turns.material.studio import Studio
from tests.bench.turns.material.vocal_noises import VOCAL_NOISES
from tests.bench.turns.scene import After, Cue, Kind, Scene

ENGLISH = Speaker("en", "Allison Smith", "en", "tuning", "", "")
FRENCH = Speaker("fr", "June Wallack", "fr", "tuning", "", "")


@dataclass(frozen=True)
class FakeVoice:
    phrases: list[Sound]
    sentences: list[Sound]
    short_phrases: list[Sound]
    nods: list[Sound]
    short_words: list[Sound]


def said(file: str) -> Sound:
    """In five words of the same length."""
    voice = voices()[file]
    fifth = len(voice) // 5
    return sounding(file, voice, "five words", "tests/data", tuple(Word(str(n), n * fifth, (n + 1) * fifth) for n in range(5)))


@pytest.fixture(scope="module")
def studio() -> Studio:
    english = [said(file) for file in ("medium_en_one-moment-please.wav", "short_en_please-try-again.wav", "medium_en_demo-nomatch.wav")]
    french = [said(file) for file in ("medium_fr_something-terribly-wrong.wav", "short_fr_auth-thankyou.wav")]
    nod = [said("short_en_hello.wav")]
    pitch = 3000 * np.sin(np.arange(20 * SAMPLE_RATE_HZ) / 5)
    cast = {ENGLISH: FakeVoice(english, english, nod, nod, nod), FRENCH: FakeVoice(french * 2, french, nod, [], nod)}
    return Studio(cast, (ENGLISH, FRENCH), [pitch])


def made(studio: Studio, kind: Kind, count: int = 8) -> list[Scene]:
    return [scene(studio, "tuning", kind, number) for number in range(count)]


def events(studio: Studio, kind: Kind, count: int = 8) -> list[Cue]:
    return [one.cues[-1] for one in made(studio, kind, count)]


def voice_of(cue: Cue) -> Samples:
    start, end = (round(at * SAMPLE_RATE_HZ) for at in cue.voice_s)
    return samples(cue.sound)[start:end]


def db(one: Samples, beside: Samples) -> float:
    return float(20 * np.log10(level(one) / level(beside)))


# --- All kinds


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_made_and_at_least_30_times(kind: Kind) -> None:
    assert kind in EVENTS
    assert COUNTS[kind] >= 30


@pytest.mark.parametrize("kind", Kind)
def test_a_scene_is_the_same_each_time(studio: Studio, kind: Kind) -> None:
    assert scene(studio, "tuning", kind, 3) == scene(studio, "tuning", kind, 3)


@pytest.mark.parametrize("kind", Kind)
def test_a_sound_is_whole_frames(studio: Studio, kind: Kind) -> None:
    assert all(len(cue.sound) % FRAME_BYTES == 0 and cue.sound for one in made(studio, kind, 3) for cue in one.cues)


@pytest.mark.parametrize("kind", Kind)
def test_what_is_over_the_bot_comes_behind_an_utterance(studio: Studio, kind: Kind) -> None:
    kinds = [(cue.kind, cue.after) for cue in made(studio, kind, 1)[0].cues]
    alone = [(kind, After.START)]
    assert kinds == (alone if kind in TO_A_SILENT_BOT else [(Kind.UTTERANCE, After.START), (kind, After.BOT_BEGINS)])


@pytest.mark.parametrize("kind", [Kind.UTTERANCE, Kind.INTERRUPTION, Kind.VOCAL])
def test_the_voice_is_where_the_truth_says(studio: Studio, kind: Kind) -> None:
    for cue in events(studio, kind):
        found = np.array(edges(samples(cue.sound))) / SAMPLE_RATE_HZ
        assert np.allclose(found, cue.voice_s, atol=0.025), cue.name


def test_a_caller_says_the_same_first_at_the_same_moment_of_every_call(studio: Studio) -> None:
    firsts = {(one.line, one.cues[0].name, one.cues[0].sound, one.cues[0].delay_s) for one in made(studio, Kind.VOCAL, 24)}
    assert len(firsts) == 6  # three callers of two speakers


# --- Each kind


def test_pauses_have_the_lengths_that_are_asked_for(studio: Studio) -> None:
    lengths = {round(end - start, 3) for cue in events(studio, Kind.UTTERANCE, 20) for start, end in cue.pauses_s}
    assert lengths
    assert lengths <= set(PAUSES_S)


def test_a_pause_is_silent(studio: Studio) -> None:
    for cue in events(studio, Kind.UTTERANCE, 20):
        for start, end in cue.pauses_s:
            assert not samples(cue.sound)[round(start * SAMPLE_RATE_HZ) : round(end * SAMPLE_RATE_HZ)].any()


def test_answers_last_120_to_300_ms(studio: Studio) -> None:
    lengths = {round((cue.voice_s[1] - cue.voice_s[0]) * 1000) for cue in events(studio, Kind.ANSWER, 30)}
    assert lengths <= set(ANSWERS_MS)
    assert len(lengths) > 5


def test_short_interruptions_are_as_loud_and_as_dull_as_nods_may_be(studio: Studio) -> None:
    made_of = made(studio, Kind.SHORT_INTERRUPTION, 40)
    levels = [db(voice_of(one.cues[1]), voice_of(one.cues[0])) for one in made_of]
    assert -9 < min(levels) < -5
    assert 0 < max(levels) < 4
    assert {one.cues[1].name.split("/")[2].split("-")[0] for one in made_of} == {"whole", "dulled"}


def test_a_speaker_without_a_nod_hums(studio: Studio) -> None:
    french = [cue.name for cue in events(studio, Kind.BACKCHANNEL, 8) if cue.name.startswith("fr")]
    assert french
    assert all("/hummed-" in name for name in french)


def test_nods_come_in_several_variants(studio: Studio) -> None:
    assert len({cue.name.split("/")[2].split("-")[0] for cue in events(studio, Kind.BACKCHANNEL, 30)}) == 4


def test_vocal_noises_come_equally_often(studio: Studio) -> None:
    names = [cue.name.split("/")[2] for cue in events(studio, Kind.VOCAL, 16)]
    assert {names.count(name) for name in VOCAL_NOISES} == {4}


@pytest.mark.parametrize(("kind", "below_db"), [(Kind.SIDE_TALK, 8), (Kind.RADIO, 15), (Kind.BABBLE, 15)])
def test_who_does_not_speak_to_the_bot_is_softer(studio: Studio, kind: Kind, below_db: int) -> None:
    for one in made(studio, kind, 6):
        assert db(voice_of(one.cues[1]), voice_of(one.cues[0])) == pytest.approx(-below_db, abs=1.5)


def test_side_talk_is_somebody_elses(studio: Studio) -> None:
    english = next(cue for cue in events(studio, Kind.SIDE_TALK, 2) if cue.name.startswith("en"))
    assert "_fr_" in english.name


def test_keys_have_their_two_tones() -> None:
    tone = noises.keys(random.Random(1), "5")
    spectrum = np.abs(np.fft.rfft(tone, SAMPLE_RATE_HZ))
    assert {int(hz) for hz in np.flatnonzero(spectrum > 0.8 * spectrum.max())} & {770, 1336} == {770, 1336}


def test_an_echo_scene_has_a_line_that_returns_and_others_have_none(studio: Studio) -> None:
    assert made(studio, Kind.ECHO, 1)[0].echo is not None
    assert made(studio, Kind.VOCAL, 1)[0].echo is None


def test_the_bot_has_word_rules_for_english_alone_of_these(studio: Studio) -> None:
    assert [one.word_rules for one in made(studio, Kind.ANSWER, 2)] == [True, False]


@pytest.mark.parametrize("name", VOCAL_NOISES)
def test_a_vocal_noise_lasts_as_long_as_such_a_noise_does(name: str) -> None:
    lengths_s = [len(VOCAL_NOISES[name](random.Random(seed))) / SAMPLE_RATE_HZ for seed in range(20)]
    assert min(lengths_s) > 0.2
    assert max(lengths_s) < 2.5
