"""What each of OpenAI's transcribing models is asked for, and what is made of its answer, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from asr_worker.vendors.base import Heard, Hints
from asr_worker.vendors.openai import OpenAITranscriber, asked_of, second
from common.audio import silence
from common.config import Settings
from common.errors import VendorError
from common.vendor_stream import closing, next_piece
from tests.vendors.faults import OVER_HTTP, RETRY_AFTER_S
from tests.vendors.nat import Nat
from tests.vendors.openai_server import Answering, Close, OpenAIServer, Pause, Request, Reset, Script, Stall, Step, answer, refusal
from tests.vendors.openai_service import LISTENING, OpenAIService

AUDIO = silence(500)
QUICK = {"read_s": 0.5}
"""Where nothing more comes; elsewhere a machine that stands still for a while is no failure."""


@asynccontextmanager
async def transcriber(
    answering: Script | Answering, model: str = "gpt-4o-transcribe", read_s: float = 30.0, **settings: str
) -> AsyncIterator[tuple[OpenAITranscriber, OpenAIServer]]:
    async with OpenAIServer(answering) as server:
        vendor = OpenAITranscriber(Settings(asr_base_url=server.url, asr_model=model, **settings), read_s=read_s)  # type: ignore[arg-type]
        try:
            yield vendor, server
        finally:
            await vendor.close()


async def heard(answering: Script | Answering, model: str = "gpt-4o-transcribe", read_s: float = 30.0) -> str:
    async with transcriber(answering, model, read_s) as (vendor, _):
        return await vendor.transcribe(AUDIO, language="en", turn=1)


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("whisper-1", {"language": "he", "response_format": "verbose_json", "prompt": "Torim, Chirp"}),
        (
            "gpt-4o-mini-transcribe",
            {"language": "he", "response_format": "json", "stream": True, "include": ["logprobs"], "prompt": "Torim, Chirp"},
        ),
        ("gpt-transcribe", {"languages": ["he"], "response_format": "json", "stream": True, "keywords": ["Torim", "Chirp"]}),
        ("gpt-4o-transcribe-diarize", {"language": "he", "response_format": "json", "stream": True}),
        ("openai/gpt-transcribe", {"languages": ["he"], "response_format": "json", "stream": True, "keywords": ["Torim", "Chirp"]}),
        ("Systran/faster-whisper-base", {"language": "he", "response_format": "verbose_json", "prompt": "Torim, Chirp"}),
    ],
)
def test_a_model_is_asked_for_what_it_can_do(model: str, asked: dict[str, Any]) -> None:
    assert asked_of(model, "he", ("Torim", "Chirp")) == asked


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe", "gpt-transcribe"])
def test_without_a_vocabulary_none_is_told(model: str) -> None:
    assert not {"prompt", "keywords"} & asked_of(model, "he", ()).keys()


@pytest.mark.parametrize("model", sorted(LISTENING))
async def test_every_model_is_heard(model: str) -> None:
    async with transcriber(OpenAIService(heard="Two  words. "), model) as (vendor, _):
        assert await vendor.transcribe(AUDIO, language="en", turn=1, hints=Hints(("Torim",))) == "Two  words."


async def uploaded(hints: Hints, model: str = "gpt-4o-transcribe") -> dict[str, bytes]:
    """The fields of the upload."""
    async with transcriber(OpenAIService(), model) as (vendor, server):
        await vendor.transcribe(AUDIO, language="he-IL", turn=1, hints=hints)
        return server.requests[0].form()


async def test_the_vocabulary_is_uploaded() -> None:
    assert (await uploaded(Hints(("Torim",))))["prompt"] == b"Torim"


async def test_gpt_transcribe_gets_vocabulary_and_language_as_lists() -> None:
    form = await uploaded(Hints(("Torim",)), "gpt-transcribe")
    assert (form["keywords[]"], form["languages[]"], "language" in form) == (b"Torim", b"he", False)


async def test_the_agents_model_is_asked() -> None:
    assert (await uploaded(Hints(model="gpt-transcribe")))["model"] == b"gpt-transcribe"


async def test_the_second_vendor_has_models_of_its_own() -> None:
    async with OpenAIServer(OpenAIService()) as server:
        vendor = second(Settings(asr_base_url=server.url, asr_2_model="whisper-1"))
        await vendor.transcribe(AUDIO, language="en", turn=1, hints=Hints(model="gpt-transcribe"))
        await vendor.close()
        assert server.requests[0].form()["model"] == b"whisper-1"


async def test_whisper_1_tells_whether_anybody_spoke() -> None:
    said = await heard(OpenAIService(no_speech=0.8, logprob=-1.4), "whisper-1")
    assert isinstance(said, Heard)
    assert (said.no_speech, said.logprob) == (0.8, -1.4)


async def test_gpt_4o_tells_how_likely_its_words_are() -> None:
    said = await heard(OpenAIService(logprob=-0.5))
    assert isinstance(said, Heard)
    assert said.no_speech is None
    assert said.logprob == pytest.approx(-0.5)


def segments(*told: dict[str, float]) -> Script:
    """What a Whisper of one's own answers."""
    return answer(200, {"text": "hello", "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": "hello", **each} for each in told]})


