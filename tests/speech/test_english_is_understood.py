"""English of the local voice, transcribed again: the words of the reply are in it.

The voice draws its melody at random, and one take in some dozens is misheard: most of five takes count.
"""

import statistics

import pytest

from asr_worker.vendors.whisper import WhisperTranscriber
from common.audio import silence
from tests.speech.errors import plain, word_errors
from tts_worker.front_end import speakable
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.local import LocalVoice

pytestmark = pytest.mark.speech

LEAD = silence(300)
TAKES = 5
REPLIES = [
    ("Hello! How can I help you?", "how can i help you"),
    ("Sorry, I didn't hear you. Could you say that again?", "could you say that again"),
    ("Sorry, something went wrong. Could you try again?", "something went wrong"),
    ("We are open from 9:00 until five, Sunday to Thursday.", "sunday to thursday"),
    ("I have booked an appointment for you on Tuesday morning.", "appointment for you on tuesday morning"),
    ("I will connect you to a person.", "connect you to a person"),
    ("Thank you, and goodbye", "thank you and goodbye"),
]


async def heard_again(text: str, voice: LocalVoice, whisper: WhisperTranscriber) -> str:
    sound = b"".join([piece async for piece in voice.synthesise(SpeechRequest(speakable(text, "en").text, "en"))])
    return plain(await whisper.transcribe(LEAD + sound + LEAD, language="en", turn=0))


@pytest.mark.parametrize(("reply", "expected"), REPLIES)
async def test_the_words_of_a_reply_are_heard(reply: str, expected: str, local_voice: LocalVoice, whisper: WhisperTranscriber) -> None:
    takes = [expected in await heard_again(reply, local_voice, whisper) for _ in range(TAKES)]
    assert sum(takes) > TAKES / 2


async def test_a_long_sentence_is_understood_across_its_seams(local_voice: LocalVoice, whisper: WhisperTranscriber) -> None:
    reply = "I will connect you to a person as soon as somebody is free and I thank you for your patience while you wait."
    takes = [word_errors(reply, await heard_again(reply, local_voice, whisper)) for _ in range(TAKES)]
    assert statistics.median(errors / words for errors, words in takes) <= 0.15
