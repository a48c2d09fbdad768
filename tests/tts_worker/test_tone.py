"""The voice that whistles which sentence it speaks."""

import asyncio

import pytest

from common import config
from common.audio import duration_ms
from tests import virtual_clock
from tts_worker.tones import heard_tones
from tts_worker.vendors.base import SpeechRequest, WordEnds
from tts_worker.vendors.tone import ToneVoice


def voice(**environ: str) -> ToneVoice:
    return ToneVoice(config.load({name.upper(): value for name, value in environ.items()}))


async def timed_pieces(speaking: ToneVoice, text: str = "ten letters") -> list[tuple[float, bytes]]:
    """The pieces of a sentence, with the time at which each came."""
    loop = asyncio.get_running_loop()
    request = SpeechRequest(text=text, language="en", turn=3, sentence=1)
    return [(loop.time(), piece) async for piece in speaking.synthesise(request) if isinstance(piece, bytes)]


def spoken(speaking: ToneVoice, text: str = "ten letters") -> list[tuple[float, bytes]]:
    return virtual_clock.run(timed_pieces(speaking, text))


def test_turn_and_sentence_are_heard_in_the_sound() -> None:
    (heard,) = heard_tones(b"".join(piece for _, piece in spoken(voice())))
    assert (heard.turn, heard.sentence) == (3, 1)


def test_the_sound_is_as_long_as_the_text() -> None:
    sound = b"".join(piece for _, piece in spoken(voice(tone_ms_per_char="50")))
    assert duration_ms(sound) == 50 * len("ten letters")


def test_an_empty_text_has_no_sound() -> None:
    assert spoken(voice(), "  ") == []


def test_the_first_sound_comes_after_its_delay() -> None:
    assert spoken(voice(tone_first_audio_ms="250"))[0][0] == pytest.approx(0.25)


def test_later_sound_comes_at_the_speed_of_the_factor() -> None:
    times_s = [at_s for at_s, _ in spoken(voice(tone_real_time_factor="0.5"))]
    assert times_s[1] - times_s[0] == pytest.approx(0.05)


def test_sound_comes_in_pieces_of_100_ms() -> None:
    assert duration_ms(spoken(voice())[0][1]) == 100


def test_it_knows_where_words_end() -> None:
    async def ends() -> list[WordEnds]:
        told = voice(tone_ms_per_char="50").synthesise(SpeechRequest(" ten  letters ", "en"))
        return [piece async for piece in told if isinstance(piece, WordEnds)]

    assert virtual_clock.run(ends()) == [WordEnds((3 * 400, 12 * 400))]
