"""The judge hears what is wrong in a call, and nothing else."""

from itertools import accumulate

import pytest

from tests.chaos.costs import Strike, unexcused
from tests.chaos.hands import pitch_of
from tests.chaos.judge import Reply, Said, Verdict, judge
from tts_worker.tones import HeardTone

REPLY = Reply((700, 700))
WORDS, MORE_WORDS = Said(1000, 1500), Said(6000, 6500)


def tones(*heard: tuple[int, int, int, int]) -> list[HeardTone]:
    """Of (turn, sentence, begin, length)."""
    return [HeardTone(turn, sentence, begin, begin + length) for turn, sentence, begin, length in heard]


def heard(*stretches: tuple[int, int, int, int], said: tuple[Said, ...] = (WORDS,)) -> list[Verdict]:
    return judge(said, tones(*stretches), [REPLY], 10_000)


CUTTING_IN = Said(2800, 5500, cuts_in=True)
WHOLE = ((1, 0, 2500, 700), (1, 1, 3200, 700))
FALLBACK = (0, 3, 4000, 900)


def test_a_whole_reply_has_no_complaints() -> None:
    (verdict,) = heard(*WHOLE)
    assert (verdict.answered, verdict.late_ms, verdict.over_ms) == (True, 1000, 2400)


def test_a_greeting_before_the_callers_words_is_none_of_its_turns() -> None:
    assert heard((0, 0, 0, 800), *WHOLE)[0].answered


def test_a_call_without_words_has_no_turns() -> None:
    assert heard(said=()) == []


def test_nothing_heard_is_a_lost_turn() -> None:
    assert heard()[0].complaints == ("no reply",)


def test_the_silence_of_a_lost_turn_lasts_to_its_end() -> None:
    assert heard()[0].silence_ms == 8500


def test_a_filler_breaks_the_silence() -> None:
    assert heard((0, 2, 3500, 700), (1, 0, 5200, 700), (1, 1, 5900, 700))[0].silence_ms == 2000


def test_a_sentence_that_is_missing_is_told() -> None:
    assert heard(WHOLE[0])[0].complaints == ("missing 1",)


def test_half_a_sentence_is_cut_short() -> None:
    assert heard(WHOLE[0], (1, 1, 3200, 300))[0].complaints == ("cut 1 (300 of 700 ms)",)


def test_a_sentence_that_stops_and_goes_on_is_whole() -> None:
    assert heard((1, 0, 2500, 300), (1, 0, 4300, 500), (1, 1, 4800, 700))[0].answered


def test_a_sentence_twice_is_doubled() -> None:
    assert heard((1, 0, 2500, 700), (1, 0, 3300, 700), (1, 1, 4000, 700))[0].complaints == ("doubled 0 (1400 of 700 ms)",)


def test_sentences_in_another_order_are_told() -> None:
    assert heard((1, 1, 2500, 700), (1, 0, 3200, 700))[0].complaints == ("out of order",)


def test_a_sentence_of_an_earlier_turn_is_stale() -> None:
    (_, second) = heard(*WHOLE, (1, 1, 7000, 700), (2, 0, 7700, 700), (2, 1, 8400, 700), said=(WORDS, MORE_WORDS))
    assert second.complaints == ("stale 1.1",)


def test_where_turns_are_counted_anew_nothing_of_that_number_is_stale() -> None:
    stretches = tones(*WHOLE, (1, 0, 7700, 700), (1, 1, 8400, 700))
    second = [judge((WORDS, MORE_WORDS), stretches, [REPLY], 10_000, anew_ms)[1].complaints for anew_ms in ([6800], [5000], [])]
    assert second == [(), ("stale 1.0", "stale 1.1", "no reply"), ("stale 1.0", "stale 1.1", "no reply")]


def test_a_reply_that_is_begun_anew_in_another_turn_is_told() -> None:
    (verdict,) = heard((1, 0, 2500, 400), (2, 0, 4500, 700), (2, 1, 5200, 700))
    assert verdict.complaints == ("begun twice 1, 2",)


