"""What is told of two results: above all, that a gateway which is badly broken does not pass.

The broken ones were real: each change was made to the gateway, and the comparison of its day said "No score regressed".
"""

from collections.abc import Callable

import pytest

from tests.bench.turns.changes import changes, other_events, regressed, told
from tests.bench.turns.made_calls import AT_S, VOICE_S, outcome, says, scene
from tests.bench.turns.outcome import Heard, Outcome, Reply
from tests.bench.turns.panel import panel
from tests.bench.turns.results import Json, to_json
from tests.bench.turns.scene import Half, Kind, Scene

END_S = AT_S + VOICE_S
CUT_S = AT_S + 0.12
CUT_BYTE = round((CUT_S - 8.0) * 8000)
Bot = Callable[[Scene], Outcome]


def called(bot: Bot, kind: Kind, names: str = "abc", half: Half = "tuning", run: str = "hold") -> Json:
    made = [scene(kind, name=name, half=half) for name in names]
    return to_json({run: panel((each, bot(each)) for each in made)})


def both_halves(bots: dict[Half, Bot]) -> Json:
    made = [(scene(Kind.INTERRUPTION, name=f"{half}/{name}", half=half), bot) for half, bot in bots.items() for name in "abc"]
    return to_json({"hold": panel((each, bot(each)) for each, bot in made)})


def yields(after_s: float = 0.1) -> Bot:
    """And answers."""
    return lambda of: outcome(of, [says(8.0, AT_S + after_s), says(END_S + 1.0, 40.0, turn=2)], clears=[AT_S + after_s])


def answers(after_s: float) -> Bot:
    return lambda of: outcome(of, [says(END_S + after_s, 40.0)], commits=[END_S + after_s])


def held(*then: Heard, how: str = "resumed") -> Bot:
    def bot(of: Scene) -> Outcome:
        holds = [(CUT_S, then[0].start_s if then else 15.5, how)]
        return outcome(of, [says(8.0, CUT_S), *then], holds=holds, replies=[Reply(1, 200_000, "hung_up", 15.5)], length_s=15.5)

    return bot


def silent(of: Scene) -> Outcome:
    """It fell silent by itself before the caller's sound."""
    return outcome(of, [says(8.0, 9.2)])


def talks_on(of: Scene) -> Outcome:
    return outcome(of, [says(8.0, 40.0)])


GOES_ON = says(AT_S + 1.0, 15.5, offset=CUT_BYTE)


# -- Gateways that are broken -----------------------------------------------------------------------


def lost(before: Json, now: Json) -> set[str]:
    """Metrics that regressed."""
    return {change.where.split(": ")[1].partition(",")[0] for change in changes(before, now) if change.regressed}


def test_a_bot_that_is_mute_after_a_second_of_each_reply_is_found() -> None:
    kinds = {Kind.INTERRUPTION: "R_Y", Kind.BACKCHANNEL: "S_BC", Kind.VOCAL: "S_VT", Kind.RADIO: "S_ND", Kind.DTMF: "keys"}
    assert all(metric in lost(called(talks_on, kind), called(silent, kind)) for kind, metric in kinds.items())


def test_a_bot_that_never_replies_is_found_where_its_caller_waits_for_it_in_vain() -> None:
    assert "R_Y" in lost(called(yields(), Kind.INTERRUPTION), called(lambda of: outcome(of, meets=False), Kind.INTERRUPTION))


def test_a_bot_that_stops_itself_by_its_echo_is_found_though_it_then_says_more_replies() -> None:
    quiet, echoing = says(12.0, 18.0), [says(12.0, 12.3), says(14.0, 14.3, turn=2)]
    before = called(lambda of: outcome(of, [quiet]), Kind.ECHO)
    assert lost(before, called(lambda of: outcome(of, echoing, onsets=[12.2, 14.2]), Kind.ECHO)) == {"self-echo"}


def test_a_hold_that_is_never_taken_back_is_found() -> None:
    assert lost(called(held(GOES_ON), Kind.VOCAL), called(held(how="over"), Kind.VOCAL)) >= {"taken back", "resumes"}


def test_a_hold_that_is_taken_back_later_is_found_within_its_2_s() -> None:
    later = says(AT_S + 1.5, 15.5, offset=CUT_BYTE)
    assert lost(called(held(GOES_ON), Kind.VOCAL), called(held(later), Kind.VOCAL)) == {"silence"}


def test_an_interruption_that_stops_the_bot_and_is_never_answered_is_found() -> None:
    unanswered = called(lambda of: outcome(of, [says(8.0, AT_S + 0.1)], clears=[AT_S + 0.1]), Kind.INTERRUPTION)
    assert lost(called(yields(), Kind.INTERRUPTION), unanswered) == {"R_R", "R_R 2 s"}


def test_a_commit_that_is_half_a_second_later_is_found() -> None:
    assert lost(called(answers(1.0), Kind.UTTERANCE), called(answers(1.5), Kind.UTTERANCE)) == {"L_R", "end"}


