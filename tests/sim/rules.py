"""The rules that tests go by: those of a gateway where nothing is set. A test that is about others says which."""

from dataclasses import replace

from common.config import Settings
from gateway.rules import rules_of

RULES = rules_of(Settings())
SILENCE_ALONE = replace(RULES, endpointing="fixed", speculate="off")
"""Nothing is looked at in pauses, and no words are waited for: 0.7 s of silence are the end of an utterance."""