def test_a_beep_in_place_of_a_sentence_is_told() -> None:
    assert "beep" in heard((1, 0, 2500, 700), (-1, -1, 3300, 200))[0].complaints


def test_a_sentence_that_nobody_planned_is_told() -> None:
    assert heard(*WHOLE, (1, 2, 3900, 700))[0].complaints == ("unknown sentence 2",)


# --- Replies of several lengths

LONG = Reply((700, 1400))


def test_a_long_reply_is_whole_when_all_of_it_was_heard() -> None:
    (verdict,) = judge((WORDS,), tones((1, 0, 2500, 700), (1, 1, 3200, 1400)), [REPLY, LONG], 10_000)
    assert (verdict.answered, verdict.length_ms, verdict.waited_ms) == (True, 2100, 1000)


def test_a_long_reply_of_which_the_sound_of_a_short_one_was_heard_is_cut_short() -> None:
    (verdict,) = judge((WORDS,), tones(*WHOLE), [REPLY, LONG], 10_000)
    assert verdict.complaints == ("cut 1 (700 of 1400 ms)",)


# --- Replies whose tool may or may not have done its work

SURE, UNSURE = ((1, 0, 2500, 700), (1, 1, 3200, 700)), ((1, 0, 2500, 700), (1, 1, 3200, 1400))


def with_tool(*stretches: tuple[int, int, int, int], said: tuple[Said, ...] = (WORDS,)) -> list[Verdict]:
    return judge(said, tones(*stretches), [Reply((700, 700), (700, 1400), 500)], 10_000)


@pytest.mark.parametrize(("stretches", "complaints", "unsure"), [(SURE, (), False), (UNSURE, ("unsure",), True)])
def test_a_reply_that_nobody_knows_what_a_tool_did_is_told_apart(
    stretches: tuple[tuple[int, int, int, int], ...], complaints: tuple[str, ...], unsure: bool
) -> None:
    (verdict,) = with_tool(*stretches)
    assert (verdict.complaints, verdict.unsure) == (complaints, unsure)


def test_what_a_tool_takes_is_not_waited_for() -> None:
    assert with_tool(*SURE)[0].waited_ms == 500


def test_a_reply_with_a_tool_that_is_cut_short_is_told() -> None:
    assert with_tool(SURE[0], (1, 1, 3200, 300))[0].complaints == ("cut 1 (300 of 700 ms)",)


def test_a_caller_who_cuts_in_cannot_tell() -> None:
    first, _ = with_tool((1, 0, 1600, 700), (1, 1, 2300, 1000), (2, 0, 6500, 700), said=(WORDS, CUTTING_IN))
    assert (first.complaints, first.unsure) == ((), False)


# --- Replies of two attempts


def of(*stretches: tuple[int, int, int, int]) -> Verdict:
    """Of a reply's four sentences as they were heard: (sentence, hand, voice, length), one behind the other."""
    begins = accumulate((length for *_, length in stretches), initial=2500)
    told = tones(*((1, pitch_of(*whose), begin, length) for begin, (*whose, length) in zip(begins, stretches, strict=False)))
    (verdict,) = judge((WORDS,), told, [Reply((700,) * 4)], 20_000)
    return verdict


def in_words(*hands: int) -> Verdict:
    return of(*((number, hand, 0, 700) for number, hand in enumerate(hands)))


@pytest.mark.parametrize(("hands", "complaints", "changes"), [
    ((0, 0, 0, 0), (), 0),
    ((3, 3, 3, 3), (), 0),
    ((0, 1, 1, 1), (), 1),
    ((0, 2, 2, 3), ("words 2",), 2),
    ((1, 0, 1, 1), ("words 2",), 2),
])  # fmt: skip
def test_words_of_two_attempts_may_stand_behind_each_other_alone(hands: tuple[int, ...], complaints: tuple[str, ...], changes: int) -> None:
    verdict = in_words(*hands)
    assert (verdict.complaints, verdict.words_change) == (complaints, changes)