def test_a_stop_that_is_later_is_found_within_the_same_window() -> None:
    assert lost(called(yields(0.1), Kind.INTERRUPTION), called(yields(0.2), Kind.INTERRUPTION)) == {"EVA", "L_Y", "clear"}


def test_answers_that_are_too_late_for_their_points_are_found() -> None:
    assert "EVA" in lost(called(answers(1.0), Kind.ANSWER), called(answers(3.0), Kind.ANSWER))


# -- Rules ------------------------------------------------------------------------------------------


def test_an_event_that_changed_sides_is_named() -> None:
    before = both_halves({"tuning": yields(), "held-out": yields()})
    lines = list(told(before, both_halves({"tuning": yields(), "held-out": talks_on})))
    start = lines.index("REGRESSED: hold: R_Y: held-out, interruption: 3 broke, 0 had no occasion, 0 mended")
    assert lines[start + 1 : start + 4] == ["  - held-out/a", "  - held-out/b", "  - held-out/c"]
    assert lines[-1] == "A score regressed. ARGS=--write accepts it."


def test_what_one_half_wins_does_not_make_up_for_what_the_other_loses() -> None:
    before = both_halves({"tuning": talks_on, "held-out": yields()})
    assert regressed(changes(before, both_halves({"tuning": yields(), "held-out": talks_on})))


def test_nor_does_one_kind_of_sound_for_another() -> None:
    def mixed(radio: Bot, babble: Bot) -> Json:
        made = [(scene(Kind.RADIO, name="r"), radio), (scene(Kind.BABBLE, name="b"), babble)]
        return to_json({"duck": panel((each, bot(each)) for each, bot in made)})

    assert "S_ND" in lost(mixed(talks_on, yields()), mixed(yields(), talks_on))


def test_as_many_gains_as_losses_of_one_kind_are_a_change_and_no_regression() -> None:
    def one_of_two(good: str) -> Json:
        return called(lambda of: (talks_on if of.name == good else yields(0.5))(of), Kind.BACKCHANNEL, "ab")

    found = {change.where: change for change in changes(one_of_two("a"), one_of_two("b"))}
    assert not found["hold: S_BC: tuning, backchannel"].regressed


def test_an_occasion_that_is_there_again_is_a_gain() -> None:
    (mended,) = (
        change
        for change in changes(called(silent, Kind.BACKCHANNEL, "a"), called(talks_on, Kind.BACKCHANNEL, "a"))
        if "S_BC" in change.where
    )
    assert list(mended.names) == ["  + a"]
    assert not mended.regressed


def test_less_than_40_ms_are_not_told() -> None:
    assert not list(changes(called(answers(1.0), Kind.ANSWER), called(answers(1.03), Kind.ANSWER)))


def test_what_is_sooner_is_told_and_no_regression() -> None:
    found = list(changes(called(answers(1.5), Kind.UTTERANCE), called(answers(1.0), Kind.UTTERANCE)))
    assert [change.told for change in found if "L_R" in change.where] == [
        "hold: L_R, tuning, mean s: 1.500, now 1.000",
        "hold: L_R, tuning, p95 s: 1.500, now 1.000",
    ]
    assert not regressed(found)


def test_more_interruptions_by_the_bot_are_worse_though_the_same_turns_have_them() -> None:
    def breaks_in(times: int) -> Bot:
        return lambda of: outcome(of, [says(AT_S + 0.3 * number, AT_S + 0.3 * number + 0.05) for number in range(1, times + 1)])

    assert {"I_A", "I_A utterance", "EVA"} <= lost(called(breaks_in(1), Kind.UTTERANCE), called(breaks_in(3), Kind.UTTERANCE))


def test_of_other_material_what_both_have_is_compared() -> None:
    before, now = called(yields(), Kind.INTERRUPTION, "ab"), called(talks_on, Kind.INTERRUPTION, "bc")
    (found,) = (change for change in changes(before, now) if change.where == "hold: R_Y: tuning, interruption")
    assert list(found.names) == ["  - b"]
    assert "hold: R_Y (1 of 2 and 2 are the same)" in list(other_events(before, now))
    assert "L_Y" not in lost(before, now)


def test_a_run_that_only_one_has_is_told() -> None:
    lines = list(told(called(yields(), Kind.INTERRUPTION), called(yields(), Kind.INTERRUPTION, run="duck")))
    assert "duck: R_Y; " in lines[0]
    assert lines[-1] == "No score regressed."


@pytest.mark.parametrize("kind", Kind)
def test_the_same_result_twice_has_nothing_to_tell(kind: Kind) -> None:
    assert list(told(called(yields(), kind), called(yields(), kind))) == ["No score regressed."]


def test_nothing_to_compare_with_is_told_too() -> None:
    assert list(told({}, called(yields(), Kind.INTERRUPTION))) == ["Nothing is kept to compare with. ARGS=--write keeps this."]


def test_another_processor_is_told_before_what_changed() -> None:
    kept, now = ({**called(yields(), Kind.INTERRUPTION), "made": {"runs": {"processor": name}}} for name in ("an older one", "a newer one"))
    first, *others = told(kept, now)
    assert first.startswith("Kept on another processor (an older one; here a newer one)")
    assert others == ["No score regressed."]
