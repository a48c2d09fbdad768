"""Rows S1-S17 that want real processes: gateway, three workers, Valkey, and a caller as exact as Twilio.

The bot speaks in tones that tell turn and sentence, so what was heard can be told from the sound.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from common import streams
from common.messages import Stage
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, WORKERS, House, house
from tests.e2e.placed import Placed, place
from tests.servers import RealServer, real_server

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
SENTENCE = RECORDINGS / "medium_en_demo-nomatch.wav"
LONG_REPLY = "the first sentence of turn {turn} is long enough to be talked over. the second sentence goes on."


@pytest.fixture(scope="module")
def server() -> Iterator[RealServer]:
    """A Redis for this module alone."""
    with real_server() as running:
        yield running


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, server: RealServer) -> Iterator[House]:
    """A house whose bot answers each utterance with two long sentences."""
    folder = tmp_path_factory.mktemp("house")
    with house(folder, server.url, SCRIPTED_LLM_REPLY=LONG_REPLY, LOG_TEXTS="1", **SCRIPTED) as running:
        yield running


@pytest.fixture(scope="module")
def greeted(scripted: House, tmp_path_factory: pytest.TempPathFactory) -> Placed:
    """A call that waits for the greeting, says hello once, and stays on the line."""
    return place(scripted, tmp_path_factory.mktemp("call") / "call.wav", "--wav", HELLO)


@pytest.fixture(scope="module")
def interrupted(scripted: House, tmp_path_factory: pytest.TempPathFactory) -> Placed:
    """A call that talks over the reply to its first words."""
    out = tmp_path_factory.mktemp("call") / "call.wav"
    return place(scripted, out, "--no-greeting", "--wav", HELLO, "--barge-in", f"{SENTENCE}@0.8")


def test_s02_one_utterance_has_one_end(greeted: Placed) -> None:
    assert greeted.events.count("ASR_TEXT") == 1


def test_s04_one_utterance_has_one_reply(greeted: Placed) -> None:
    assert greeted.sentences == [(1, 0), (1, 1)]


def test_s05_talked_over_the_bot_is_silent_at_once(interrupted: Placed) -> None:
    barge_in = interrupted.result["turns"][-1]["barge_in"]
    assert (interrupted.result["clears"], barge_in["frames_after_clear"], barge_in["resumed"]) == (1, 0, False)


def test_s05_talked_over_the_bot_answers_the_last_utterance(interrupted: Placed) -> None:
    assert interrupted.sentences == [(1, 0), (2, 0), (2, 1)]


def test_s06_only_whole_frames_are_sent(greeted: Placed) -> None:
    assert greeted.result["violations"] == 0


def test_s08_the_greeting_comes_once_at_the_start(greeted: Placed) -> None:
    assert [tone.turn for tone in greeted.tones].count(0) == 1
    assert greeted.tones[0].turn == 0


def test_s09_speaking_lasts_until_the_sound_was_heard(greeted: Placed, scripted: House) -> None:
    told = [entry for entry in scripted.recorded(greeted.result["call"]) if entry["name"] == "STATE"]
    states = {(entry["turn"], entry["now"]): float(entry["at"]) for entry in told}
    lasted_ms = 1000 * (states["2", "LISTENING"] - states["1", "SPEAKING"])
    assert lasted_ms >= greeted.result["turns"][-1]["heard_ms"]


def test_s15_both_sides_count_the_same_frames(greeted: Placed, scripted: House) -> None:
    done = re.search(rf"call={greeted.result['call']} .*WS_DONE sid=MZ\w+ rx=(\d+) tx=(\d+)", scripted.logs)
    assert done
    assert (int(done[1]), int(done[2])) == (greeted.result["tx"], greeted.result["rx"])


def test_s17_events_go_by_their_names(interrupted: Placed) -> None:
    names = {"WS_START", "ASR_TEXT", "LLM_REPLY", "BARGE_IN: interrupt speaking", "BARGE_IN_FINAL", "WS_STOP", "WS_DONE"}
    assert names <= set(interrupted.events)


def test_the_event_stream_holds_no_words(greeted: Placed, scripted: House) -> None:
    told = scripted.recorded(greeted.result["call"])
    assert {"WS_START", "ASR_TEXT", "WS_DONE"} <= {entry["name"] for entry in told}
    assert not any("utterance" in value or "sentence" in value for entry in told for value in entry.values())


def test_s10_the_same_words_again_are_ignored(tmp_path: Path) -> None:
    with real_server() as own, house(tmp_path, own.url, SCRIPTED_ASR_TEXT="hello", SCRIPTED_LLM_REPLY="good day", **SCRIPTED) as running:
        call = running.call("--wav", HELLO, "--wav", HELLO, "--patience", "3")
        running.await_told(call["call"])
        events = running.events(call["call"])
    answers = [turn for turn in call["turns"] if turn["turn"] and turn["first_frame_ms"] is not None]
    assert (events.count("DEDUP: same utterance ignored"), len(answers)) == (1, 1)


def test_s04_work_that_is_delivered_twice_is_answered_once(tmp_path: Path) -> None:
    twice: dict[str, Any] = {"workers": (*WORKERS, *WORKERS), "SCRIPTED_LLM_REPLY": LONG_REPLY, **SCRIPTED}
    with real_server() as own, house(tmp_path, own.url, **twice) as running, ThreadPoolExecutor() as copiers:
        copied = [copiers.submit(_copy_the_next, running.redis, stage) for stage in ("asr", "llm")]
        call = place(running, tmp_path / "call.wav", "--no-greeting", "--wav", HELLO)
    assert [copy.result() for copy in copied] == [1, 1]
    assert call.sentences == [(1, 0), (1, 1)]


def _copy_the_next(client: "redis.Redis", stage: Stage) -> int:
    """Put the next entry of a stage onto its stream once more."""
    key = streams.work(streams.ONE_TAG, stage)
    found: Any = client.xread({key: "$"}, block=15_000)
    for _, entries in found:
        client.xadd(key, entries[0][1])
    return len(found)
