"""A complaint tells its story: what was heard, which faults were near, what was done, and what processes noted."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from common.messages import Head, Sentence
from common.version import VERSION
from gateway.records.files import SUFFIX
from gateway.records.format import Header, commands_entry, event_entry, first_bytes
from gateway.turn.events import Report, SendClear, WorkerReported
from gateway.turn.words import Lexicon
from tests.chaos.callers import Heard
from tests.chaos.costs import Strike
from tests.chaos.director import Judged, Run, judge_call
from tests.chaos.hands import pitch_of
from tests.chaos.judge import Said
from tests.chaos.story import records_of, stories
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book
from tts_worker.tones import HeardTone

BEGAN_S = 100.0
"""When the run did; the call came 10 s later."""
CALL = "CA1"
HEARD = Heard(
    CALL, BEGAN_S + 10, (Said(1000, 1500),), b"", hung_up=True, why="line   over", begins_ms=(0,), violations=(), slowest_tick_ms=0
)
FROZEN = Strike("frozen", "gateway_0", BEGAN_S + 11.2, BEGAN_S + 12.4, frozenset({CALL}))


def run(*tones: HeardTone, strikes: tuple[Strike, ...] = (), heard: Heard = HEARD) -> Run:
    """A run of one call, judged."""
    judged = judge_call(Judged(heard, (), tones, 9000), strikes)
    return Run(1, BEGAN_S, BEGAN_S, list(strikes), [judged], ended_s=BEGAN_S + 60)


def told(folder: Path) -> dict[str, str]:
    """The lines of a story of a turn in which half of a reply was heard, by their names."""
    half = HeardTone(1, pitch_of(0, 2, 1), 2600, 3500)
    (story,) = stories(run(half, strikes=(FROZEN,)), folder)
    return {line[:10].strip(): line[11:] for line in story.splitlines()[1:]}


def test_a_run_without_complaints_has_no_stories(tmp_path: Path) -> None:
    assert list(stories(Run(1, BEGAN_S), tmp_path)) == []


def test_the_story_begins_with_what_is_complained_of(tmp_path: Path) -> None:
    (story,) = stories(run(), tmp_path)
    assert story.splitlines()[0] == "11.5 s, call CA1, the caller's turn 1, the bot's None: no reply"


def test_it_tells_what_was_heard_in_whose_words_and_voice(tmp_path: Path) -> None:
    assert told(tmp_path)["heard"] == "11.0-11.5 words | 12.6-13.5 1.0c1"


def test_it_tells_which_faults_were_near(tmp_path: Path) -> None:
    assert told(tmp_path)["faults"] == "frozen gateway_0 11.2-12.4 *"


def test_it_tells_how_the_call_ended(tmp_path: Path) -> None:
    assert told(tmp_path)["done"] == "put through 0 times; over at 19.0: line   over"


def test_it_tells_what_gateways_noted(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    header = Header(VERSION, CALL, "en", 0.0, RULES, phrase_book(), Lexicon())
    sentence = WorkerReported(Sentence(head=Head(call=CALL, turn=1, seq=1), text="Two."))
    noted = event_entry(sentence, BEGAN_S + 13, b"") + commands_entry([SendClear(), Report(1, "TURN_ENDED", (("how", "replied"),))])
    (tmp_path / "records" / f"then-{CALL}{SUFFIX}").write_bytes(first_bytes(header) + noted)
    assert told(tmp_path)["gateway"] == "13.0 1: sentence 1 | 13.0 SendClear | 13.0 1: TURN_ENDED replied"


def test_what_is_no_record_is_told(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / f"then-{CALL}{SUFFIX}").write_bytes(b"")
    assert "no record" in told(tmp_path)["gateway"]


def test_it_tells_what_workers_logged_of_the_call_and_of_trouble(tmp_path: Path) -> None:
    at_s = time.time() - time.monotonic() + BEGAN_S + 13
    at = f"{time.strftime('%H:%M:%S', time.localtime(at_s))}.{int(at_s % 1 * 1000):03}"
    lines = (f"{at} llm_worker {said}\n" for said in ("INFO call=CA1 turn=1 sentences=3", "INFO call=CA2", "ERROR what=x"))
    (tmp_path / "llm_worker_0.log").write_text("".join(lines))
    logged = [part.split(" ", 1) for part in told(tmp_path)["workers"].split(" | ")]
    assert sorted(what for _, what in logged) == ["llm_worker_0 turn=1 sentences=3", "llm_worker_0 what=x"]
    assert [float(when) for when, _ in logged] == pytest.approx([13, 13], abs=0.11)


def test_the_last_turn_of_a_call_that_was_dropped_is_told(tmp_path: Path) -> None:
    whole = [HeardTone(1, sentence, begin, begin + ms) for sentence, begin, ms in ((0, 2600, 1110), (1, 3700, 960), (2, 4700, 1170))]
    dropped = run(*whole, heard=replace(HEARD, hung_up=False, why="line   broken"))
    (story,) = stories(dropped, tmp_path)
    assert story.splitlines()[0] == "11.5 s, call CA1, the caller's turn 1, the bot's 1: dropped"


def test_the_records_of_a_call_are_those_of_all_its_streams(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    for name in ("1-CA1", "2-CA1", "3-CA2"):
        (tmp_path / "records" / f"{name}{SUFFIX}").touch()
    assert [file.name for file in records_of(tmp_path, CALL)] == [f"1-CA1{SUFFIX}", f"2-CA1{SUFFIX}"]
