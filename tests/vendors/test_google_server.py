"""Google's official client, as it is, against our gRPC server: what it makes of the faults, and the bill."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc.aio
import pytest
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument, ResourceExhausted
from google.cloud import texttospeech as google
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from google.rpc import error_details_pb2

from tests.vendors.faults import OVER_HTTP, RETRY_AFTER_S, over_grpc
from tests.vendors.google_server import GoogleServer, Script

VOICE = google.VoiceSelectionParams(language_code="he-IL", name="he-IL-Wavenet-A")
AUDIO = google.AudioConfig(audio_encoding=google.AudioEncoding.MULAW, sample_rate_hertz=8000)
REQUEST = google.SynthesizeSpeechRequest(input=google.SynthesisInput(text="שלום!"), voice=VOICE, audio_config=AUDIO)


@asynccontextmanager
async def client(script: Script) -> AsyncIterator[tuple[google.TextToSpeechAsyncClient, GoogleServer]]:
    async with GoogleServer(script) as server, grpc.aio.insecure_channel(server.url.removeprefix("http://")) as channel:
        yield google.TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=channel)), server


async def test_characters_are_billed_by_voice() -> None:
    async with client([b"\x01"]) as (asking, server):
        await asking.synthesize_speech(REQUEST)
        assert server.characters == {"he-IL-Wavenet-A": 5}


async def test_an_exhausted_quota_says_when_to_come_again() -> None:
    async with client(over_grpc("429", [b"\x01"])) as (asking, _):
        with pytest.raises(ResourceExhausted) as failed:
            await asking.synthesize_speech(REQUEST, retry=None)
    (told,) = failed.value.details
    assert isinstance(told, error_details_pb2.RetryInfo)
    assert told.retry_delay.seconds == RETRY_AFTER_S


@pytest.mark.parametrize("fault", sorted(OVER_HTTP.keys() - {"garbage", "drip"}))
async def test_every_fault_is_an_error_of_the_client(fault: str) -> None:
    async with client(over_grpc(fault, [b"\x01", b"\x02"])) as (asking, _):
        with pytest.raises(GoogleAPICallError):
            await asking.synthesize_speech(REQUEST, retry=None, timeout=0.3)


async def test_what_is_no_message_is_no_error_of_the_client_and_no_answer() -> None:
    async with client(over_grpc("garbage", [b"\x01"])) as (asking, _):
        assert not isinstance(await asking.synthesize_speech(REQUEST, retry=None), google.SynthesizeSpeechResponse)


# --- What Google refuses

CHIRP = google.VoiceSelectionParams(language_code="he-IL", name="he-IL-Chirp3-HD-Aoede")


def streamed(voice: google.VoiceSelectionParams, encoding: int, text: str = "שלום!") -> list[google.StreamingSynthesizeRequest]:
    audio = google.StreamingAudioConfig(audio_encoding=encoding, sample_rate_hertz=8000)
    config = google.StreamingSynthesizeConfig(voice=voice, streaming_audio_config=audio)
    spoken = google.StreamingSynthesisInput(text=text)
    return [google.StreamingSynthesizeRequest(streaming_config=config), google.StreamingSynthesizeRequest(input=spoken)]


@pytest.mark.parametrize(
    "requests",
    [
        streamed(VOICE, google.AudioEncoding.MULAW),
        streamed(CHIRP, google.AudioEncoding.LINEAR16),
        streamed(CHIRP, google.AudioEncoding.MULAW, 2501 * "א"),
        streamed(CHIRP, google.AudioEncoding.MULAW)[::-1],
        streamed(google.VoiceSelectionParams(language_code="en-US", name=CHIRP.name), google.AudioEncoding.MULAW),
        streamed(google.VoiceSelectionParams(language_code="he-IL", name="he-IL-Chirp3-HD-Nobody"), google.AudioEncoding.MULAW),
    ],
)
async def test_a_stream_that_google_would_refuse_is_refused_and_costs_nothing(requests: list[google.StreamingSynthesizeRequest]) -> None:
    async def asked() -> AsyncIterator[google.StreamingSynthesizeRequest]:
        for request in requests:
            yield request

    async with client([b"\x01"]) as (asking, server):
        with pytest.raises(InvalidArgument):
            _ = [answer async for answer in await asking.streaming_synthesize(asked(), retry=None)]
        assert not server.characters


async def test_a_text_in_one_piece_that_is_too_long_is_refused() -> None:
    too_long = google.SynthesizeSpeechRequest(input=google.SynthesisInput(text=2501 * "א"), voice=VOICE, audio_config=AUDIO)
    async with client([b"\x01"]) as (asking, _):
        with pytest.raises(InvalidArgument):
            await asking.synthesize_speech(too_long, retry=None)
