"""What one call comes to, and what of it nobody heard."""

from typing import Literal

import pytest

from common.messages import Head, Message, ReplyEnded, Sentence, Stage, Use, Used
from common.prices import Price, Prices
from gateway.account import Account, Fate, Line, usd_of
from gateway.turn.events import CloseTurn

PRICES = Prices((Price(vendor="v", model="m", source="s", date="2026-11-23", million_characters=1_000_000, minute=60),))


def used(stage: Stage, turn: int = 1, seq: int = 0, model: str = "m", **amounts: float) -> Used:
    return Used(head=Head(call="CA1", turn=turn, seq=seq), stage=stage, uses=(Use(vendor="v", model=model, **amounts),))  # type: ignore[arg-type]


def said(text: str, turn: int = 1, seq: int = 0) -> Sentence:
    return Sentence(head=Head(call="CA1", turn=turn, seq=seq), text=text)


def account(*came: Message | CloseTurn) -> Account:
    made = Account("CA1", "clinic")
    for each in came:
        if isinstance(each, CloseTurn):
            made.turn_closed(each)
        else:
            made.heard_from(each)
    return made


def only_line(*came: Message | CloseTurn) -> Line:
    (line,) = account(*came).lines(PRICES)
    return line


def split(*came: Message | CloseTurn) -> dict[Fate, float]:
    usd = only_line(*came).usd
    assert usd is not None
    return usd


def closed(how: Literal["replied", "interrupted", "superseded"], heard: str = "") -> CloseTurn:
    return CloseTurn(1, how, "", heard)


def test_requests_to_one_model_stand_in_one_line() -> None:
    line = only_line(used("asr", seconds=1), used("asr", turn=2, seconds=2.5))
    assert (line.requests, line.amounts["seconds"], line.usd) == (2, 3.5, {"of_use": 3.5, "dropped": 0.0, "unheard": 0.0})


def test_the_same_model_in_two_stages_stands_in_two_lines() -> None:
    assert [line.stage for line in account(used("tts"), used("asr")).lines(PRICES)] == ["asr", "tts"]


def test_a_model_without_a_price_costs_nobody_knows_what_and_not_nothing() -> None:
    line = only_line(used("llm", model="unheard_of", input_tokens=5))
    assert (line.usd, line.amounts["input_tokens"]) == (None, 5)


def test_what_has_a_price_is_summed() -> None:
    assert usd_of(account(used("asr", seconds=2), used("llm", model="unheard_of")).lines(PRICES)) == 2


def test_what_a_vendor_did_not_tell_is_counted() -> None:
    assert only_line(used("llm", estimated=True), used("llm")).estimated == 1


@pytest.mark.parametrize("stage", ["llm", "tts"])
def test_a_superseded_turn_was_a_draft_that_was_dropped(stage: Stage) -> None:
    assert split(used(stage, characters=4), closed("superseded")) == {"of_use": 0, "dropped": 4, "unheard": 0}


def test_what_was_heard_of_the_caller_is_of_use_in_a_dropped_draft_too() -> None:
    assert split(used("asr", seconds=2), closed("superseded"))["of_use"] == 2


def test_the_model_is_of_use_where_the_caller_cut_in() -> None:
    assert split(used("llm", characters=4), closed("interrupted"))["of_use"] == 4


def test_a_sentence_that_was_heard_is_of_use() -> None:
    assert split(said("Hello."), used("tts", characters=6), closed("replied", "Hello."))["unheard"] == 0


def test_the_share_behind_the_last_word_was_unheard() -> None:
    assert split(said("Good morning"), used("tts", characters=12), closed("interrupted", "Good"))["unheard"] == pytest.approx(8)


def test_a_sentence_behind_the_one_that_was_cut_was_unheard() -> None:
    came = (said("One."), said("Two.", seq=1), used("tts", seq=1, characters=4), closed("interrupted", "One."))
    assert split(*came)["unheard"] == 4


def test_a_turn_that_goes_on_counts_as_heard() -> None:
    assert split(said("Hello."), used("tts", characters=6))["of_use"] == 6


def test_a_sentence_that_nobody_told_of_counts_as_heard() -> None:
    assert split(used("tts", characters=6), closed("replied"))["of_use"] == 6


def test_other_messages_cost_nothing() -> None:
    assert account(ReplyEnded(head=Head(call="CA1", turn=1), sentences=1)).lines(PRICES) == []
