"""Which vendor serves which stage, and why: one place for the workers and for what ``make run`` prints.

A stage's registry (``*/vendors/__init__.py``) has one line for each of its vendors.

Behind it stand the vendors that are asked when it fails (``common/lineup.py``): those that the operator names, and
behind Google's streaming voice the one that speaks in one piece.

A vendor that the operator names is taken as named. ``auto`` takes the online vendor where the
settings hold what it needs, and else one that needs no account. ``tone`` is never chosen unasked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from common.config import Settings
from common.messages import Stage

LOCAL_SPEECH = frozenset({"whisper", "local"})
"""Vendors that compute on this machine's own cores."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A line of a stage's registry."""

    path: str
    """``module:class``; imported only if chosen, since one vendor may weigh hundreds of megabytes."""
    slots: int
    """Entries that one process works on at a time."""

    def make(self, settings: Settings) -> Any:
        """The vendor; it neither connects nor loads before it is warmed up."""
        module, _, name = self.path.partition(":")
        return getattr(import_module(module), name)(settings)


@dataclass(frozen=True, slots=True)
class Choice:
    """The vendor of a stage."""

    name: str
    why: str
    """For people: the setting that decided."""
    fallback: tuple[str, ...] = ()
    """Who is asked when it fails, in order."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order in which they are asked."""
        return (self.name, *self.fallback)


def choose_vendors(settings: Settings) -> dict[Stage, Choice]:
    """The vendor of every stage.

    ``OPENAI_BASE_URL`` alone decides nothing, since many servers that speak chat completions
    (Ollama, vLLM) have no transcriptions; it says where an OpenAI vendor goes once it is chosen.
    """
    return {
        "asr": _followed(_asr(settings), settings.asr_fallback),
        "llm": _followed(_llm(settings), settings.llm_fallback),
        "tts": _followed(_tts(settings), settings.tts_fallback),
    }


def vendors_of(choice: Choice, registry: Mapping[str, Registered], settings: Settings) -> list[tuple[str, Any]]:
    """The chosen vendors, made, each with its name."""
    return [(name, registry[name].make(settings)) for name in choice.names]


def _followed(choice: Choice, named: str) -> Choice:
    default = "google_unary" if choice.name == "google" else "none"
    names = () if (named or default) == "none" else tuple((named or default).split(","))
    return replace(choice, fallback=tuple(name for name in dict.fromkeys(names) if name != choice.name))


def _asr(settings: Settings) -> Choice:
    if settings.asr_vendor != "auto":
        return Choice(settings.asr_vendor, f"ASR_VENDOR={settings.asr_vendor}")
    if settings.asr_base_url:
        return Choice("openai", "ASR_BASE_URL is set")
    if settings.openai_api_key:
        return Choice("openai", "OPENAI_API_KEY is set")
    return Choice("whisper", "no OPENAI_API_KEY, no ASR_BASE_URL")


def _llm(settings: Settings) -> Choice:
    if settings.llm_vendor != "auto":
        return Choice(settings.llm_vendor, f"LLM_VENDOR={settings.llm_vendor}")
    if settings.llm_base_url:
        return Choice("openai", "LLM_BASE_URL is set")
    if settings.openai_api_key:
        return Choice("openai", "OPENAI_API_KEY is set")
    return Choice("scripted", "no OPENAI_API_KEY, no LLM_BASE_URL")


def _tts(settings: Settings) -> Choice:
    if settings.tts_vendor != "auto":
        return Choice(settings.tts_vendor, f"TTS_VENDOR={settings.tts_vendor}")
    if settings.google_application_credentials:
        return Choice("google", "GOOGLE_APPLICATION_CREDENTIALS is set")
    return Choice("local", "no GOOGLE_APPLICATION_CREDENTIALS")


def voice_name(settings: Settings) -> str:
    """What tells what one voice says from what another does; the call's agent may have one of its own beside it."""
    match choose_vendors(settings)["tts"].name:
        case "google_unary":
            return f"google_unary|{settings.tts_unary_voice}"
        case "openai":
            return f"openai|{settings.tts_openai_voice}|{settings.tts_openai_model}"
        case "local" | "tone" as name:
            return name
        case name:
            return f"{name}|{settings.tts_voice}|{settings.tts_model}"
