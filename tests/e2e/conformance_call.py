"""``python -m tests.e2e.conformance_call PICTURE``: a call whose vendors are all ours, and where the time of its waits went.

Real processes: gateway, Redis, three workers with the official clients. OpenAI and Google are the conformance servers, which take as long
as the vendors do by Twilio's latency guide: 100 ms to hear, 150 ms to the first token and 20 ms to each further one, 100 ms to the
first sound. The call is recorded (``RECORD_DIR``) and its waterfall drawn from the record, as anybody's call is.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from common.audio import BYTES_PER_MS, wav_to_mulaw
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import house
from tests.servers import real_server
from tests.vendors import google_server, openai_server
from tests.vendors.google_server import GoogleServer
from tests.vendors.openai_server import OpenAIServer, Request, Script
from tests.vendors.openai_service import OpenAIService
from tools import timeline

HEARS_S, FIRST_TOKEN_S, TOKEN_S, FIRST_SOUND_S = 0.1, 0.15, 0.02, 0.1
SAID = {"short_en_hello.wav": "Hello, when do you open?", "medium_en_demo-nomatch.wav": "And do you open on Friday, too?"}
"""What is said in the call, and what the recogniser makes of it."""
REPLIES = {
    "Hello, when do you open?": "We open at nine. Is there anything else?",
    "And do you open on Friday, too?": "On Fridays we close at noon. See you then.",
}
TITLE = "Vendors of our own, as slow as real ones"
_VOICE = wav_to_mulaw(RECORDINGS / "long_en_vm-instructions.wav")
_MS_A_LETTER = 60


class Paced:
    """OpenAI at its usual speed, which hears by the length of a sound what it is."""

    def __init__(self) -> None:
        self.service = OpenAIService()

    def __call__(self, request: Request) -> Script:
        """The answer, in its time."""
        if request.path.endswith("/transcriptions"):
            self.service.heard = _nearest(len(request.form()["file"]))
            return [openai_server.Pause(HEARS_S), *self.service(request)]
        if request.path.endswith("/completions"):
            reply = REPLIES[request.json["messages"][-1]["content"]]
            self.service.reply = tuple(f"{word} " for word in reply.split())
            return _token_by_token(self.service(request))
        return self.service(request)


def _nearest(upload_bytes: int) -> str:
    """What was said, by the length of a WAV file at 16 bits."""
    lengths = {text: 2 * len(wav_to_mulaw(RECORDINGS / name)) for name, text in SAID.items()}
    return min(lengths, key=lambda text: abs(lengths[text] - upload_bytes))


def _token_by_token(script: Script) -> Script:
    head, role, *events = script
    spread = [step for event in events for step in (event, openai_server.Pause(TOKEN_S))]
    return [head, role, openai_server.Pause(FIRST_TOKEN_S), *spread[:-1]]


def _speak(text: str) -> Sequence[google_server.Step]:
    sound = _VOICE[: _MS_A_LETTER * len(text) * BYTES_PER_MS]
    return [google_server.Pause(FIRST_SOUND_S), *(sound[at : at + 800] for at in range(0, len(sound), 800))]


async def call(folder: Path) -> Path:
    """Place it; its record."""
    mind = Paced()
    async with OpenAIServer(mind) as openai, GoogleServer(_speak) as google:
        with ExitStack() as stack:
            settings = {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": openai.url, "TTS_VENDOR": "google", "TTS_BASE_URL": google.url}
            url = stack.enter_context(real_server()).url
            at_home = house(folder, url, LANGUAGE="en", GREETING="Good morning!", RECORD_DIR=str(folder / "records"), **settings)
            running = await asyncio.to_thread(stack.enter_context, at_home)
            waves = [argument for name in SAID for argument in ("--wav", RECORDINGS / name)]
            placed = await asyncio.to_thread(running.call, *waves)
        bills = {model: f"{bill.requests} requests" for model, bill in mind.service.bills.items()}
        told = {"exit code": placed["code"], "waits_ms": [turn["voice_to_voice_ms"] for turn in placed["turns"]], **bills}
        sys.stdout.write(json.dumps(told | {voice: f"{count} characters" for voice, count in google.characters.items()}) + "\n")
    (record,) = (folder / "records").glob("*.torim")
    return record


def main(picture: str) -> int:
    """Place the call and draw it."""
    with tempfile.TemporaryDirectory() as folder:
        return timeline.main([str(asyncio.run(call(Path(folder)))), picture, "--waterfall", "--title", TITLE])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
