"""The fixed phrases as sound, in memory and on disk, so that they play with every vendor and Redis down (R10).

At start a phrase comes from its file in the cache; one that has none is asked for from the TTS stage,
like any sentence, so it has the voice of the replies; until it is there, the beep stands in for
it. A file is named after vendor, voice, language and words: change one, and it is made anew.

Nothing is asked for before the TTS stage has a worker, and what did not come is asked for again
at growing intervals. What an agent's file changes is asked for when it is saved.
Sound of an earlier request is as good as that of the last one. A phrase that
the voice could not speak is a beep, is told, and is asked for again once a minute: it may just have had no time, as on a
machine that has much to do at its start. One that another voice spoke, since the wanted one failed, is heard as it is and not
kept on disk: every ten minutes the wanted one is asked for it, until it speaks.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from common.agents.in_use import Carried, InUse, in_use
from common.agents.overlay import house
from common.audio import beep
from common.bus import Delivery, GatewayBus
from common.config import Settings
from common.errors import BusUnavailable
from common.language import base_language, normalised
from common.messages import Head, Sentence, SpeechChunk, StageFailed
from common.phrases import FIXED, uninterruptible
from common.vendors import voice_name
from gateway.spending import has_limit
from gateway.turn.phrases import Phrase, PhraseBook

logger = logging.getLogger("torim.gateway")

_LANGUAGES = ("he", "en")
_STAGE_POLL_S = 0.5
_FIRST_PATIENCE_S = 15.0
_LONGEST_PATIENCE_S = 240.0
_AGAIN_S = 60.0
_OWN_VOICE_MINUTES = 10


@dataclass(slots=True, eq=False)
class _Wanted:
    """A phrase whose sound is awaited from the TTS stage."""

    language: str
    text: str
    path: Path
    carried: Carried
    """The agent whose voice speaks it."""
    source: tuple[int, int] = (0, 0)
    """Take and attempt that the sound is of: bytes of two never mix."""
    sound: bytearray = field(default_factory=bytearray)
    failed: bool = False
    """Whether the voice could not speak it."""
    stood_in: bool = False
    """Whether another voice than the wanted one spoke it."""


class FixedPhrases:
    """The phrases of all languages of this gateway."""

    def __init__(self, settings: Settings, bus: GatewayBus, gateway: str) -> None:
        self.key = f"phrases-{gateway}"
        """The call in whose name the phrases are asked for."""
        uninterruptible(settings.uninterruptible)  # a name that is no phrase ends the start
        self._settings = settings
        self._bus = bus
        self._gateway = gateway
        self._folder = settings.torim_cache.expanduser() / "phrases"
        self._house = in_use(house(settings), settings)
        self._beep = beep()
        self._sound: dict[Path, bytes] = {}
        self._wanted: list[_Wanted] = []
        """In the order of their numbers; it only grows, since sound may come late."""
        self._in_use: list[_Wanted] = []
        """Those of what was saved last, and of the settings; of the others nothing is asked for any more."""
        self._at_start: list[_Wanted] = []
        self._take = 0
        self._all_here = asyncio.Event()

    @property
    def missing(self) -> int:
        """How many of the phrases that were wanted at the start have no sound yet, and did not fail."""
        return self._unanswered(self._at_start)

    def _unanswered(self, wanted: Sequence[_Wanted]) -> int:
        return sum(not each.failed for each in self._without_sound(wanted))

    def _without_sound(self, wanted: Sequence[_Wanted]) -> list[_Wanted]:
        return [each for each in wanted if each.path not in self._sound]

    def book(self, language: str, agent: InUse | None = None) -> PhraseBook:
        """The phrases of a call in ``language``, as far as they are here; without an agent, those of the settings."""
        spoken = agent or self._house
        texts = spoken.phrases(language)
        known = {name: self._phrase(spoken, spoken.language_of(language, name), name, getattr(texts, name)) for name in _used(spoken)}
        tools = {tool: self._phrase(spoken, base_language(language), "filler", text) for tool, text in spoken.fillers(language).items()}
        greeting = known.pop("greeting")
        return PhraseBook(greeting=greeting if texts.greeting else None, beep=self._beep, tools=tools, **known)

    def _phrase(self, agent: InUse, language: str, name: str, text: str) -> Phrase:
        if not text:
            return Phrase("", b"")
        sound = self._sound.get(self._path(agent, language, text))
        return Phrase(text, sound, name not in uninterruptible(agent.settings.uninterruptible)) if sound else Phrase("", self._beep)

    def _path(self, agent: InUse, language: str, text: str) -> Path:
        said = sorted(pair for pair in agent.pronunciations(language).items() if normalised(pair[0]) in normalised(text))
        voice = f"{voice_name(agent.settings)}{said or ''}"
        name = hashlib.sha256(f"{voice}|{language}|{text}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.ulaw"

    # -- Making them --------------------------------------------------------------------------

    async def make(self, agents: Sequence[InUse] = ()) -> None:
        """Take what is on disk, and have the rest made; returns when all of these agents' are here or failed. None: the settings'."""
        wanted = self._want(agents or [self._house])
        self._at_start = self._at_start or wanted
        self._in_use = [*wanted, *(each for each in self._at_start if not each.carried.reference and each not in wanted)]
        self._sound |= {each.path: sound for each in wanted if each.path not in self._sound and (sound := _read(each.path))}
        self._all_here = asyncio.Event()
        patience_s = _FIRST_PATIENCE_S
        while missing := self._unanswered(wanted):
            await self._ask(self._without_sound(self._in_use))
            try:
                async with asyncio.timeout(patience_s):
                    await self._all_here.wait()
            except TimeoutError:
                logger.warning("what=phrases_missing count=%d", missing)
            patience_s = min(2 * patience_s, _LONGEST_PATIENCE_S)

    async def try_again(self) -> None:
        """Ask for what the voice could not speak, and now and then for what another one spoke, for ever."""
        for minute in count(1):
            await asyncio.sleep(_AGAIN_S)
            failed = any(each.failed for each in self._without_sound(self._in_use))
            wanted = self._without_sound(self._in_use) if failed else []
            if minute % _OWN_VOICE_MINUTES == 0:
                wanted += [each for each in self._in_use if each.stood_in]
            if wanted:
                await self._ask(wanted)

    def _want(self, agents: Sequence[InUse]) -> list[_Wanted]:
        """The phrases of these agents, with numbers for those that have none."""
        everything = [wanted for agent in agents for language in self._languages(agent) for wanted in self._of(agent, language)]
        known = {wanted.path: wanted for wanted in self._wanted}
        chosen = {wanted.path: known.get(wanted.path, wanted) for wanted in everything}
        self._wanted += [wanted for path, wanted in chosen.items() if path not in known]
        return list(chosen.values())

    def _languages(self, agent: InUse) -> Sequence[str]:
        return agent.snapshot.agent.languages if agent.carried.reference else (self._settings.language, *_LANGUAGES)

    def _of(self, agent: InUse, language: str) -> list[_Wanted]:
        texts = agent.phrases(language)
        spoken = [(agent.language_of(language, name), getattr(texts, name)) for name in _used(agent)]
        spoken += [(base_language(language), text) for text in agent.fillers(language).values()]
        return [_Wanted(of_words, text, self._path(agent, of_words, text), agent.carried) for of_words, text in spoken if text]

    async def _ask(self, phrases: Sequence[_Wanted]) -> None:
        self._take += 1
        try:
            while "tts" not in await self._bus.stages_alive():  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(_STAGE_POLL_S)
            for wanted in phrases:
                await self._ask_for(self._wanted.index(wanted), wanted)
        except BusUnavailable as trouble:
            logger.warning("what=phrases_not_asked error=%s", trouble)

    async def _ask_for(self, number: int, wanted: _Wanted) -> None:
        agent = wanted.carried
        if agent.reference:
            await self._bus.keep_agent(self.key, agent.reference, agent.data)
        head = Head(
            call=self.key, turn=0, seq=number, take=self._take, gateway=self._gateway, language=wanted.language, agent=agent.reference
        )
        await self._bus.publish("tts", Sentence(head=head, text=wanted.text))

    # -- Their sound comes ----------------------------------------------------------------------

    def worker_reported(self, delivery: Delivery) -> None:
        """Take sound of a phrase, or the news that there will be none."""
        message = delivery.message
        if message.head.seq >= len(self._wanted):
            return
        wanted = self._wanted[message.head.seq]
        match message:
            case SpeechChunk():
                self._add(wanted, message, delivery.audio)
            case StageFailed(error=error) if wanted.path not in self._sound:
                logger.error("what=phrase_not_spoken language=%s error=%s: a beep stands in for it", wanted.language, error)
                wanted.failed = True
            case _:
                pass
        if not self._unanswered(self._in_use):
            self._all_here.set()

    def _add(self, wanted: _Wanted, chunk: SpeechChunk, audio: bytes) -> None:
        source = (chunk.head.take, chunk.attempt)
        if chunk.offset_bytes == 0 and not chunk.last:
            wanted.source = source
            wanted.sound.clear()
        if source != wanted.source or chunk.offset_bytes != len(wanted.sound):
            return
        wanted.sound += audio
        if chunk.last and wanted.sound:
            self._sound[wanted.path] = bytes(wanted.sound)
            wanted.stood_in = chunk.stand_in
            if not chunk.stand_in:
                self._write(wanted)

    def _write(self, wanted: _Wanted) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = wanted.path.with_suffix(f".{self._gateway}")
            partial.write_bytes(wanted.sound)
            partial.replace(wanted.path)
        except OSError as error:
            logger.warning("what=phrase_not_kept folder=%s error=%s", self._folder, error.strerror)


def _used(agent: InUse) -> list[str]:
    """The phrases that its calls can come to."""
    file = agent.snapshot.agent
    needed = {
        "still_working": file.tools is None or bool(file.tools),
        "unanswered": bool(file.destinations),
        "spent": has_limit(agent),
    }
    return [name for name in FIXED if needed.get(name, True)]


def _read(path: Path) -> bytes:
    """What is in a file; nothing if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        logger.warning("what=phrase_unreadable file=%s error=%s", path, error.strerror)
        return b""
