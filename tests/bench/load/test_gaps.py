"""The gap that the gateway tells of an answer, against the one that its caller measured."""

from dataclasses import replace

from tests.bench.load.gaps import Gaps, gaps_of
from tests.bench.load.synthetic import result
from tests.bench.load.table import gaps_table
from tests.bench.load.talker import Said


def answered(turn: int, after_s: float) -> Said:
    """An utterance that ended at 10 s, and its answer."""
    return Said(over_bot=False, began_at=9.0, ended_at=10.0, answered_at=10.0 + after_s, answer=turn)


def line(call: str, turn: int, gap_ms: int) -> str:
    return f"EVENT call={call} turn={turn} WATERFALL gap_ms={gap_ms} hearing_ms=1 wait_ms=800\n"


def test_told_less_measured_is_told_of_each_answer() -> None:
    log = line("CA1", 1, 1200) + line("CA2", 1, 1300) + line("CA1", 2, 820)
    found = gaps_of(log, [("CA1", [answered(1, 1.210), answered(2, 0.800)]), ("CA2", [answered(1, 1.300)])])
    assert found == Gaps(3, 0, least=-10.0, p5=-9.0, p50=0.0, p95=18.0, most=20.0)


def test_turns_are_known_by_their_sound_which_comes_back_after_sixteen() -> None:
    log = line("CA1", 3, 800) + line("CA1", 19, 900)
    found = gaps_of(log, [("CA1", [answered(3, 0.800), answered(3, 0.900)])])
    assert (found.answers, found.least, found.most) == (2, 0.0, 0.0)


def test_an_answer_of_which_nothing_is_told_is_counted() -> None:
    waits = Said(over_bot=False, began_at=9.0, ended_at=10.0)
    assert gaps_of(line("CA2", 1, 800), [("CA1", [answered(1, 0.8), waits])]) == Gaps(0, 1)


def test_they_have_a_table_where_they_are_known() -> None:
    found = result()
    assert list(gaps_table(found)) == []
    found.gateway[1] = replace(found.gateway[1], gaps=Gaps(321, 1, -31.0, -28.5, -22.0, -20.25, 4.0))
    assert "| gateway with drafts | 150 | 321 | -22.0 | -28.5 / -20.25 | -31.0 / 4.0 | 1 |" in gaps_table(found)
    found.gateway[1] = replace(found.gateway[1], gaps=Gaps(0, 2))
    assert "| gateway with drafts | 150 | 0 | - | - | - | 2 |" in gaps_table(found)
