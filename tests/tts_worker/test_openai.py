"""OpenAI's voice, with the official client against a server over real sockets."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from common.audio import duration_ms, mulaw_to_pcm
from common.config import Settings
from common.errors import ConfigError, VendorError
from common.vendor_stream import closing
from tests.vendors.faults import OVER_HTTP, RETRY_AFTER_S
from tests.vendors.openai_server import Answering, OpenAIServer, Request, Script, Stall, document, refusal
from tests.vendors.openai_service import OpenAIService
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.openai import OpenAIVoice
from tts_worker.vendors.openai_sound import RATE_HZ

REQUEST = SpeechRequest("שלום!", "he")
ASKED = Request("POST", "/v1/audio/speech", {}, b'{"model":"gpt-4o-mini-tts","input":"a","voice":"coral","response_format":"pcm"}')
GONE_S = 30.0
"""Far more than a closed connection takes to be seen."""


def pitch(hz: float, seconds: float = 0.5) -> bytes:
    at = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    return bytes((8000 * np.sin(2 * np.pi * hz * at)).astype("<i2"))


def loudest_hz(mulaw: bytes) -> float:
    samples = np.frombuffer(mulaw_to_pcm(mulaw), "<i2")
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 8000 / len(samples))


@asynccontextmanager
async def voice(script: Script | Answering, read_s: float = 30.0) -> AsyncIterator[tuple[OpenAIVoice, OpenAIServer]]:
    async with OpenAIServer(script) as server:
        vendor = OpenAIVoice(Settings(tts_openai_base_url=server.url), read_s=read_s)
        try:
            yield vendor, server
        finally:
            await vendor.close()


async def spoken(script: Script | Answering) -> bytes:
    async with voice(script) as (vendor, _):
        return b"".join([piece async for piece in vendor.synthesise(REQUEST)])


async def failure_of(script: Script, read_s: float = 30.0) -> tuple[bytes, VendorError]:
    """What came before the failure, and the failure."""
    got: list[bytes] = []

    async def listen(vendor: OpenAIVoice) -> None:
        async for piece in vendor.synthesise(REQUEST):
            got.append(piece)  # noqa: PERF401 - extend would lose what came before the failure

    async with voice(script, read_s) as (vendor, _):
        with pytest.raises(VendorError) as failed:
            await listen(vendor)
    return b"".join(got), failed.value


# --- The sound


async def test_half_a_second_is_half_a_second_of_the_lines_sound() -> None:
    assert duration_ms(await spoken(OpenAIService(speech=pitch(440)))) == 500


async def test_a_pitch_keeps_its_height() -> None:
    assert loudest_hz(await spoken(OpenAIService(speech=pitch(440)))) == pytest.approx(440, abs=3)


async def test_what_the_line_cannot_carry_does_not_come_back_as_another_pitch() -> None:
    of_both = np.frombuffer(pitch(440), "<i2") // 2 + np.frombuffer(pitch(5000), "<i2") // 2
    spectrum = np.abs(np.fft.rfft(np.frombuffer(mulaw_to_pcm(await spoken(OpenAIService(speech=of_both.tobytes()))), "<i2")))
    assert spectrum[1400:1600].max() < 0.01 * spectrum.max()  # 3,000 Hz, as which 5,000 would come back


async def test_a_sample_that_is_cut_between_two_pieces_is_whole() -> None:
    torn = document(200, "audio/pcm", pitch(440))[0]
    assert isinstance(torn, bytes)
    assert loudest_hz(await spoken([torn[:1001], torn[1001:]])) == pytest.approx(440, abs=3)


async def test_a_wav_file_of_another_rate_keeps_its_height_and_length() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ // 2)
        file.writeframes(pitch(880, 0.25))  # half as many samples a second: half as high, twice as long
    sound = await spoken(document(200, "audio/wav", out.getvalue()))
    assert loudest_hz(sound) == pytest.approx(440, abs=3)
    assert duration_ms(sound) == 500


async def test_samples_in_the_order_of_the_network_keep_their_height() -> None:
    turned = np.frombuffer(pitch(440), "<i2").astype(">i2").tobytes()
    assert loudest_hz(await spoken(document(200, "audio/L16;rate=24000;channels=1", turned))) == pytest.approx(440, abs=3)


async def test_sound_that_is_no_pcm_is_not_heard() -> None:
    got, failure = await failure_of(document(200, "audio/mpeg", b"\xff\xfb\x90d" * 500))
    assert (got, failure.kind, failure.blame) == (b"", "not_pcm", "settings")


async def test_sound_comes_before_the_end() -> None:
    good = OpenAIService(speech=pitch(440))(ASKED)
    async with voice([*good[:4], Stall()]) as (vendor, _), closing(vendor.synthesise(REQUEST)) as sound:
        assert await anext(sound)


async def test_model_voice_and_words_are_told() -> None:
    async with voice(OpenAIService()) as (vendor, server):
        assert [piece async for piece in vendor.synthesise(REQUEST)]
        asked = server.requests[0].json
    assert (asked["model"], asked["voice"], asked["input"]) == ("gpt-4o-mini-tts", "coral", "שלום!")


@pytest.mark.parametrize(("agents", "asked"), [("alloy", "alloy"), ("he-IL-Chirp3-HD-Leda", "coral")])
async def test_an_agents_voice_is_asked_for_if_it_is_one_of_openais(agents: str, asked: str) -> None:
    async with voice(OpenAIService()) as (vendor, server):
        assert [piece async for piece in vendor.synthesise(SpeechRequest("שלום!", "he", voice=agents))]
        assert server.requests[0].json["voice"] == asked


@pytest.mark.parametrize(("agents", "model"), [("alloy", "tts-1"), ("he-IL-Chirp3-HD-Puck", "gpt-4o-mini-tts")])
async def test_an_agents_model_is_asked_for_with_its_voice(agents: str, model: str) -> None:
    async with voice(OpenAIService()) as (vendor, server):
        assert [piece async for piece in vendor.synthesise(SpeechRequest("שלום!", "he", voice=agents, model="tts-1"))]
        assert server.requests[0].json["model"] == model


async def test_a_voice_that_is_closed_hangs_up_at_the_server() -> None:
    good = OpenAIService(speech=pitch(440))(ASKED)
    async with voice([*good[:4], Stall()]) as (vendor, server):
        async with closing(vendor.synthesise(REQUEST)) as sound:
            await anext(sound)
        async with asyncio.timeout(GONE_S):
            assert await server.hung_up.wait()


# --- How it fails


@pytest.mark.parametrize(
    ("fault", "kind", "retryable", "sounds"),
    [
        ("401", "http_401", False, False),
        ("429", "http_429", True, False),
        ("500", "http_500", True, False),
        ("reset", "connection", True, False),
        ("silence", "timeout", True, False),
        ("half", "connection", True, True),
        ("stall", "timeout", True, True),
        ("wrong_type", "bad_answer", True, False),
    ],
)
async def test_every_fault_is_told_by_its_kind(fault: str, kind: str, retryable: bool, sounds: bool) -> None:
    good = OpenAIService(speech=pitch(440))(ASKED)
    got, failure = await failure_of(OVER_HTTP[fault](good), read_s=0.2 if kind == "timeout" else 30.0)
    assert (failure.kind, failure.retryable, bool(got)) == (kind, retryable, sounds)


async def test_it_is_told_how_long_to_wait() -> None:
    _, failure = await failure_of(OVER_HTTP["429"](OpenAIService()(ASKED)))
    assert failure.wait_s == RETRY_AFTER_S


async def test_a_refused_key_is_the_operators_fault() -> None:
    async with voice(refusal(401)) as (vendor, _):
        with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
            await vendor.warm_up()