@pytest.mark.parametrize(
    ("answered", "no_speech", "logprob"),
    [
        (segments({"no_speech_prob": 0.9, "avg_logprob": -1.5}, {"no_speech_prob": 0.8, "avg_logprob": -1.2}), 0.8, -1.2),
        (segments({"avg_logprob": -1.2}), None, -1.2),
        (segments({}), None, None),
    ],
)
async def test_a_whisper_of_ones_own_tells_what_it_can(answered: Script, no_speech: float | None, logprob: float | None) -> None:
    said = await heard(answered, "large-v3")
    assert isinstance(said, Heard)
    assert (said, said.no_speech, said.logprob) == ("hello", no_speech, logprob)


@pytest.mark.parametrize(
    "refused",
    [
        refusal(400, "response_format 'verbose_json' is not supported"),
        answer(422, {"detail": [{"loc": ["body", "response_format"], "msg": "Input should be 'json' or 'text'"}]}),
    ],
)
async def test_a_server_that_tells_words_alone_is_asked_for_more_once(refused: Script) -> None:
    async with OpenAIServer(refused, answer(200, {"text": "hello"})) as server:
        vendor = OpenAITranscriber(Settings(asr_base_url=server.url, asr_model="large-v3"))
        said = [await vendor.transcribe(AUDIO, language="en", turn=turn) for turn in (1, 2)]
        await vendor.close()
    assert said == ["hello", "hello"]
    assert [request.form()["response_format"] for request in server.requests] == [b"verbose_json", b"json", b"json"]


@pytest.mark.parametrize("model", ["large-v3", "gpt-4o-transcribe"])
async def test_another_refusal_is_a_failure(model: str) -> None:
    async with transcriber(refusal(400, "this is no sound"), model) as (vendor, server):
        with pytest.raises(VendorError, match="http_400"):
            await vendor.transcribe(AUDIO, language="en", turn=1)
        assert len(server.requests) == 1


async def test_each_word_is_a_sign_of_life() -> None:
    service = OpenAIService(heard="five words in two seconds")

    def slow(request: Request) -> Script:
        head, *events = service(request)
        return [head, *(step for event in events[:4] for step in (event, Pause(0.5))), *events[4:]]

    async with transcriber(slow) as (vendor, _):
        now_s = asyncio.get_running_loop().time()
        async with closing(_in_one(vendor)) as answer:
            assert await next_piece(answer, now_s + 1.5, "openai", latest_s=now_s + 30) == "five words in two seconds"


async def _in_one(vendor: OpenAITranscriber) -> AsyncIterator[str]:
    yield await vendor.transcribe(AUDIO, language="en", turn=1)


async def test_a_server_that_does_not_stream_is_understood() -> None:
    assert await heard(answer(200, {"text": " hello "})) == "hello"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("401", "http_401"),
        ("429", "http_429"),
        ("500", "http_500"),
        ("reset", "connection"),
        ("silence", "timeout"),
        ("half", "connection"),
        ("stall", "timeout"),
        ("garbage", "bad_answer"),
        ("wrong_type", "bad_answer"),
    ],
)
@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe"])
async def test_every_fault_is_told_by_its_kind(model: str, fault: str, kind: str) -> None:
    service = OpenAIService()

    def faulty(request: Request) -> Script:
        return OVER_HTTP[fault](service(request))

    with pytest.raises(VendorError) as failed:
        await heard(faulty, model, **(QUICK if kind == "timeout" else {}))
    assert (failed.value.kind, failed.value.wait_s) == (kind, RETRY_AFTER_S if fault == "429" else None)


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe", "gpt-transcribe"])
async def test_what_is_heard_next_goes_over_the_same_connection(model: str) -> None:
    async with OpenAIServer(OpenAIService()) as server, Nat(server.url) as nat:
        vendor = OpenAITranscriber(Settings(asr_base_url=nat.url, asr_model=model))
        for turn in (1, 2):
            assert await vendor.transcribe(AUDIO, language="en", turn=turn) == "hello there"
        await vendor.close()
        assert nat.made == 1


@pytest.mark.parametrize("end", [Close(), Stall(), Reset()])
async def test_what_becomes_of_a_stream_behind_its_last_event_is_no_failure(end: Step) -> None:
    service = OpenAIService()
    assert await heard(lambda request: [*service(request)[:-1], end]) == "hello there"


async def test_a_stream_that_ends_before_the_whole_text_is_half_a_stream() -> None:
    service = OpenAIService()

    def torn(request: Request) -> Script:
        good = service(request)
        return [*good[:2], good[-1]]

    with pytest.raises(VendorError, match="half_stream"):
        await heard(torn)


@pytest.mark.parametrize(
    ("model", "told"), [("whisper-1", ["model=whisper-1 what=model_ends on=2027-02-26 see=docs/vendors.md"]), ("gpt-transcribe", [])]
)
async def test_a_model_whose_end_is_announced_is_told_at_the_start(model: str, told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    async with transcriber(OpenAIService(), model) as (vendor, _):
        await vendor.warm_up()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("torim")] == told
