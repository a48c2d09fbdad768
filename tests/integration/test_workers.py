"""The three workers over Redis: a turn from the caller's sound to the bot's, and what goes wrong on the way."""

import asyncio
import time

import pytest

from common.config import Settings
from common.errors import VendorError
from common.messages import Action, ReplyEnded, Sentence, SpeechChunk, StageFailed, Transcript
from llm_worker.vendors.base import ActionRequest
from llm_worker.vendors.openai import OpenAIModel
from llm_worker.vendors.scripted import ScriptedModel
from tests.integration.pipeline import LIMIT_S, Pipeline, Server, pipeline
from tests.integration.vendors import Ear, Mind, Mouth, sound_of
from tests.vendors.openai_server import OpenAIServer, Stall, texts


def start(pipe: Pipeline, *, ear: Ear | None = None, mind: Mind | ScriptedModel | None = None, mouth: Mouth | None = None) -> None:
    """One worker of each stage."""
    pipe.start_asr(ear or Ear())
    pipe.start_llm(mind or Mind("We open at nine. ", "Come in."))
    pipe.start_tts(mouth or Mouth())


# --- A turn


async def test_an_utterance_becomes_a_reply(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe)
        await pipe.say(1)
        await pipe.until_reply(1)
        assert pipe.texts(1) == ["We open at nine.", "Come in."]


@pytest.mark.parametrize("hours", [-3, 3])
async def test_workers_whose_clock_is_hours_wrong_answer_in_time(server: Server, hours: int) -> None:
    server.clock_s = lambda: time.time() + 3_600 * hours
    async with pipeline(server) as pipe:
        start(pipe)
        await pipe.say(1)
        await pipe.until_reply(1)
        assert (pipe.texts(1), len(pipe.sound(1, 1))) == (["We open at nine.", "Come in."], len(sound_of("Come in.")))


async def test_an_utterances_words_are_told(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe, ear=Ear("turn {turn}"))
        await pipe.say(1)
        await pipe.until_reply(1)
        assert [message.text for message in pipe.all(Transcript, 1)] == ["turn 1"]


async def test_the_sound_of_a_sentence_arrives_whole_and_in_order(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe)
        await pipe.say(1)
        await pipe.until_reply(1)
        assert pipe.sound(1, 0) == sound_of("We open at nine.")


async def test_the_end_of_the_sound_tells_its_length(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe)
        await pipe.say(1)
        await pipe.until_reply(1)
        last = next(message for message in pipe.all(SpeechChunk, 1) if message.last and message.head.seq == 0)
        assert last.offset_bytes == len(sound_of("We open at nine."))


async def test_the_first_sound_arrives_while_the_model_still_thinks(server: Server) -> None:
    thinking = asyncio.Event()
    async with pipeline(server) as pipe:
        start(pipe, mind=Mind("We open at nine. C", thinking, "ome in."))
        await pipe.say(1)
        await pipe.until(lambda: pipe.all(SpeechChunk, 1) != [])
        ended = pipe.all(ReplyEnded, 1)
        thinking.set()
        assert ended == []


async def test_a_text_of_the_gateways_own_is_answered(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe)
        await pipe.say_text(1, "joined by the gateway")
        await pipe.until_reply(1)
        assert pipe.texts(1) == ["We open at nine.", "Come in."]


async def test_the_next_turn_knows_what_was_heard(server: Server) -> None:
    mind = Mind("Turn {turn}.")
    async with pipeline(server) as pipe:
        start(pipe, mind=mind)
        await pipe.close_turn(0, heard="Hello!")
        await pipe.say(1)
        await pipe.until_reply(1)
        await pipe.close_turn(1, caller="hours?", heard="Turn")
        await pipe.say(2)
        await pipe.until_reply(2)
        assert [(past.caller, past.bot) for past in mind.prompts[1].history] == [("", "Hello!"), ("hours?", "Turn")]


async def test_the_rules_hold_a_conversation(server: Server) -> None:
    async with pipeline(server, Settings(scripted_llm_tokens_per_s=10_000)) as pipe:
        start(pipe, mind=ScriptedModel(pipe.settings))
        await pipe.say_text(1, "I want to cancel my booking")
        await pipe.until_reply(1)
        await pipe.close_turn(1, caller="I want to cancel my booking", heard=" ".join(pipe.texts(1)))
        await pipe.say_text(2, "yes")
        await pipe.until_reply(2)
        assert pipe.texts(2)[0] == "Your appointment is cancelled."


