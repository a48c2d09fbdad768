"""The settings of a call on the stage: production's defaults, but for what decides nothing about turns."""

from dataclasses import replace

from common.config import Settings, environment, load

PLAIN = Settings(language="en")
"""Production's, and nothing of this machine's environment."""


def here(settings: Settings = PLAIN) -> Settings:
    """The same, with models, scenes and readings where the operator keeps them."""
    return replace(settings, torim_cache=load({name: value for name, value in environment().items() if name == "TORIM_CACHE"}).torim_cache)


def on_stage(settings: Settings) -> Settings:
    """The bot waits for the caller; and it is silero that listens where nobody chose, on whatever machine."""
    return replace(settings, greeting="", vad="silero" if settings.vad == "auto" else settings.vad)
