"""The stage carries a call as a line does, and tells truly what was heard in it."""

from dataclasses import replace
from pathlib import Path

import pytest

from common.audio import silence
from gateway.records.format import decode
from tests.bench.phone_line import PhoneLine
from tests.bench.turns.ear import whisper_ear
from tests.bench.turns.outcome import Outcome
from tests.bench.turns.scene import After, Cue, Kind, Scene
from tests.bench.turns.stage import run
from tests.bench.turns.stage_all import run_all
from tests.bench.turns.stage_scenes import ORDER, QUESTION, TableEar, over_the_bot, said, scene
from tests.bench.turns.stage_settings import PLAIN, here
from tests.bench.turns.vendors import GUIDE
from tools.recorded.story import tell

PLAIN_EARS = replace(PLAIN, vad="webrtc")
"""No model: what is tested is the stage."""
NODS = TableEar(((1.8, "mhm"), (99.0, "when do you close?")))
"""A short piece is a nod."""


def played(shown: Scene, ear: TableEar | None = None, **settings: object) -> Outcome:
    return run(shown, replace(PLAIN_EARS, **settings), ear=ear or TableEar())  # type: ignore[arg-type]  # names of settings


def interruption(delay_s: float = 2.0) -> Scene:
    return over_the_bot(said(ORDER, Kind.INTERRUPTION, After.BOT_BEGINS, delay_s))


def nod() -> Scene:
    return over_the_bot(said(ORDER, Kind.BACKCHANNEL, After.BOT_BEGINS, 2.0, longest_s=0.4))


def test_a_caller_who_stopped_is_answered() -> None:
    outcome = played(scene(said(QUESTION, Kind.UTTERANCE)))
    (question,) = outcome.played
    end_s = question.start_s + len(said(QUESTION, Kind.UTTERANCE).sound) / 8000
    assert [commit.text for commit in outcome.commits] == ["please open the door now."]
    assert end_s < outcome.heard[0].start_s < end_s + 2.5
    assert (outcome.heard[0].kind, outcome.heard[0].offset) == ("reply", 0)


def test_a_reply_is_heard_from_the_moment_of_its_commit() -> None:
    outcome = played(scene(said(QUESTION, Kind.UTTERANCE)))
    assert outcome.heard[0].start_s == pytest.approx(outcome.commits[0].at_s, abs=0.001)


def test_a_guides_delays_come_on_top() -> None:
    at_once = played(scene(said(QUESTION, Kind.UTTERANCE)), speculate="off")
    later = run(scene(said(QUESTION, Kind.UTTERANCE)), replace(PLAIN_EARS, speculate="off"), GUIDE, ear=TableEar())
    assert later.heard[0].start_s - at_once.heard[0].start_s > 0.5


def test_an_interruption_silences_the_bot_and_is_answered() -> None:
    outcome = played(interruption())
    (_, _, how), (turn, *_) = outcome.holds[0], [commit.turn for commit in outcome.commits[1:]]
    assert (how, [reply.ended for reply in outcome.replies[:3]]) == ("final", ["replied", "interrupted", "hung_up"])
    assert [heard.turn for heard in outcome.heard] == [1, turn]
    assert outcome.clears_s[0] <= outcome.heard[0].end_s <= outcome.clears_s[0] + 0.02


def test_a_nod_holds_the_bot_which_goes_on_where_it_was() -> None:
    outcome = played(nod(), NODS)
    before, after = outcome.heard
    stopped_at = before.offset + round((before.end_s - before.start_s) * 8000)
    assert [how for _, _, how in outcome.holds] == ["resumed"]
    assert stopped_at - 8000 < after.offset <= stopped_at
    assert after.start_s - before.end_s < 3.0


def test_a_bot_that_ducks_speaks_on_under_a_nod() -> None:
    outcome = played(nod(), NODS, barge_in_mode="duck")
    (heard,) = outcome.heard
    assert heard.ducked_s > 0.5
    assert [how for _, _, how in outcome.holds] == ["resumed"]
    assert not outcome.clears_s