async def test_a_goodbye_is_an_action_after_the_last_sentence(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe, mind=Mind("Thanks. Bye.", ActionRequest("hang_up")))
        await pipe.say(1)
        await pipe.until_reply(1)
        assert [(action.name, action.after) for action in pipe.all(Action, 1)] == [("hang_up", 1)]


# --- S4: once


async def test_s04_an_utterance_that_comes_twice_is_answered_once(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe)
        await pipe.say(1)
        await pipe.say(1)
        await pipe.until_reply(1)
        await pipe.say(2)
        await pipe.until_reply(2)
        assert (len(pipe.all(Transcript, 1)), len(pipe.texts(1)), len(pipe.all(ReplyEnded, 1))) == (1, 2, 1)


async def test_s04_an_utterance_that_was_answered_is_not_transcribed_again(server: Server) -> None:
    ear = Ear()
    async with pipeline(server) as pipe:
        start(pipe, ear=ear)
        await pipe.say(1)
        await pipe.until_reply(1)
        await pipe.say(1)
        await pipe.say(2)
        await pipe.until_reply(2)
        assert ear.asked == 2


async def test_s14_an_utterance_without_words_gets_no_reply(server: Server) -> None:
    mind = Mind("Yes?")
    async with pipeline(server) as pipe:
        start(pipe, ear=Ear(""), mind=mind)
        await pipe.say(1)
        await pipe.until(lambda: pipe.all(Transcript, 1) != [])
        await pipe.close_turn(1, how="nothing_heard")
        await pipe.say_text(2, "hello")
        await pipe.until_reply(2)
        assert [prompt.turn for prompt in mind.prompts] == [2]


@pytest.mark.parametrize("piece", ["segment", "probe"])
async def test_a_piece_is_told_to_the_gateway_alone(server: Server, piece: str) -> None:
    mind = Mind("Yes?")
    async with pipeline(server) as pipe:
        start(pipe, mind=mind)
        await pipe.say(1, piece=piece)  # type: ignore[arg-type]
        await pipe.until(lambda: pipe.all(Transcript, 1) != [])
        await pipe.say_text(2, "hello")
        await pipe.until_reply(2)
        assert [prompt.turn for prompt in mind.prompts] == [2]


# --- Raised past


async def test_a_reply_that_was_raised_past_stops(server: Server) -> None:
    never = asyncio.Event()
    mind = Mind("We open at nine. C", never, "ome in.")
    async with pipeline(server) as pipe:
        start(pipe, mind=mind)
        await pipe.say(1)
        await pipe.until(lambda: pipe.all(Sentence, 1) != [])
        await pipe.close_turn(1, how="interrupted")
        await asyncio.wait_for(mind.closed.wait(), LIMIT_S)
        never.set()
        await pipe.say(2)
        await pipe.until_reply(2)
        assert (pipe.texts(1), pipe.all(ReplyEnded, 1)) == (["We open at nine."], [])


@pytest.mark.parametrize("deaf", [False, True], ids=["told", "untold"])
async def test_a_reply_that_was_raised_past_is_ended_at_the_vendor(server: Server, deaf: bool) -> None:
    server.deaf = deaf
    async with OpenAIServer([*texts("We open at nine. C"), Stall()]) as vendor, pipeline(server) as pipe:
        model = OpenAIModel(Settings(llm_base_url=vendor.url))
        pipe.start_llm(model)
        await pipe.say_text(1, "when do you open?")
        await pipe.until(lambda: pipe.all(Sentence, 1) != [])
        await pipe.close_turn(1, how="interrupted")
        async with asyncio.timeout(LIMIT_S):
            assert await vendor.hung_up.wait()
        await model.close()


async def test_an_utterance_that_was_raised_past_is_not_transcribed(server: Server) -> None:
    ear = Ear()
    async with pipeline(server) as pipe:
        await pipe.say(1)
        await pipe.close_turn(1, how="superseded")
        start(pipe, ear=ear)
        await pipe.say(2)
        await pipe.until_reply(2)
        assert ear.asked == 1


# --- Order