def test_a_sentence_that_begins_in_one_attempts_words_and_ends_in_anothers_is_told() -> None:
    assert of((0, 0, 0, 700), (1, 0, 0, 300), (1, 1, 0, 400), (2, 1, 0, 700), (3, 1, 0, 700)).complaints == ("torn 1",)


def test_a_sentence_that_two_attempts_say_in_their_own_words_is_doubled_and_torn() -> None:
    twice = of((0, 0, 0, 700), (1, 0, 0, 700), (1, 1, 0, 700), (2, 1, 0, 700), (3, 1, 0, 700))
    assert twice.complaints == ("doubled 1 (1400 of 700 ms)", "torn 1")


@pytest.mark.parametrize("kind", ["kill", "tail", "empty", "gateway"])
def test_no_fault_may_tear_a_sentence(kind: str) -> None:
    torn = of((0, 0, 0, 700), (1, 0, 0, 300), (1, 1, 0, 400), (2, 1, 0, 700), (3, 1, 0, 700))
    assert unexcused(torn, [strike(kind)]) == ["torn 1"]


def test_a_sentence_may_be_finished_in_another_voice() -> None:
    verdict = of((0, 0, 0, 400), (0, 0, 1, 300), (1, 0, 1, 700), (2, 0, 0, 700), (3, 0, 0, 700))
    assert (verdict.complaints, verdict.voices_change) == ((), 1)


def test_two_voices_may_not_alternate_in_a_sentence() -> None:
    verdict = of((0, 0, 0, 200), (0, 0, 1, 200), (0, 0, 0, 300), (1, 0, 0, 700), (2, 0, 0, 700), (3, 0, 0, 700))
    assert verdict.complaints == ("voices 2",)


@pytest.mark.parametrize(("faults", "left"), [(1, ["words 2"]), (2, [])])
def test_words_go_from_one_to_the_other_once_a_fault(faults: int, left: list[str]) -> None:
    assert unexcused(in_words(1, 0, 1, 1), [strike("kill")] * faults) == left


# --- Callers who speak while a gateway stands still

NOT_HEARD = Said(4500, 5000, reach_ms=7000)
"""The caller took the reply for whole; its last bit was yet to be sent."""


def after_a_freeze(rest_at_ms: int) -> Verdict:
    stretches = ((1, 0, 2500, 700), (1, 1, 3200, 600), (1, 1, rest_at_ms, 100), (2, 0, 7500, 700), (2, 1, 8200, 700))
    return heard(*stretches, said=(WORDS, NOT_HEARD))[1]


def test_what_a_gateway_that_stood_still_was_about_to_say_goes_on_over_the_caller() -> None:
    assert (after_a_freeze(6800).complaints, unexcused(after_a_freeze(6800), [strike("frozen")])) == (("leaked",), [])


def test_what_it_says_once_it_hears_the_caller_is_stale() -> None:
    assert unexcused(after_a_freeze(7100), [strike("frozen")]) == ["stale 1.1"]


# --- Callers who cut in

NEXT_REPLY = ((2, 0, 6500, 700), (2, 1, 7200, 700))


def test_the_rest_of_a_reply_that_is_cut_in_on_is_not_missed() -> None:
    first, second = heard((1, 0, 2500, 500), *NEXT_REPLY, said=(WORDS, CUTTING_IN))
    assert (first.answered, first.cut_in_on, first.over_ms, second.answered) == (True, True, None, True)


def test_a_sentence_may_begin_just_when_it_is_cut_in_on() -> None:
    first, second = heard((1, 0, 2200, 700), (1, 1, 2900, 200), *NEXT_REPLY, said=(WORDS, CUTTING_IN))
    assert (first.answered, second.answered) == (True, True)


def test_a_reply_that_goes_on_over_the_caller_is_told() -> None:
    first, _ = heard((1, 0, 2500, 1200), *NEXT_REPLY, said=(WORDS, CUTTING_IN))
    assert "leaked" in first.complaints


def test_the_rest_of_it_is_stale_afterwards() -> None:
    _, second = heard((1, 0, 2500, 500), (1, 1, 5800, 700), *NEXT_REPLY, said=(WORDS, CUTTING_IN))
    assert second.complaints == ("stale 1.1",)


