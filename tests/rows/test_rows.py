"""The behaviour that was asked for, row by row, on the core and a simulated line: frames, marks and clears.

Rows that need the shell or real processes (S15-S17, and others again) are in ``test_rows_shell.py``
and in ``tests/integration`` and ``tests/e2e``.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from common.audio import FRAME_BYTES, SILENCE_BYTE, mulaw_to_pcm, rms, wav_to_mulaw
from common.messages import Head, StageFailed
from gateway.playout import Mark
from gateway.turn.events import CloseTurn, CommitTurn, FrameHeard, PublishTranscript, Report
from gateway.turn.machine import BotState
from gateway.vad.webrtc import FLOOR_RMS, WebrtcDetector
from tests.sim.desk import LOUD, Desk, asked_desk, speaking_desk
from tests.sim.rules import RULES, SILENCE_ALONE
from tests.sim.sound import BEEP_LABEL, phrase_book

GREETING, REPEAT, FALLBACK = 0, 1, 3
HELLO = Path(__file__).parents[1] / "data" / "callers" / "short_en_hello.wav"


def states(desk: Desk) -> list[str]:
    """The states, in the order in which they were shown."""
    return [str(dict(report.fields)["now"]) for report in desk.all(Report) if report.name == "STATE"]


def transcripts(desk: Desk) -> list[str]:
    """Texts that the core gave to the model itself."""
    return [command.text for command in desk.all(PublishTranscript)]


# -- S1 ---------------------------------------------------------------------------------------


def test_s01_the_bot_listens_thinks_speaks_and_listens_again() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=0.5)
    desk.wait(1.0)
    assert states(desk) == ["THINKING", "SPEAKING", "LISTENING"]


# -- S2 ---------------------------------------------------------------------------------------


def test_s02_an_utterance_ends_once_700_ms_after_its_last_voiced_frame() -> None:
    desk = Desk(SILENCE_ALONE)
    desk.speak(1.0)
    last_voiced = desk.now
    desk.wait(0.68)
    before = len(desk.published)
    desk.wait(3.0)
    assert (before, len(desk.published), round(published_at(desk) - last_voiced, 2)) == (0, 1, 0.7)


def published_at(desk: Desk) -> float:
    """When the utterance was published: its commit clock began."""
    ended = desk.machine.call.turn.utterance
    assert ended is not None
    assert ended.ended_at is not None
    return ended.ended_at


def test_s02_frames_of_silence_do_not_keep_it_open() -> None:
    desk = Desk()
    desk.speak(1.0)
    for _ in range(40):
        desk.do(FrameHeard(False, 5))
    assert len(desk.published) == 1


def test_s02_a_pause_within_it_does_not_end_it() -> None:
    desk = Desk(SILENCE_ALONE)
    desk.speak(0.5)
    desk.wait(0.6)
    desk.speak(0.5)
    desk.wait(0.8)
    assert [piece.piece for piece in desk.published] == ["whole"]


def test_s02_a_short_sound_is_ignored() -> None:
    desk = Desk()
    desk.speak(0.2)
    desk.wait(0.8)
    desk.understand("", piece="probe")
    desk.wait(1.0)
    assert (desk.state, desk.frames, desk.ends) == (BotState.LISTENING, [], ["replied"])


def test_s02_a_short_yes_is_answered() -> None:
    desk = Desk()
    desk.speak(0.2)
    desk.wait(1.1)
    desk.understand("כן", piece="probe")
    assert (desk.state, transcripts(desk)) == (BotState.THINKING, ["כן"])


# -- S3 ---------------------------------------------------------------------------------------


def test_s03_a_long_utterance_is_transcribed_in_segments_while_the_caller_goes_on() -> None:
    desk = Desk()
    desk.speak(13.0)
    assert ([piece.piece for piece in desk.published], desk.state) == (["segment", "segment"], BotState.LISTENING)


def test_s03_the_turn_ends_on_silence_with_all_segments() -> None:
    desk = Desk()
    desk.speak(13.0)
    desk.wait(0.8)
    for piece, text in zip(desk.published, ("אחת", "שתיים", "שלוש"), strict=True):
        desk.understand(text, seq=piece.seq)
    assert transcripts(desk) == ["אחת שתיים שלוש"]


def test_s03_the_turn_ends_at_max_turn_sec() -> None:
    desk = Desk()
    desk.speak(29.9)
    before = desk.state
    desk.speak(0.3)
    assert (before, desk.state) == (BotState.LISTENING, BotState.THINKING)


# -- S4 ---------------------------------------------------------------------------------------


def test_s04_whatever_is_delivered_twice_is_answered_once() -> None:
    desk = asked_desk()
    desk.understand("שלום")
    for _ in range(2):
        desk.reply("one.", "two.", seconds=0.5)
    desk.understand("שלום")
    desk.wait(3.0)
    assert (desk.sentences_heard, len(desk.frames), len(desk.all(CommitTurn))) == ([0, 1], 50, 1)


def test_s04_a_reply_to_an_older_turn_is_not_heard() -> None:
    desk = asked_desk()
    desk.speak(0.8)
    desk.wait(0.8)
    desk.understand("ועוד")
    old = desk.turn
    desk.press("1")
    assert desk.turn == old + 1
    desk.report(StageFailed(head=Head(call="c", turn=old), stage="llm", error="Timeout"))
    assert desk.turn == old + 1


# -- S5 ---------------------------------------------------------------------------------------


def test_s05_barge_in_stops_the_frames_at_once() -> None:
    desk = speaking_desk()
    desk.speak(0.1)
    at = desk.now
    desk.speak(0.4)
    assert desk.frames_since(at) == []


def test_s05_barge_in_clears_and_listens() -> None:
    desk = speaking_desk()
    desk.speak(0.1)
    assert (desk.clears == [desk.now], desk.state) == (True, BotState.LISTENING)


def test_s05_barge_in_answers_the_last_utterance() -> None:
    desk = speaking_desk()
    desk.speak(1.0)
    desk.wait(0.8)
    desk.understand("משהו אחר")
    desk.reply("other.", seconds=0.5)
    desk.wait(1.0)
    assert [(closed.turn, closed.how, closed.caller) for closed in desk.all(CloseTurn)][1:] == [
        (1, "interrupted", "שלום"),
        (2, "replied", "משהו אחר"),
    ]


def test_s05_barge_in_while_only_the_provider_still_plays() -> None:
    desk = Desk(latency_s=0.4)
    desk.say("שלום")
    desk.reply("one two three four.", seconds=2.0)
    desk.wait(2.0)
    all_sent = len(desk.frames)
    desk.speak(0.1)
    assert (all_sent, len(desk.clears)) == (100, 1)


def test_s05_barge_in_while_thinking_leaves_no_sound_of_the_old_reply() -> None:
    desk = asked_desk()
    desk.speak(0.3)
    desk.reply("one.", "two.")
    desk.speak(1.0)
    desk.wait(0.8)
    desk.understand("ועוד")
    desk.wait(1.0)
    assert desk.frames == []


def test_s05_a_caller_who_goes_on_while_the_bot_thinks_loses_no_word() -> None:
    desk = asked_desk(text="אני רוצה")
    desk.speak(1.0)
    desk.wait(0.8)
    desk.understand("לקבוע תור")
    desk.speak(1.0)
    desk.wait(1.0)
    desk.understand("למחר")
    assert transcripts(desk)[-1] == "אני רוצה לקבוע תור למחר"


def test_s05_a_cough_stops_the_bot_and_it_goes_on() -> None:
    desk = speaking_desk()
    desk.speak(0.2)
    desk.wait(0.4)
    desk.understand("")
    desk.wait(3.0)
    assert (desk.ends[-1], desk.all(CloseTurn)[-1].heard) == ("replied", "one two three four five six seven eight.")


def test_s05_without_barge_in_the_bot_speaks_on() -> None:
    desk = speaking_desk(replace(RULES, barge_in=False))
    desk.speak(1.0)
    assert (desk.clears, desk.state) == ([], BotState.SPEAKING)


# -- S6 ---------------------------------------------------------------------------------------


def test_s06_only_whole_frames_leave_and_the_last_one_is_padded() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=0.333)
    desk.wait(1.0)
    frames = [item for _, item in desk.sent if isinstance(item, bytes)]
    assert ({len(frame) for frame in frames}, frames[-1][-1]) == ({FRAME_BYTES}, SILENCE_BYTE)


def test_s06_frames_keep_an_absolute_clock() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=1.0)
    started = desk.now
    desk.wait(1.5)
    times = [at - started for at, item in desk.sent if isinstance(item, bytes)]
    assert [round(at, 2) for at in times] == [0.02] * 8 + [round(0.02 + 0.04 * (pair // 2 + 1), 2) for pair in range(42)]


def test_s06_a_stop_leaves_nothing_to_flush() -> None:
    desk = speaking_desk()
    desk.speak(0.1)
    assert desk.machine.call.playout.take(desk.now + 1.0) == []


# -- S7 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("floor_rms", "speech"), [(FLOOR_RMS, True), (5000, False)])
def test_s07_vad_rms_replaces_the_floor_of_the_detector(floor_rms: float, speech: bool) -> None:
    pcm = mulaw_to_pcm(wav_to_mulaw(HELLO))[2 * 8 * 600 :][:320]
    detector = WebrtcDetector(floor_rms)
    assert detector.is_speech(pcm, rms(pcm)) is speech


# -- S8 ---------------------------------------------------------------------------------------


def test_s08_the_greeting_is_said_once_at_the_start() -> None:
    desk = Desk(phrases=phrase_book())
    desk.wait(5.0)
    assert (desk.sentences_heard, len(desk.frames)) == ([GREETING], 51)


def test_s08_the_greeting_leaves_with_the_first_tick() -> None:
    desk = Desk(phrases=phrase_book())
    desk.tick()
    assert len(desk.frames) == 8


# -- S9 ---------------------------------------------------------------------------------------


def test_s09_a_mark_stands_at_the_end_of_each_reply() -> None:
    desk = asked_desk()
    desk.reply("one.", "two.", seconds=0.5)
    desk.wait(1.0)
    last = desk.sent[-1][1]
    assert isinstance(last, Mark)
    assert last.name.endswith(f":{50 * FRAME_BYTES}")


def test_s09_speaking_lasts_until_the_last_mark_comes_back() -> None:
    desk = asked_desk()
    desk.reply("one.", seconds=0.5)
    desk.wait(0.4)
    sent, before = len(desk.frames), desk.state
    desk.wait(0.16)
    playing = desk.state
    desk.wait(0.1)
    assert (sent, before, playing, desk.state) == (25, BotState.SPEAKING, BotState.SPEAKING, BotState.LISTENING)


# -- S10 --------------------------------------------------------------------------------------


def answered(text: str, reply: str) -> Desk:
    """A call in which ``text`` was answered and the answer heard."""
    desk = asked_desk(text=text)
    desk.reply(reply, seconds=0.5)
    desk.wait(1.0)
    return desk


def test_s10_the_same_utterance_is_ignored() -> None:
    desk = answered("שלום", "hello.")
    desk.say("שלום")
    assert (desk.reports[-1], desk.state) == ("DEDUP: same utterance ignored", BotState.LISTENING)


def test_s10_again_and_again_is_no_endless_dialogue() -> None:
    desk = answered("שלום", "hello.")
    for _ in range(2):
        desk.say("שלום")
        desk.wait(0.2)
    assert (desk.reports.count("DEDUP: same utterance ignored"), desk.sentences_heard) == (2, [0])


def test_s10_a_second_yes_that_answers_a_new_question_is_no_duplicate() -> None:
    desk = answered("כן", "shall I book it?")
    desk.say("כן")
    assert (desk.state, "deduplicated" in desk.ends) == (BotState.THINKING, False)


# -- S13 --------------------------------------------------------------------------------------


def test_s13_where_speech_fails_a_beep_of_300_ms_is_heard() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    desk.report(StageFailed(head=desk.head(), stage="tts", error="Timeout"))
    desk.wait(0.5)
    assert desk.frames == [BEEP_LABEL] * 15


def test_s13_it_is_never_silence() -> None:
    desk = asked_desk()
    desk.sentence(0, "one.", None)
    desk.report(StageFailed(head=desk.head(), stage="tts", error="Timeout"))
    desk.end_reply(1)
    desk.wait(2.0)
    assert desk.sentences_heard == [BEEP_LABEL.sentence, FALLBACK]


# -- S14 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("failed", [False, True], ids=["empty", "failed"])
def test_s14_without_words_there_is_no_reply_but_the_caller_is_asked_to_repeat(failed: bool) -> None:
    desk = Desk()
    desk.speak(1.0, level=LOUD)
    desk.wait(1.1)
    seq = desk.published[-1].seq
    if failed:
        desk.report(StageFailed(head=desk.head(seq=seq), stage="asr", error="Timeout"))
    else:
        desk.understand("", seq=seq)
    desk.wait(1.5)
    assert (desk.sentences_heard, desk.all(CommitTurn)) == ([REPEAT], [])


# -- S17 --------------------------------------------------------------------------------------


def test_s17_the_cores_events_go_by_their_names() -> None:
    desk = speaking_desk()
    desk.speak(1.0)
    desk.wait(0.8)
    desk.understand("משהו")
    desk.reply("other.", seconds=0.5)
    desk.wait(1.0)
    desk.say("משהו")
    names = {"ASR_TEXT", "LLM_REPLY", "BARGE_IN: interrupt speaking", "DEDUP: same utterance ignored"}
    assert names <= set(desk.reports)
