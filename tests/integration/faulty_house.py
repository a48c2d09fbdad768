"""Calls through the whole pipeline whose vendors are the official clients against our servers, one of which fails.

Everything is what a real call has, in one process and in real time: gateway, Redis' protocol, three workers with their
lineups, sockets. What is heard is told by pitch: which sentence of whose voice, which fixed phrase, or the beep.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from asr_worker.lineup import Transcribers
from asr_worker.vendors import VENDORS as ASR
from common.audio import SAMPLE_RATE_HZ, mulaw_to_pcm, resample
from common.config import Settings
from common.lineup import Lineup
from common.messages import Stage
from common.phrases import phrases
from common.rhythm import Rhythm
from common.streams import Pace
from common.vendors import choose_vendors, servers_of, vendors_of
from llm_worker.lineup import Models
from llm_worker.vendors import VENDORS as LLM
from tests.authority import secured
from tests.integration.pipeline import Pipeline, Server
from tests.integration.whole import Exchange, exchange
from tests.servers import fake_connect
from tests.vendors.faults import ENDINGS, FORGOTTEN, NO_SUCH_NAME, OVER_HTTP, TORN, UNTRUSTED, WAYS, over_grpc
from tests.vendors.google_server import GoogleServer
from tests.vendors.nat import Nat
from tests.vendors.openai_server import OpenAIServer, Request, Script
from tests.vendors.openai_service import OpenAIService
from tts_worker.lineup import Voices
from tts_worker.tones import BEEP, HeardTone, tone
from tts_worker.vendors import VENDORS as TTS
from tts_worker.vendors.openai_sound import RATE_HZ

REPLY = ("We ", "open ", "at ", "nine. ", "Come ", "in ", "until ", "five.")
SENTENCES = ("We open at nine.", "Come in until five.")
_PHRASES = phrases(Settings(language="en"), "en")
_REST, _OTHER = 9, 2
"""Turns in whose pitches the rest of a sentence that broke off is spoken, and all that the other vendor's voice says."""
_CODES = {SENTENCES[0]: (1, 0), SENTENCES[1]: (1, 1), _PHRASES.filler: (12, 0), _PHRASES.fallback: (13, 0), _PHRASES.repeat: (11, 0)}
_CODES |= {_PHRASES.still_there: (10, 0), _PHRASES.still_working: (14, 0)}
_NAMED = {
    (1, 0): "sentence 1",
    (1, 1): "sentence 2",
    (_REST, 0): "the rest",
    (_OTHER, 0): "sentence 1 in the other voice",
    (_OTHER, 1): "sentence 2 in the other voice",
    (_OTHER, 2): "the rest in the other voice",
    (10, 0): "still there?",
    (11, 0): "ask again",
    (12, 0): "filler",
    (13, 0): "fallback",
    (14, 0): "still working",
    BEEP: "beep",
}
_SOUND_MS = 500
_LIMIT_S = 12.0

FALLBACKS = {"asr": {"asr_fallback": "openai_2"}, "llm": {"llm_fallback": "openai_2"}, "tts": {"tts_fallback": "openai"}}


@dataclass
class Faulty:
    """OpenAI, until it is told to fail."""

    service: OpenAIService
    fault: str = ""

    def __call__(self, request: Request) -> Script:
        good = self.service(request)
        return {**OVER_HTTP, **ENDINGS}[self.fault](good) if self.fault and request.method == "POST" else good


@dataclass(frozen=True)
class Heard:
    """Something that the caller heard."""

    what: str
    at_s: float
    """After the caller had finished."""
    cut: bool = False
    """Whether it broke off before its end."""


@dataclass
class FaultyHouse:
    """A house whose vendors are well, and the knob of each."""

    exchange: Exchange
    asr: Faulty
    llm: Faulty
    tts: GoogleServer
    nats: dict[Stage, Nat]
    """In front of each of them."""

    def fail(self, stage: Stage, fault: str) -> None:
        """From now on this stage's first vendor fails, or the way to it."""
        if fault == FORGOTTEN:
            self.nats[stage].forget()
        if fault == TORN:
            self.nats[stage].tear()
            fault = "stall"  # which is where it tears
        if fault in WAYS:
            return
        match stage:
            case "asr":
                self.asr.fault = fault
            case "llm":
                self.llm.fault = fault
            case "tts":
                self.tts.script = lambda text: over_grpc(fault, _pieces(text))

    async def ask(self, call: str = "CA1") -> list[Heard]:
        """Call, say something, and listen until the answer is through or can't come any more."""
        caller = self.exchange.ring(call)
        began_s = asyncio.get_running_loop().time()
        caller.say()
        try:
            async with asyncio.timeout(_LIMIT_S):
                await caller.until(lambda: _is_through(caller.heard))
        except TimeoutError:
            pass  # what was heard by then is the result
        caller.hang_up()
        return [_heard(tone, caller.heard_at_s(tone.start_ms) - began_s) for tone in caller.heard]


