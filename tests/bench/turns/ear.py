"""Who tells the words of a piece of sound: Whisper base as the product runs it, and a memory of what it read.

What is remembered is the vendor's own answer, by reader, language and sha256 of the sound; the gates are asked anew each time, so that a
change of theirs shows. The reader is a hash of the model and of the code that reads with it: what another one read is not taken for its
own. One line of JSON each, appended: several processes share the file.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from asr_worker.vendors.base import Heard, Transcriber
from common import catalogue
from common.config import Settings

_ASR = Path(__file__).parents[3] / "asr_worker"
_READS = (_ASR / "vendors" / "whisper.py", _ASR / "mel.py", _ASR / "byte_tokens.py")
"""All code between a sound and its words that is only there for that."""


class Ear(Protocol):
    """Hears a piece of a line."""

    def words(self, sound: bytes, language: str) -> str:
        """The words in it, as a vendor answers: ``Heard``, if it is known how sure they are."""


class RememberingEar:
    """A vendor's readings, each asked for once."""

    def __init__(self, memory: Path, reader: str, new_transcriber: Callable[[], Transcriber]) -> None:
        """``new_transcriber`` is asked when there is something new to read; ``reader`` is what it reads with."""
        self.read = 0
        """Pieces that were not remembered."""
        self._memory = memory
        self._reader = reader
        self._new_transcriber = new_transcriber
        self._transcriber: Transcriber | None = None
        self._known: dict[str, Heard] = {}
        self._read_up_to = 0
        """Of the file."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ear")

    def words(self, sound: bytes, language: str) -> str:
        """What the vendor reads; a call's own loop stands still meanwhile, and its virtual clock, too."""
        key = f"{self._reader} {language} {hashlib.sha256(sound).hexdigest()}"
        if key not in self._known:
            self._look_it_up()
        if key not in self._known:
            self._learn(key, self._thread.submit(self._read, sound, language).result())
        return self._known[key]

    def _read(self, sound: bytes, language: str) -> Heard:
        if self._transcriber is None:
            self._transcriber = self._new_transcriber()
        read = asyncio.run(_read(self._transcriber, sound, language))
        return read if isinstance(read, Heard) else Heard(read)

    def _look_it_up(self) -> None:
        """What was read since the last look, by whichever process."""
        if not self._memory.is_file():
            return
        with self._memory.open("rb") as file:
            file.seek(self._read_up_to)
            for line in file:
                self._read_up_to += len(line)
                if (reading := _reading(line)) is not None:
                    self._known[reading[0]] = reading[1]

    def _learn(self, key: str, heard: Heard) -> None:
        self.read += 1
        self._known[key] = heard
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps([key, str(heard), heard.no_speech, heard.logprob], ensure_ascii=False)
        with self._memory.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}")  # behind a line that may be half


async def _read(transcriber: Transcriber, sound: bytes, language: str) -> str:
    return await transcriber.transcribe(sound, language=language, turn=0)


def _reading(line: bytes) -> tuple[str, Heard] | None:
    """One line; None of one that a process left half when it was killed."""
    try:
        key, text, no_speech, logprob = json.loads(line)
    except ValueError:
        return None
    return key, Heard(text, no_speech, logprob)


def whisper_ear(settings: Settings) -> RememberingEar:
    """The local recogniser; what it read stands in ``$TORIM_CACHE/bench/turns/words.jsonl``."""

    def new() -> Transcriber:
        from asr_worker.vendors.whisper import WhisperTranscriber  # its libraries load slowly, and mostly nothing is new

        return WhisperTranscriber(settings)

    return RememberingEar(settings.torim_cache.expanduser() / "bench" / "turns" / "words.jsonl", whisper(), new)


@cache
def whisper() -> str:
    """Which Whisper reads: its pinned model, its library and our code around it."""
    model = "".join(file.sha256 for file in catalogue.WHISPER_BASE.files)
    code = b"".join(path.read_bytes() for path in _READS)
    return hashlib.sha256(f"{model} {version('ctranslate2')} ".encode() + code).hexdigest()[:12]
