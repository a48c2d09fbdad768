"""Who made what is heard can be told by ear, be it the same worker twice."""

import asyncio

import pytest

from common.config import Settings
from llm_worker.vendors.base import Prompt, Round, ToolCall, ToolResult
from tests.chaos.hands import HANDS, SENTENCES, hand_in, pitch_of, said_by, sung_by
from tests.chaos.marked_worker import MarkedModel
from tts_worker.tones import SENTENCES_HZ
from tts_worker.vendors.base import SpeechRequest

SETTINGS = Settings(scripted_llm_reply="One. Two.", scripted_llm_first_token_ms=0, scripted_llm_tokens_per_s=10_000)


def hands(model: MarkedModel, *prompts: Prompt) -> list[int]:
    """Whose words each reply is in."""

    async def words(prompt: Prompt) -> str:
        return "".join([piece async for piece in model.reply(prompt) if isinstance(piece, str)])

    return [hand_in(asyncio.run(words(prompt))) for prompt in prompts]


def test_all_hands_take_as_long_to_say_the_same() -> None:
    assert len({len(said_by(hand, "One. Two.")) for hand in range(len(HANDS))}) == 1


@pytest.mark.parametrize("hand", range(len(HANDS)))
def test_the_last_word_tells_whose_sentence_it_is(hand: int) -> None:
    assert hand_in(said_by(hand, "One.").split()[-1]) == hand


def test_each_sentence_hand_and_voice_has_a_pitch() -> None:
    pitches = {pitch_of(sentence, hand, voice) for sentence in range(SENTENCES) for hand in range(len(HANDS)) for voice in range(2)}
    assert pitches == set(range(len(SENTENCES_HZ)))


def test_fixed_phrases_keep_theirs() -> None:
    phrase = SpeechRequest("Hello.", "en", turn=0, sentence=3)
    assert sung_by(1, phrase) == phrase


@pytest.mark.parametrize("number", [0, 1])
def test_two_attempts_of_one_worker_at_a_turn_say_other_words(number: int) -> None:
    found = hands(MarkedModel(SETTINGS, number), *[Prompt("question?", "en", 3)] * 3)
    assert (found[0] == found[2] != found[1], {hand // 2 for hand in found}) == (True, {number})


def test_a_worker_that_was_started_again_says_other_words() -> None:
    before, after = (hands(MarkedModel(SETTINGS, 1, lives), Prompt("question?", "en", 3)) for lives in (4, 5))
    assert before != after


def test_one_attempt_has_one_hand_with_a_tool_in_its_middle() -> None:
    asked = Prompt("question?", "en", 3)
    answered = Prompt("question?", "en", 3, rounds=(Round("", (ToolCall("1", "look_up", "{}"),), (ToolResult("done", ok=True),)),))
    first, second = hands(MarkedModel(SETTINGS, 0), asked, answered)
    assert first == second
