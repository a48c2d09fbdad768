"""What a model thinks aloud before it answers is not said."""

import random

import pytest

from llm_worker.thoughts import Thoughts


def said(*deltas: str) -> str:
    thoughts = Thoughts()
    return "".join(map(thoughts.push, deltas)) + thoughts.end()


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("<think>They ask for the hours.</think>\n\nWe open at nine.", "We open at nine."),
        ("\n<thinking>\nhm\n</thinking>We open.", "We open."),
        ("<reasoning></reasoning>", ""),
        ("<think>It does not end", ""),
        ("We open <think>at</think> nine.", "We open <think>at</think> nine."),
        ("<b>We</b> open.", "<b>We</b> open."),
        ("<th", "<th"),
        ("", ""),
        ("  We open.", "  We open."),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_thought_at_the_beginning_is_left_out_however_it_is_split(written: str, heard: str, seed: int) -> None:
    dice, deltas, rest = random.Random(seed), [], written
    while rest:
        size = dice.randint(1, 9)
        deltas.append(rest[:size])
        rest = rest[size:]
    assert said(*deltas) == heard


def test_a_reply_without_one_does_not_wait() -> None:
    assert Thoughts().push("W") == "W"


def test_the_answer_leaves_as_soon_as_the_thought_has_ended() -> None:
    thoughts = Thoughts()
    assert [thoughts.push(delta) for delta in ("<think>", "hm</th", "ink>", " We", " open")] == ["", "", "", "We", " open"]
