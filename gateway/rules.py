"""What the core goes by, out of the settings. Their defaults stand in ``common/config.py`` alone."""

from typing import Any

from common.config import Settings
from gateway.turn.state import Rules

SETTING_OF = {
    "min_utt_s": "min_utt_sec",
    "max_utt_s": "max_utt_sec",
    "max_turn_s": "max_turn_sec",
    "max_reply_s": "max_reply_sec",
    "endpointing": "endpointing",
    "speculate": "speculate",
    "max_drafts": "speculate_drafts",
    "barge_in": "barge_in",
    "barge_in_mode": "barge_in_mode",
    "barge_in_final_ms": "barge_in_final_ms",
    "barge_in_duck_ms": "barge_in_duck_ms",
    "dedup_s": "dedup_sec",
}
"""Each field of ``Rules`` that is a setting, and the name of that."""


def rules_of(settings: Settings) -> Rules:
    """The rules of a call under these settings."""
    values: dict[str, Any] = {field: getattr(settings, setting) for field, setting in SETTING_OF.items()}
    return Rules(**values)