def test_a_key_is_told_by_the_wire_and_ends_the_reply() -> None:
    tone = Cue("key", Kind.DTMF, said(ORDER, Kind.DTMF, longest_s=0.2).sound, After.BOT_BEGINS, 2.0, (0.0, 0.2), text="5")
    outcome = played(over_the_bot(tone))
    assert [commit.text for commit in outcome.commits][-1] == "5"


def test_a_bots_own_echo_does_not_stop_it() -> None:
    line = PhoneLine(delay_s=0.12, loss_db=24.0, response=(1.0, 0.3), codec_noise_db=20.0, noise_rms=20.0)
    listens = Cue("echo", Kind.ECHO, silence(4000), After.BOT_BEGINS, 0.0, (0.0, 0.0))
    shown = scene(said(QUESTION, Kind.UTTERANCE), listens, echo=line)
    unguarded, guarded = (played(shown, self_echo_guard=guard) for guard in (False, True))
    assert len(unguarded.onsets_s) > len(guarded.onsets_s) == 1


def test_where_the_bots_end_is_waited_for_its_reply_is_short() -> None:
    outcome = played(scene(said(QUESTION, Kind.UTTERANCE), said(ORDER, Kind.ANSWER, After.BOT_ENDS, 0.5)))
    reply, answer = outcome.heard[0], outcome.played[1]
    assert reply.end_s + 0.5 <= answer.start_s < reply.end_s + 0.7


def test_a_bot_that_hears_no_words_has_no_reply_to_wait_for() -> None:
    outcome = played(interruption(), TableEar(((99.0, ""),)))
    assert [each.kind for each in outcome.played] == [Kind.UTTERANCE]
    assert {heard.kind for heard in outcome.heard} == {"reprompt"}


def test_pieces_tell_where_on_the_line_they_were_and_what_was_read() -> None:
    ear = TableEar()
    outcome = played(scene(said(QUESTION, Kind.UTTERANCE)), ear)
    start = round(outcome.played[0].start_s * 50)
    (piece,) = [piece for piece in outcome.pieces if piece.kind == "whole"][-1:]
    assert start - 25 < piece.start <= start + 10 < piece.end
    assert piece.text == "please open the door now."
    assert ear.asked[-1] == ((piece.end - piece.start) / 50, "en")


def test_event_lines_are_kept_with_their_time() -> None:
    outcome = played(interruption())
    (at_s,) = [at_s for at_s, line in outcome.events if "BARGE_IN: interrupt speaking" in line]
    assert at_s == outcome.clears_s[0]


def test_a_record_is_one_that_can_be_drawn(tmp_path: Path) -> None:
    outcome = run(nod(), PLAIN_EARS, ear=NODS, records=tmp_path)
    assert outcome.record is not None
    story = tell(decode(outcome.record.read_bytes()))
    assert [span.name for span in story.holds.spans] == ["hold: resumed"]


def test_a_scene_has_the_same_outcome_each_time() -> None:
    assert run(interruption(), PLAIN_EARS, GUIDE, ear=TableEar()) == run(interruption(), PLAIN_EARS, GUIDE, ear=TableEar())


@pytest.mark.long
def test_two_processes_come_to_the_same_as_one() -> None:
    scenes = [replace(interruption(0.5 + number / 7), name=f"scene {number}") for number in range(10)]
    alone, together = (
        run_all(scenes, PLAIN_EARS, GUIDE, new_ear=TableEar, processes=processes, tell=lambda line: None) for processes in (1, 2)
    )
    assert alone == together


@pytest.mark.speech
def test_a_real_recogniser_and_detector_hear_a_caller() -> None:
    outcome = run(interruption(), here(), ear=whisper_ear(here()))
    assert [commit.text for commit in outcome.commits][-1].lower().startswith("please try again")
    assert [how for _, _, how in outcome.holds] == ["final"]
