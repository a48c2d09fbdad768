"""The settings and phrases of an agent's calls: what its file says, and else what the settings say."""

import dataclasses
from typing import Any

from common.agents.agent import HOUSE, Agent, Phrases, Snapshot, base_keys
from common.agents.check import overrides
from common.config import Settings
from common.language import base_language
from common.phrases import Address


def house(settings: Settings) -> Snapshot:
    """The agent that the settings make: who answers where no file says who."""
    return Snapshot(key=HOUSE, agent=Agent(name="-", languages=(settings.language,), gender="female", address="plural"))


def settings_of(snapshot: Snapshot, settings: Settings) -> Settings:
    """The settings of its calls; those of the house where it is the settings' own."""
    agent = snapshot.agent
    if snapshot.key == HOUSE:
        return settings
    named = {
        "tts_voice" if "-" in agent.voice else "tts_openai_voice": agent.voice,
        "asr_model": agent.models.asr,
        "llm_model": agent.models.llm,
        "tts_model" if "-" in agent.voice else "tts_openai_model": agent.models.tts,
        "time_zone": agent.hours.time_zone if agent.hours else "",
    }
    given: dict[str, Any] = {name: value for name, value in named.items() if value}
    return dataclasses.replace(settings, language=agent.language, **given, **overrides(agent))


def settings_in(snapshot: Snapshot, settings: Settings, language: str) -> Settings:
    """The settings of its calls in one language: their phrases are in it."""
    agent = snapshot.agent
    if snapshot.key == HOUSE:
        return settings
    said = _phrases(agent, language)
    texts = {f"phrase_{name}" if name not in ("greeting", "same_reply_suffix") else name: text for name, text in said.items()}
    return dataclasses.replace(settings_of(snapshot, settings), language=language, **texts)


def _phrases(agent: Agent, language: str) -> dict[str, Any]:
    """What it says in a language by its file; None where the language's default stands."""
    spoken, own = base_language(language), phrases_in(agent, language)
    said = {name: getattr(own, name) for name in Phrases.__struct_fields__ if name != "tools"}
    if said["greeting"] is None and base_language(agent.language) == spoken:
        said["greeting"] = agent.greeting
    return said


def phrases_in(agent: Agent, language: str) -> Phrases:
    """What its file says of a language's phrases."""
    spoken = base_language(language)
    return next(
        (agent.phrases[key] for key, base in zip(agent.phrases, base_keys(agent.phrases), strict=True) if base == spoken), Phrases()
    )


def address_of(snapshot: Snapshot) -> Address:
    """How the default phrases address the caller."""
    return "" if snapshot.key == HOUSE else snapshot.agent.address


def spoken_language(snapshot: Snapshot, asked: str | None) -> str:
    """The language that a call begins in: the one asked for, if the agent speaks it."""
    agent = snapshot.agent
    if snapshot.key == HOUSE:
        return asked or agent.language
    return next((tag for tag in agent.languages if asked and base_language(tag) == base_language(asked)), agent.language)