def _heard(tone: HeardTone, at_s: float) -> Heard:
    return Heard(_NAMED[tone.turn, tone.sentence], at_s, not tone.is_beep and tone.end_ms - tone.start_ms < 0.8 * _SOUND_MS)


def _is_through(tones: list[HeardTone]) -> bool:
    """Whether something was heard to its end behind which nothing comes."""
    ends = {_CODES[SENTENCES[1]], (_OTHER, 1), (13, 0), (11, 0), (10, 0)}
    return any((tone.turn, tone.sentence) in ends and tone.end_ms - tone.start_ms > 0.8 * _SOUND_MS for tone in tones)


def _pieces(text: str) -> list[bytes]:
    """Google's voice."""
    sound = tone(*_CODES.get(text, (_REST, 0)), _SOUND_MS)
    return [sound[at : at + 800] for at in range(0, len(sound), 800)]


def _other_voice(text: str) -> bytes:
    """OpenAI's voice."""
    number = SENTENCES.index(text) if text in SENTENCES else 2
    return resample(mulaw_to_pcm(tone(_OTHER, number, _SOUND_MS)), SAMPLE_RATE_HZ, RATE_HZ)


@asynccontextmanager
async def faulty_house(folder: Path, way: tuple[Stage, str] | None = None, /, **settings: str) -> AsyncIterator[FaultyHouse]:
    """A house on its own Redis.

    Args:
        way: to a stage's first vendor, and what is wrong with it from the start, if anything is.
        settings: the fallbacks.
    """
    well = OpenAIService(heard="when do you open", reply=REPLY, speech=_other_voice)
    asr, llm = Faulty(well), Faulty(well)
    async with AsyncExitStack() as stack:
        ears = await stack.enter_async_context(OpenAIServer(asr))
        mind = await stack.enter_async_context(OpenAIServer(llm))
        others = await stack.enter_async_context(OpenAIServer(well))
        voice = await stack.enter_async_context(GoogleServer(_pieces))
        servers: dict[Stage, str] = {"asr": ears.url, "llm": mind.url, "tts": voice.url}
        nats = {
            stage: Nat(url, secured(folder / "tls", ()).context if way == (stage, UNTRUSTED) else None) for stage, url in servers.items()
        }
        for nat in nats.values():
            await stack.enter_async_context(nat)
        server = Server("redis://fake", fake_connect(), Pace(poll_ms=5), rhythm=Rhythm())  # as in production
        urls = {f"{stage}_base_url": _nowhere(nat.url) if way == (stage, NO_SUCH_NAME) else nat.url for stage, nat in nats.items()}
        others_urls = {"openai_2_base_url": others.url, "tts_openai_base_url": others.url}
        vendors = {"asr_vendor": "openai", "llm_vendor": "openai", "tts_vendor": "google", "tts_fallback": "none"}
        chosen = {"language": "en", "greeting": "", "speculate": "off", **urls, **others_urls, **vendors, **settings}
        made = await stack.enter_async_context(exchange(server, folder, partial(_staff, stack), **chosen))
        yield FaultyHouse(made, asr, llm, voice, nats)


def _nowhere(url: str) -> str:
    return urlsplit(url)._replace(netloc="nowhere.invalid").geturl()


def _staff(stack: AsyncExitStack, pipe: Pipeline, settings: Settings) -> None:
    """Workers as their processes make them; their vendors are closed with the stack."""
    chosen = choose_vendors(settings)
    ears = Transcribers(Lineup("asr", vendors_of(chosen["asr"], ASR, settings), servers=servers_of(settings)))
    minds = Models(Lineup("llm", vendors_of(chosen["llm"], LLM, settings)))
    voices = Voices(Lineup("tts", vendors_of(chosen["tts"], TTS, settings), may_be_empty=False))
    for each in (ears, minds, voices):
        stack.push_async_callback(each.close)
    pipe.start_asr(ears)
    pipe.start_llm(minds)
    pipe.start_tts(voices)