async def test_a_voice_with_one_slot_speaks_the_sentences_in_their_order(server: Server) -> None:
    async with pipeline(server) as pipe:
        pipe.start_llm(Mind("One. Two. Three. Four. Five. Six. Seven. Eight."))
        pipe.start_tts(Mouth(), slots=1)
        await pipe.say_text(1, "count")
        await pipe.until_reply(1)
        begun = [message.head.seq for message in pipe.all(SpeechChunk, 1) if message.offset_bytes == 0]
        assert begun == sorted(begun)


# --- What fails


async def test_a_transcription_that_fails_is_tried_again(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe, ear=Ear(failures=2))
        await pipe.say(1)
        await pipe.until_reply(1)
        assert len(pipe.all(Transcript, 1)) == 1


async def test_s14_a_transcription_that_keeps_failing_is_told(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe, ear=Ear(failures=100))
        await pipe.say(1)
        await pipe.until(lambda: pipe.all(StageFailed, 1) != [])
        assert [(failed.stage, failed.utterance, failed.piece) for failed in pipe.all(StageFailed, 1)] == [("asr", 1, "whole")]


async def test_a_transcription_that_cannot_succeed_is_not_tried_again(server: Server) -> None:
    ear = Ear(failures=100, retryable=False)
    async with pipeline(server) as pipe:
        start(pipe, ear=ear)
        await pipe.say(1)
        await pipe.until(lambda: pipe.all(StageFailed, 1) != [])
        assert ear.asked == 1


async def test_a_reply_that_breaks_off_goes_on_after_what_was_said(server: Server) -> None:
    broken = VendorError("fake", "reset", retryable=True)
    async with pipeline(server) as pipe:
        start(pipe, mind=Mind("We open at nine. Come ", broken, "in."))
        await pipe.say(1)
        await pipe.until_reply(1)
        assert pipe.texts(1) == ["We open at nine.", "Come in."]


async def test_a_reply_that_keeps_breaking_off_is_told(server: Server) -> None:
    broken = [VendorError("fake", "reset", retryable=True) for _ in range(9)]
    async with pipeline(server) as pipe:
        start(pipe, mind=Mind(*broken))
        await pipe.say(1)
        await pipe.until(lambda: pipe.all(StageFailed, 1) != [])
        assert [(failed.stage, failed.error) for failed in pipe.all(StageFailed, 1)] == [("llm", "reset")]


async def test_s13_a_sentence_that_cannot_be_spoken_is_told(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe, mouth=Mouth(failing="C"))
        await pipe.say(1)
        await pipe.until_reply(1)
        assert [(failed.stage, failed.head.seq) for failed in pipe.all(StageFailed, 1)] == [("tts", 1)]


async def test_s13_the_other_sentences_are_spoken(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe, mouth=Mouth(failing="C"))
        await pipe.say(1)
        await pipe.until_reply(1)
        assert pipe.sound(1, 0) == sound_of("We open at nine.")


async def test_a_worker_that_dies_in_mid_reply_is_replaced_by_another(server: Server) -> None:
    async with pipeline(server) as pipe:
        pipe.start_asr(Ear())
        pipe.start_tts(Mouth())
        dying = pipe.start_llm(Mind("We open at nine. C", asyncio.Event()))
        await pipe.say(1)
        await pipe.until(lambda: pipe.all(Sentence, 1) != [])
        dying.cancel()
        pipe.start_llm(Mind("We open at nine. ", "Come in."))
        await pipe.until_reply(1)
        assert pipe.texts(1) == ["We open at nine.", "Come in."]


# --- S11, S12


async def test_s11_the_same_reply_again_is_not_the_same_to_the_letter(server: Server) -> None:
    async with pipeline(server) as pipe:
        start(pipe, mind=Mind("We open at nine."))
        await pipe.close_turn(1, caller="hours?", heard="We open at nine.")
        await pipe.say(2)
        await pipe.until_reply(2)
        assert pipe.texts(2) == ["We open at nine.", "Would you like to tell me more?"]


async def test_s12_an_empty_reply_is_said_in_the_language_of_the_call(server: Server) -> None:
    async with pipeline(server, language="he") as pipe:
        start(pipe, mind=Mind(" "))
        await pipe.say(1)
        await pipe.until_reply(1)
        assert pipe.texts(1) == ["בסדר, איך אפשר לעזור?"]
