"""Google's voice, with the official client against a gRPC server over a real socket."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import grpc
import pytest
from google.cloud import texttospeech as google
from google.cloud import texttospeech_v1beta1 as beta

from common.audio import silence
from common.config import Settings
from common.errors import KeyRefused, VendorError
from common.vendor_stream import closing
from tests.vendors.faults import RETRY_AFTER_S, over_grpc
from tests.vendors.google_server import Fail, Garbage, GoogleServer, Stall, Step
from tests.vendors.nat import Nat
from tests.vendors.sounds import SOUND, wav
from tts_worker.vendors.base import SpeechRequest, WordEnds
from tts_worker.vendors.google import GoogleVoice, unary, voice_in
from tts_worker.vendors.google_marks import marked, word_ends

REQUEST = SpeechRequest("שלום!", "he")
IN_ONE_PIECE = "he-IL-Wavenet-A"
STUDIO, IN_ENGLISH = "en-US-Studio-O", SpeechRequest("Hello!", "en")
"""A voice in one piece that passes no marks."""
GONE_S = 30.0
"""Far more than a cancelled call takes to be seen."""


@asynccontextmanager
async def voice(*script: Step, name: str = "he-IL-Chirp3-HD-Aoede") -> AsyncIterator[tuple[GoogleVoice, GoogleServer]]:
    async with GoogleServer(script) as server:
        vendor = GoogleVoice(Settings(tts_base_url=server.url, tts_voice=name))
        try:
            yield vendor, server
        finally:
            await vendor.close()


async def spoken(*script: Step, name: str = "he-IL-Chirp3-HD-Aoede") -> list[bytes | WordEnds]:
    async with voice(*script, name=name) as (vendor, _):
        return [piece async for piece in vendor.synthesise(REQUEST)]


async def failure_of(*script: Step, name: str = "he-IL-Chirp3-HD-Aoede") -> tuple[list[bytes | WordEnds], VendorError]:
    """What came before the failure, and the failure."""
    got: list[bytes | WordEnds] = []

    async def listen(vendor: GoogleVoice) -> None:
        async for piece in vendor.synthesise(REQUEST):
            got.append(piece)  # noqa: PERF401 - extend would lose what came before the failure

    async with voice(*script, name=name) as (vendor, _):
        with pytest.raises(VendorError) as failed:
            await listen(vendor)
    return got, failed.value


# --- As a stream


async def test_the_sound_comes_in_googles_pieces() -> None:
    assert await spoken(SOUND, 2 * SOUND) == [SOUND, 2 * SOUND]


async def test_a_sound_comes_before_the_end() -> None:
    async with voice(SOUND, Stall()) as (vendor, _), closing(vendor.synthesise(REQUEST)) as sound:
        assert await anext(sound) == SOUND


async def test_mu_law_of_the_line_is_asked_for() -> None:
    async with voice(b"\x01") as (vendor, server):
        await anext(vendor.synthesise(REQUEST))
        audio = server.streamed[0].streaming_config.streaming_audio_config
        assert (audio.audio_encoding, audio.sample_rate_hertz) == (google.AudioEncoding.MULAW, 8000)


async def test_the_sentence_follows_the_voice() -> None:
    async with voice(b"\x01") as (vendor, server):
        await anext(vendor.synthesise(REQUEST))
        assert [request.input.text for request in server.streamed] == ["", "שלום!"]


async def test_a_call_in_english_gets_the_voice_in_english() -> None:
    async with voice(b"\x01") as (vendor, server):
        await anext(vendor.synthesise(SpeechRequest("Hello!", "en")))
        chosen = server.streamed[0].streaming_config.voice
        assert (chosen.language_code, chosen.name) == ("en-US", "en-US-Chirp3-HD-Aoede")


async def test_an_agents_voice_speaks_in_place_of_the_configured_one() -> None:
    async with voice(b"\x01") as (vendor, server):
        await anext(vendor.synthesise(SpeechRequest("שלום!", "he", voice="he-IL-Chirp3-HD-Puck")))
        assert server.streamed[0].streaming_config.voice.name == "he-IL-Chirp3-HD-Puck"


@pytest.mark.parametrize(("agents", "model"), [("he-IL-Chirp3-HD-Puck", "big"), ("alloy", "")])
async def test_an_agents_model_is_asked_for_with_its_voice(agents: str, model: str) -> None:
    async with voice(b"\x01") as (vendor, server):
        await anext(vendor.synthesise(SpeechRequest("שלום!", "he", voice=agents, model="big")))
        assert server.streamed[0].streaming_config.voice.model_name == model


async def test_an_agents_voice_that_is_another_vendors_is_not_asked_for() -> None:
    async with voice(b"\x01") as (vendor, server):
        await anext(vendor.synthesise(SpeechRequest("שלום!", "he", voice="alloy")))
        assert server.streamed[0].streaming_config.voice.name == "he-IL-Chirp3-HD-Aoede"


# --- In one piece


async def test_a_voice_that_does_not_stream_speaks_in_one_piece() -> None:
    async with voice(wav(b"\x01\x02\x03"), name=STUDIO) as (vendor, _):
        assert [piece async for piece in vendor.synthesise(IN_ENGLISH)] == [b"\x01\x02\x03"]


async def test_in_one_piece_the_sentence_is_sent_whole() -> None:
    async with voice(wav(b"\x01"), name=STUDIO) as (vendor, server):
        await anext(vendor.synthesise(IN_ENGLISH))
        request = server.unary[0]
        assert (request.input.text, request.voice.name, request.audio_config.sample_rate_hertz) == ("Hello!", STUDIO, 8000)


async def test_a_voice_that_passes_marks_tells_where_words_end() -> None:
    async with voice(wav(silence(900)), name=IN_ONE_PIECE) as (vendor, _):
        told = await anext(vendor.synthesise(SpeechRequest("Tom & Jerry", "en")))
    assert told == WordEnds((2400, 4800, 7200))


@pytest.mark.parametrize("sound", [b"", wav(b""), b"RIFF\0\0\0\0WAVE"])
async def test_an_answer_without_sound_is_no_piece(sound: bytes) -> None:
    assert await spoken(sound, name=IN_ONE_PIECE) == []


async def test_sound_of_another_kind_than_was_asked_for_is_not_heard() -> None:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 24_000, 48_000, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", 1600) + bytes(1600)
    _, failed = await failure_of(struct.pack("<4sI", b"RIFF", len(body)) + body, name=IN_ONE_PIECE)
    assert (failed.kind, failed.blame) == ("not_mulaw", "settings")
    assert failed.why == "came WAV of encoding 1, 1 channels, 24000 Hz; takes mono mu-law of 8000 Hz"


async def test_marks_are_not_billed() -> None:
    async with voice(wav(SOUND), name=IN_ONE_PIECE) as (vendor, server):
        assert [piece async for piece in vendor.synthesise(REQUEST)]
        assert server.characters == {IN_ONE_PIECE: len("<speak>שלום!</speak>")}


def test_what_ssml_would_take_for_its_own_is_escaped() -> None:
    assert marked("a < b") == '<speak>a<mark name="0"/> &lt;<mark name="1"/> b<mark name="2"/></speak>'


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ([("0", 0.1), ("1", 0.2)], (800, 1600)),
        ([("1", 0.2)], ()),
        ([("0", 0.1), ("2", 0.3)], (800,)),
        ([("0", 0.2), ("1", 0.1)], (1600,)),
        ([("0", 0.1), ("1", 0.1), ("2", 0.3)], (800, 800, 2400)),
        ([("0", 0.0), ("1", 0.1)], ()),
        ([("0", 0.1), ("1", 9.0)], (800, 4000)),
        ([], ()),
    ],
)
def test_only_what_is_told_in_order_is_believed(told: list[tuple[str, float]], ends: tuple[int, ...]) -> None:
    points = [beta.Timepoint(mark_name=name, time_seconds=seconds) for name, seconds in told]
    assert word_ends(points, 4000) == WordEnds(ends)


# --- Voices


@pytest.mark.parametrize(
    ("language", "configured", "chosen"),
    [
        ("he", "he-IL-Chirp3-HD-Aoede", ("he-IL", "he-IL-Chirp3-HD-Aoede")),
        ("en", "he-IL-Chirp3-HD-Aoede", ("en-US", "en-US-Chirp3-HD-Aoede")),
        ("en-GB", "he-IL-Wavenet-A", ("en-GB", "en-GB-Wavenet-A")),
        ("en", "en-GB-Wavenet-A", ("en-GB", "en-GB-Wavenet-A")),
        ("pl", "he-IL-Chirp3-HD-Aoede", ("pl-PL", "pl-PL-Chirp3-HD-Aoede")),
        ("iw", "he-IL-Wavenet-A", ("he-IL", "he-IL-Wavenet-A")),
        ("en", "he-IL-Wavenet-A", ("en-US", "en-US-Wavenet-C")),
        ("en", "he-IL-Wavenet-B", ("en-US", "en-US-Wavenet-B")),
        ("en", "Kore", ("en-US", "Kore")),
    ],
)
def test_the_voice_speaks_the_language_of_the_call(language: str, configured: str, chosen: tuple[str, str]) -> None:
    assert voice_in(language, configured) == chosen


@pytest.mark.parametrize(
    ("language", "agents", "chosen"),
    [
        ("he", "he-IL-Chirp3-HD-Aoede", "he-IL-Wavenet-A"),
        ("he", "he-IL-Chirp3-HD-Puck", "he-IL-Wavenet-B"),
        ("en", "he-IL-Chirp3-HD-Puck", "en-US-Wavenet-A"),
        ("he", "coral", "he-IL-Wavenet-A"),
    ],
)
async def test_who_stands_in_for_a_mans_voice_is_a_man(language: str, agents: str, chosen: str) -> None:
    async with GoogleServer([wav(SOUND)]) as server:
        vendor = unary(Settings(tts_base_url=server.url))
        _ = [piece async for piece in vendor.synthesise(replace(REQUEST, language=language, voice=agents))]
        await vendor.close()
        assert server.unary[0].voice.name == chosen


# --- How it fails


@pytest.mark.parametrize("name", ["he-IL-Chirp3-HD-Aoede", IN_ONE_PIECE])
@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        (grpc.StatusCode.UNAVAILABLE, "unavailable", True),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "resource_exhausted", True),
        (grpc.StatusCode.INTERNAL, "internal", True),
        (grpc.StatusCode.UNAUTHENTICATED, "unauthenticated", False),
        (grpc.StatusCode.PERMISSION_DENIED, "permission_denied", False),
        (grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument", False),
    ],
)
async def test_a_failure_is_told_by_its_kind(name: str, code: grpc.StatusCode, kind: str, retryable: bool) -> None:
    _, failure = await failure_of(Fail(code), name=name)
    assert (failure.kind, failure.retryable) == (kind, retryable)


@pytest.mark.parametrize("name", ["he-IL-Chirp3-HD-Aoede", IN_ONE_PIECE])
@pytest.mark.parametrize(
    ("fail", "blame"),
    [
        (Fail(grpc.StatusCode.UNAVAILABLE), "vendor"),
        (Fail(grpc.StatusCode.UNAUTHENTICATED), "vendor"),
        (Fail(grpc.StatusCode.INVALID_ARGUMENT), "request"),
        (Fail(grpc.StatusCode.NOT_FOUND), "settings"),
        (Fail(grpc.StatusCode.INVALID_ARGUMENT, message="Voice 'he-IL-Chirp3-HD-Nobody' does not exist. Is it misspelled?"), "settings"),
    ],
)
async def test_whose_fault_it_is_is_told(name: str, fail: Fail, blame: str) -> None:
    _, failure = await failure_of(fail, name=name)
    assert failure.blame == blame


@pytest.mark.parametrize("name", ["he-IL-Chirp3-HD-Aoede", IN_ONE_PIECE])
async def test_it_is_told_how_long_to_wait(name: str) -> None:
    _, failure = await failure_of(*over_grpc("429", []), name=name)
    assert failure.wait_s == RETRY_AFTER_S


@pytest.mark.parametrize("name", ["he-IL-Chirp3-HD-Aoede", IN_ONE_PIECE])
async def test_what_is_no_message_is_a_bad_answer(name: str) -> None:
    _, failure = await failure_of(Garbage(), name=name)
    assert (failure.kind, failure.retryable) == ("bad_answer", True)


async def test_a_failure_in_mid_stream_comes_after_its_sound() -> None:
    got, failure = await failure_of(SOUND, Fail(grpc.StatusCode.UNAVAILABLE))
    assert (got, failure.kind) == ([SOUND], "unavailable")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with GoogleServer([]) as server:
        url = server.url
    vendor = GoogleVoice(Settings(tts_base_url=url))
    with pytest.raises(VendorError, match="google: unavailable"):
        await anext(vendor.synthesise(REQUEST))
    await vendor.close()


# --- Warming up


@pytest.mark.parametrize("name", ["he-IL-Chirp3-HD-Aoede", IN_ONE_PIECE])
async def test_warming_up_asks_for_all_voices_on_the_connection_that_will_speak(name: str) -> None:
    async with GoogleServer([wav(SOUND)]) as server, Nat(server.url) as nat:
        vendor = GoogleVoice(Settings(tts_base_url=nat.url, tts_voice=name))
        await vendor.warm_up()
        await anext(vendor.synthesise(REQUEST))
        await vendor.close()
        assert ([request.language_code for request in server.listed], nat.made) == ([""], 1)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED])
async def test_refused_credentials_are_the_operators_fault(code: grpc.StatusCode) -> None:
    async with voice(Fail(code)) as (vendor, _):
        with pytest.raises(KeyRefused, match="GOOGLE_APPLICATION_CREDENTIALS"):
            await vendor.warm_up()


async def test_a_file_of_credentials_that_is_not_there_is_the_operators_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(KeyRefused, match="GOOGLE_APPLICATION_CREDENTIALS"):
        await GoogleVoice(Settings()).warm_up()


async def test_without_credentials_a_sentence_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(VendorError) as failed:
        await anext(GoogleVoice(Settings()).synthesise(REQUEST))
    assert (failed.value.kind, failed.value.retryable) == ("credentials", False)


async def test_a_google_that_fails_is_not_warm() -> None:
    async with voice(Fail(grpc.StatusCode.UNAVAILABLE)) as (vendor, _):
        with pytest.raises(VendorError, match="unavailable"):
            await vendor.warm_up()


async def test_a_voice_that_was_never_used_closes() -> None:
    await GoogleVoice(Settings()).close()


# --- Closing


async def test_a_voice_that_is_closed_ends_the_call_at_the_server() -> None:
    async with voice(SOUND, Stall()) as (vendor, server):
        async with closing(vendor.synthesise(REQUEST)) as sound:
            await anext(sound)
        async with asyncio.timeout(GONE_S):
            assert await server.cancelled.wait()
