"""Models and voices that are paid for and have no price: told at the start where there is a limit of spending, since none sees them."""

import logging
from collections.abc import Iterator

from common.agents.given import Given, OwnFile, own_files, own_models
from common.config import Settings
from common.prices import Prices
from common.vendors import choose_vendors, paid_for

logger = logging.getLogger("torim.gateway")

_Billed = tuple[str, Given]
"""The vendor whose row it is, and the name."""


def warn_of_no_price(settings: Settings, prices: Prices) -> None:
    """Say which of the settings' and of agents' files' names no row of the table is for."""
    if not _has_limit(settings):
        return
    for vendor, given in dict.fromkeys(_billed(settings)):
        if not prices.has(vendor, given.name):
            logger.warning("what=no_price model=%s given=%s see=PRICES: no limit counts what it costs", given.name, given.at)


def _has_limit(settings: Settings) -> bool:
    of_settings = (settings.spend_per_day_usd, settings.spend_agent_per_day_usd, settings.spend_caller_per_day_usd)
    of_files = (file.agent.spend_per_day_usd for file in own_files(settings))
    return any(limit is not None for limit in (*of_settings, *of_files))


def _billed(settings: Settings) -> Iterator[_Billed]:
    """What the chosen vendors that cost money are asked for."""
    paid = paid_for(settings)
    for stage, choice in choose_vendors(settings).items():
        for vendor in choice.names:
            if vendor in paid:
                yield from _names(f"{stage}/{vendor}", settings)


def _names(place: str, settings: Settings) -> Iterator[_Billed]:
    openai, google = "openai", "google"
    match place:
        case "asr/openai":
            yield openai, Given(settings.asr_model, "ASR_MODEL")
            yield from ((openai, given) for given in own_models("asr", settings))
        case "asr/openai_2":
            yield openai, Given(settings.asr_2_model, "ASR_2_MODEL")
        case "llm/openai":
            yield openai, Given(settings.llm_model, "LLM_MODEL")
            yield from ((openai, given) for given in own_models("llm", settings))
        case "llm/openai_2":
            yield openai, Given(settings.llm_2_model, "LLM_2_MODEL")
        case "tts/openai":
            yield openai, Given(settings.tts_openai_model, "TTS_OPENAI_MODEL")
            spoken = (file for file in own_files(settings) if file.agent.models.tts and not _is_googles(file))
            yield from ((openai, Given(file.agent.models.tts, file.at("models", "tts"))) for file in spoken)
        case "tts/google":
            yield google, Given(settings.tts_voice, "TTS_VOICE")
            yield from ((google, Given(file.agent.voice, file.at("voice"))) for file in own_files(settings) if _is_googles(file))
        case "tts/google_unary":
            yield google, Given(settings.tts_unary_voice, "TTS_UNARY_VOICE")
        case _:
            pass


def _is_googles(file: OwnFile) -> bool:
    """Whether its voice is; OpenAI's are plain words."""
    return "-" in file.agent.voice
