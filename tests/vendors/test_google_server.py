"""Google's official client, as it is, against our gRPC server: what it makes of the faults, and the bill."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc.aio
import pytest
from google.api_core.exceptions import GoogleAPICallError, ResourceExhausted
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
