"""Whisper on this machine's processor, by CTranslate2.

    mu-law 8 kHz -> PCM 16 kHz -> log-mel, cut to the audio + 8 s -> encoder -> greedy decoder -> guards -> text

- Whisper was trained on windows of 30 s and takes as long for one second as for thirty. The window
  is cut to the audio and 8 s of silence: half the time at the same errors (5 s break Russian, 1 s everything).
- The language is always given: guessing it fails on short pieces.
- Where there is no speech Whisper invents some, often without end. So a text has at most 8 tokens
  a second of audio + 20; the rest is for the gates, which are told how likely it is that nobody spoke.
- The agent's vocabulary is told as words that came before (the paper's section 2.3), the first 100 tokens of it.

One thread computes, one piece at a time. A piece that nobody waits for any more is not begun; one
that is being computed goes on until the encoder is through, since CTranslate2 cannot be stopped.
"""

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import ctranslate2

from asr_worker.byte_tokens import text_of, tokens_of
from asr_worker.mel import RATE_HZ, log_mel
from asr_worker.vendors.base import NO_HINTS, Heard, Hints
from common import models
from common.audio import SAMPLE_RATE_HZ, duration_ms, mulaw_to_pcm, resample, silence
from common.config import Settings
from common.errors import VendorError
from common.language import base_language

VENDOR = "whisper"

_PAD_S = 8.0
_TOKENS_PER_S = 8
_TOKENS_BESIDES = 20
_MOST_TOLD = 100
_THREADS = 2
_SHORTEST_MS = 40

T = TypeVar("T")


class WhisperTranscriber:
    """``ASR_VENDOR=whisper``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="whisper")
        self._recogniser: _Recogniser | None = None

    async def warm_up(self) -> None:
        """Load the model and use it once.

        Raises:
            SetupError: the model is not there and cannot be fetched.
        """
        await self._in_thread(self._load)
        await self.transcribe(silence(1000), language=self._settings.language, turn=0)

    async def transcribe(self, audio: bytes, *, language: str, turn: int, hints: Hints = NO_HINTS) -> str:
        """The words in ``audio``; ``turn`` is of no use here.

        Raises:
            VendorError: the model has not that language, or CTranslate2 failed.
        """
        if duration_ms(audio) < _SHORTEST_MS:
            return ""
        abandoned = threading.Event()
        try:
            return await self._in_thread(lambda: self._load().words(audio, base_language(language), abandoned, hints.vocabulary))
        except asyncio.CancelledError:
            abandoned.set()
            raise
        except ValueError as error:
            raise VendorError(VENDOR, "language", retryable=False, blame="request") from error
        except RuntimeError as error:
            raise VendorError(VENDOR, type(error).__name__, retryable=False) from error

    async def close(self) -> None:
        """Begin nothing new; what is being computed is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _load(self) -> "_Recogniser":
        if self._recogniser is None:
            self._recogniser = _Recogniser(models.whisper_folder(self._settings))
        return self._recogniser


class _Recogniser:
    """The model; belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=_THREADS, inter_threads=1)
        vocabulary = next(folder.glob("vocabulary.*")).read_text(encoding="utf-8")
        self._languages = frozenset(re.findall(r"<\|([a-z]{2,3})\|>", vocabulary))
        self._tokens = frozenset(vocabulary.split("\n"))

    def words(self, audio: bytes, language: str, abandoned: threading.Event, likely: tuple[str, ...]) -> str:
        if abandoned.is_set():
            return ""
        features = log_mel(resample(mulaw_to_pcm(audio), SAMPLE_RATE_HZ, RATE_HZ), pad_s=_PAD_S, bands=self._model.n_mels)
        encoded = self._model.encode(ctranslate2.StorageView.from_array(features[None]))
        if abandoned.is_set():
            return ""
        most_tokens = round(_TOKENS_PER_S * duration_ms(audio) / 1000) + _TOKENS_BESIDES
        alone = self._prompt(language)
        heard = self._generate(encoded, [*self._told(likely), *alone], most_tokens)
        # Told any words, it takes noise for speech: for that it is asked without.
        noted = self._generate(encoded, alone, 1) if likely else heard
        return Heard(text_of(heard.sequences[0]), no_speech=noted.no_speech_prob)

    def _generate(self, encoded: Any, prompt: list[str], most_tokens: int) -> Any:
        # CTranslate2 takes half of max_length for what is generated, and no more than the prompt leaves.
        length = most_tokens + max(most_tokens, len(prompt))
        return self._model.generate(encoded, [prompt], beam_size=1, max_length=length, return_no_speech_prob=True)[0]

    def _prompt(self, language: str) -> list[str]:
        if language not in self._languages:
            raise ValueError(f"no such language: {language}")  # CTranslate2 would take it for an unknown word and guess
        asked = [f"<|{language}|>", "<|transcribe|>"] if self._model.is_multilingual else []
        return ["<|startoftranscript|>", *asked, "<|notimestamps|>"]

    def _told(self, likely: tuple[str, ...]) -> list[str]:
        return ["<|startofprev|>", *tokens_of(f" {', '.join(likely)}", self._tokens)[:_MOST_TOLD]] if likely else []
