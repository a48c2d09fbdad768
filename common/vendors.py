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
_GOOGLE = ("google", "google_unary")


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
    key, google = settings.openai_api_key, {"GOOGLE_APPLICATION_CREDENTIALS": settings.google_application_credentials}
    asr = _first("asr", settings.asr_vendor, "openai", {"ASR_BASE_URL": settings.asr_base_url, "OPENAI_API_KEY": key}, "whisper")
    llm = _first("llm", settings.llm_vendor, "openai", {"LLM_BASE_URL": settings.llm_base_url, "OPENAI_API_KEY": key}, "scripted")
    tts = _first("tts", settings.tts_vendor, "google", google, "local")
    return {
        "asr": _followed(asr, settings.asr_fallback),
        "llm": _followed(llm, settings.llm_fallback),
        "tts": _followed(tts, settings.tts_fallback),
    }


def paid_for(settings: Settings) -> list[str]:
    """The chosen vendors that cost money: those of an account, but for a server of one's own that wants no key."""
    keys = {"openai": settings.openai_api_key, "openai_2": settings.openai_2_api_key or settings.openai_api_key}
    keys |= dict.fromkeys(_GOOGLE, "" if settings.tts_base_url.startswith("http://") else "account")
    return sorted({name for choice in choose_vendors(settings).values() for name in choice.names if keys.get(name)})


def vendors_of(choice: Choice, registry: Mapping[str, Registered], settings: Settings) -> list[tuple[str, Any]]:
    """The chosen vendors, made, each with its name."""
    return [(name, registry[name].make(settings)) for name in choice.names]


def servers_of(settings: Settings) -> dict[str, str]:
    """Vendors that stand on the server of another, by name."""
    return {} if settings.openai_2_base_url else {"openai_2": "openai"}


def _followed(choice: Choice, named: str) -> Choice:
    default = "google_unary" if choice.name == "google" else "none"
    names = () if (named or default) == "none" else tuple((named or default).split(","))
    return replace(choice, fallback=tuple(name for name in dict.fromkeys(names) if name != choice.name))


def _first(stage: Stage, named: str, online: str, needs: Mapping[str, str], local: str) -> Choice:
    """As named; else ``online`` if one of the settings that it ``needs`` has a value, else ``local``."""
    if named != "auto":
        return Choice(named, f"{stage.upper()}_VENDOR={named}")
    for name, value in needs.items():
        if value:
            return Choice(online, f"{name} is set")
    return Choice(local, ", ".join(f"no {name}" for name in needs))


def voice_name(settings: Settings) -> str:
    """What tells what one voice says from what another does; the call's agent may have one of its own beside it."""
    match choose_vendors(settings)["tts"].name:
        case "google_unary":
            return f"google_unary|{settings.tts_unary_voice}"
        case "openai":
            server = settings.tts_openai_base_url or settings.openai_base_url  # each has its own voice of that name
            return "|".join(filter(None, ("openai", settings.tts_openai_voice, settings.tts_openai_model, server)))
        case "local" | "tone" as name:
            return name
        case name:
            return f"{name}|{settings.tts_voice}|{settings.tts_model}"
