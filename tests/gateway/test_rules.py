"""What the core goes by, out of the settings."""

from dataclasses import fields

from common.config import load
from gateway.rules import SETTING_OF, rules_of
from gateway.turn.state import Rules


def test_every_rule_but_what_detector_and_agent_tell_is_a_setting() -> None:
    assert {field.name for field in fields(Rules)} - set(SETTING_OF) == {"onset", "destinations"}


def test_a_setting_is_a_rule() -> None:
    rules = rules_of(load({"MIN_UTT_SEC": "0.5", "SPECULATE_DRAFTS": "3", "BARGE_IN": "false"}))
    assert (rules.min_utt_s, rules.max_drafts, rules.barge_in) == (0.5, 3, False)