def test_the_rest_of_it_while_the_caller_still_speaks_goes_on_over_the_caller() -> None:
    _, second = heard((1, 0, 2500, 500), (1, 1, 4500, 160), *NEXT_REPLY, said=(WORDS, CUTTING_IN))
    assert second.complaints == ("leaked",)


# --- What a fault may cost


def strike(kind: str) -> Strike:
    return Strike(kind, "", 0, 0, frozenset())  # type: ignore[arg-type]


def test_a_worker_that_dies_may_cost_no_turn() -> None:
    assert unexcused(heard(FALLBACK)[0], [strike("kill")]) == ["no reply"]


def test_a_redis_that_forgets_may_cost_a_turn_whose_caller_is_told() -> None:
    assert unexcused(heard(FALLBACK)[0], [strike("empty")]) == []


def test_a_gateway_that_stood_still_may_go_on_over_a_caller_whom_it_did_not_hear() -> None:
    first, _ = heard((1, 0, 2500, 1200), *NEXT_REPLY, said=(WORDS, CUTTING_IN))
    assert ("leaked" in unexcused(first, [strike("frozen")]), "leaked" in unexcused(first, [strike("kill")])) == (False, True)


@pytest.mark.parametrize(("late_ms", "left"), [(400, ["leaked"]), (600, [])])
def test_a_caller_whose_own_clock_stood_still_may_be_gone_on_over(late_ms: int, left: list[str]) -> None:
    first, _ = heard((1, 0, 2500, 1200), *NEXT_REPLY, said=(WORDS, CUTTING_IN))
    assert [one for one in unexcused(first, [], caller_late_ms=late_ms) if one == "leaked"] == left


@pytest.mark.parametrize("kind", ["empty", "restart", "tail", "pause", "master", "frozen", "gateway"])
def test_no_fault_may_leave_a_caller_without_a_word(kind: str) -> None:
    assert "no reply" in unexcused(heard()[0], [strike(kind)])


def test_a_gateway_that_dies_may_have_its_reply_begun_anew() -> None:
    (verdict,) = heard((1, 0, 2500, 400), (2, 0, 4500, 700), (2, 1, 5200, 700))
    assert (unexcused(verdict, [strike("gateway")]), unexcused(verdict, [strike("kill")])) == ([], ["begun twice 1, 2"])


@pytest.mark.parametrize("kind", ["kill", "empty", "gateway"])
def test_a_doubled_sentence_is_never_excused(kind: str) -> None:
    (verdict,) = heard((1, 0, 2500, 700), (1, 0, 3300, 700), (1, 1, 4000, 700), FALLBACK)
    assert unexcused(verdict, [strike(kind)]) == ["doubled 0 (1400 of 700 ms)"]


def test_while_a_gateway_stands_still_nobody_can_be_heard() -> None:
    (verdict,) = judge((WORDS,), tones((1, 0, 15_000, 700), (1, 1, 15_700, 700)), [REPLY], 17_000)
    frozen = [Strike("frozen", "", 0, seconds, frozenset()) for seconds in (5.0, 6.0)]
    assert [unexcused(verdict, [one]) for one in frozen] == [["silence of 13500 ms"], []]


def test_a_silence_that_is_too_long_is_a_complaint_of_its_own() -> None:
    (verdict,) = judge((WORDS,), tones((1, 0, 10_000, 700), (1, 1, 10_700, 700)), [REPLY], 12_000)
    assert unexcused(verdict, []) == ["silence of 8500 ms"]


def test_a_strike_hits_the_turns_that_it_falls_into() -> None:
    struck = Strike("restart", "redis", 10.0, 12.0, frozenset({"CA1"}))
    hits = [struck.hits("CA1", begin_s, begin_s + 5) for begin_s in (4.0, 6.0, 11.0, 14.0, 16.0)]
    assert hits == [False, True, True, True, False]


def test_a_strike_hits_no_other_call() -> None:
    assert not Strike("kill", "asr", 10.0, 10.0, frozenset({"CA1"})).hits("CA2", 9.0, 12.0)
