"""The fixed phrases as sound, in memory and on disk, so that they play with every vendor and Redis down (R10).

At start a phrase comes from its file in the cache; one that has none is asked for from the TTS stage,
like any sentence, so it has the voice of the replies; until it is there, the beep stands in for
it. A file is named after vendor, voice, language and words: change one, and it is made anew.
"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field
from pathlib import Path

from common import phrases
from common.audio import beep
from common.bus import Delivery, GatewayBus
from common.config import Settings
from common.errors import BusUnavailable
from common.messages import Head, Sentence, SpeechChunk
from common.vendors import choose_vendors
from gateway.turn.state import Phrase, PhraseBook

logger = logging.getLogger("torim.gateway")

_LANGUAGES = ("he", "en")
_NAMES = ("greeting", "repeat", "filler", "fallback", "still_there", "goodbye")
_ASK_AGAIN_S = 15.0


@dataclass(slots=True, eq=False)
class _Wanted:
    """A phrase whose sound is awaited from the TTS stage."""

    language: str
    text: str
    path: Path
    sound: bytearray = field(default_factory=bytearray)


class FixedPhrases:
    """The phrases of all languages of this gateway."""

    def __init__(self, settings: Settings, bus: GatewayBus, gateway: str) -> None:
        self.key = f"phrases-{gateway}"
        """The call in whose name the phrases are asked for."""
        self._settings = settings
        self._bus = bus
        self._gateway = gateway
        self._folder = settings.torim_cache.expanduser() / "phrases"
        self._voice = f"{choose_vendors(settings)['tts'].name}|{settings.tts_voice}|{settings.tts_model}"
        self._beep = beep()
        self._sound: dict[Path, bytes] = {}
        self._wanted: list[_Wanted] = []
        self._take = 0
        self._all_here = asyncio.Event()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that phrases are kept in."""
        return tuple(dict.fromkeys((phrases.base_language(self._settings.language), *_LANGUAGES)))

    @property
    def missing(self) -> int:
        """How many phrases have no sound yet."""
        return sum(path not in self._sound for path in (wanted.path for wanted in self._wanted))

    def book(self, language: str) -> PhraseBook:
        """The phrases of a call in ``language``, as far as they are here."""
        spoken = phrases.base_language(language)
        texts = phrases.phrases(self._settings, language)
        known = {name: self._phrase(spoken, getattr(texts, name)) for name in _NAMES}
        greeting = known.pop("greeting") if texts.greeting else None
        known.pop("greeting", None)
        return PhraseBook(greeting=greeting, beep=self._beep, **known)

    def _phrase(self, language: str, text: str) -> Phrase:
        if not text:
            return Phrase("", b"")
        sound = self._sound.get(self._path(language, text))
        return Phrase("", self._beep) if sound is None else Phrase(text, sound)

    def _path(self, language: str, text: str) -> Path:
        name = hashlib.sha256(f"{self._voice}|{language}|{text}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.ulaw"

    # -- Making them --------------------------------------------------------------------------

    async def make(self) -> None:
        """Take what is on disk, and have the rest made; returns when all are here."""
        self._wanted = [wanted for language in self.languages for wanted in self._of(language)]
        self._take_from_disk()
        while self.missing:
            await self._ask()
            try:
                async with asyncio.timeout(_ASK_AGAIN_S):
                    await self._all_here.wait()
            except TimeoutError:
                logger.warning("what=phrases_missing count=%d", self.missing)

    def _take_from_disk(self) -> None:
        self._sound |= {wanted.path: wanted.path.read_bytes() for wanted in self._wanted if wanted.path.is_file()}

    def _of(self, language: str) -> list[_Wanted]:
        texts = phrases.phrases(self._settings, language)
        spoken = [text for name in _NAMES if (text := getattr(texts, name))]
        return [_Wanted(language, text, self._path(language, text)) for text in spoken]

    async def _ask(self) -> None:
        self._take += 1
        for number, wanted in enumerate(self._wanted):
            if wanted.path in self._sound:
                continue
            wanted.sound.clear()
            head = Head(call=self.key, turn=0, seq=number, take=self._take, gateway=self._gateway, language=wanted.language)
            try:
                await self._bus.publish("tts", Sentence(head=head, text=wanted.text))
            except BusUnavailable as trouble:
                logger.warning("what=phrases_not_asked error=%s", trouble)
                return

    def worker_reported(self, delivery: Delivery) -> None:
        """Take sound of a phrase."""
        chunk = delivery.message
        if not isinstance(chunk, SpeechChunk) or chunk.head.take != self._take or chunk.head.seq >= len(self._wanted):
            return
        wanted = self._wanted[chunk.head.seq]
        if chunk.offset_bytes == 0:
            wanted.sound.clear()
        if chunk.offset_bytes != len(wanted.sound):
            return
        wanted.sound += delivery.audio
        if chunk.last and wanted.sound:
            self._keep(wanted)

    def _keep(self, wanted: _Wanted) -> None:
        self._sound[wanted.path] = bytes(wanted.sound)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = wanted.path.with_suffix(f".{self._gateway}")
            partial.write_bytes(wanted.sound)
            partial.replace(wanted.path)
        except OSError as error:
            logger.warning("what=phrase_not_kept folder=%s error=%s", self._folder, error.strerror)
        if not self.missing:
            self._all_here.set()
