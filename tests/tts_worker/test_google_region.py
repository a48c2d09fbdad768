"""Where ``TTS_BASE_URL`` leads: to a region of Google's with TLS and credentials, or to a server of one's own with neither."""

import subprocess
import sys
from asyncio import to_thread
from pathlib import Path

import pytest

from common.config import load
from common.errors import ConfigError
from tests.authority import HERE, secured, service_account
from tests.vendors.google_server import GoogleServer
from tests.vendors.sounds import SOUND

ROOT = Path(__file__).parents[2]
SPEAK = """
import asyncio
from common.config import load
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.google import GoogleVoice

async def main():
    voice = GoogleVoice(load())
    await voice.warm_up()
    print(sum([len(piece) async for piece in voice.synthesise(SpeechRequest("Hello!", "en"))]))
    await voice.close()

asyncio.run(main())
"""
"""In a process of its own: gRPC reads whom it believes when it is first used."""


async def test_a_region_of_googles_is_reached_over_tls_with_the_credentials(tmp_path: Path) -> None:
    folder = secured(tmp_path / "tls", (), HERE).folder
    certificate = (folder / "server.key").read_bytes(), (folder / "server.pem").read_bytes()
    async with GoogleServer([SOUND], certificate) as server:
        named = {"TTS_BASE_URL": server.url, "GOOGLE_APPLICATION_CREDENTIALS": str(service_account(tmp_path))}
        environ = {**named, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(folder / "ca.pem")}
        command = [sys.executable, "-c", SPEAK]
        ended = await to_thread(subprocess.run, command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert (ended.stderr, ended.stdout.strip()) == ("", str(len(SOUND)))
        assert [told.partition(" ")[0] for told in server.authorised] == ["Bearer", "Bearer"]


@pytest.mark.parametrize(
    "url",
    [
        "eu-texttospeech.googleapis.com",
        "texttospeech.googleapis.com:443",
        "grpc://here",
        "https://",
        "https://here/v1",
        "https://a b",
        "eu",
    ],
)
def test_what_is_no_address_of_a_server_ends_the_start(url: str) -> None:
    with pytest.raises(ConfigError, match=f"TTS_BASE_URL='{url}': takes https:// or http:// and a host, .*eu-texttospeech"):
        load({"TTS_BASE_URL": url})


@pytest.mark.parametrize(
    "url", ["", "https://eu-texttospeech.googleapis.com", "https://here:443/", "http://127.0.0.1:50051", "http://[::1]:1"]
)
def test_addresses_are_taken(url: str) -> None:
    assert load({"TTS_BASE_URL": url}).tts_base_url == url
