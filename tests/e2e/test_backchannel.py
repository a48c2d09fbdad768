"""A caller's "mhm" over the bot, with real processes: the bot falls silent at once, and goes on.

The question comes by key, so that the nod is no duplicate of anything: the recogniser, which hears a nod whatever is said, judges it alone.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import Placed, place
from tests.servers import real_server
from tools.recorded.rerun import read
from tools.replay import EXIT_SAME, main

pytestmark = pytest.mark.e2e

NOD = RECORDINGS / "backchannel_he_aha-espeak.wav"
SENTENCES = ("a first sentence that is long enough to be talked over by somebody who listens.", "and a second one.")
MS_PER_CHAR = int(SCRIPTED["TONE_MS_PER_CHAR"])
FIRST, SECOND = (1, 0), (1, 1)
EAR_MS = 100
"""What the ear may miss of a sentence that it hears in two stretches."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway leaves what it went by."""
    return tmp_path_factory.mktemp("records")


@pytest.fixture(scope="module")
def nodding(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose recogniser hears a nod in whatever is said."""
    texts = {"SCRIPTED_ASR_TEXT": "mhm", "SCRIPTED_LLM_REPLY": " ".join(SENTENCES)}
    folder = tmp_path_factory.mktemp("house")
    with real_server() as server, house(folder, server.url, RECORD_DIR=str(records), **texts, **SCRIPTED) as running:
        yield running


@pytest.fixture(scope="module")
def nodded(nodding: House, tmp_path_factory: pytest.TempPathFactory) -> Placed:
    """A call that presses a key, nods over the answer, and listens to its end."""
    return place(nodding, tmp_path_factory.mktemp("call") / "call.wav", "--dtmf", "1#", "--barge-in", f"{NOD}@0.5")


def heard_ms(call: Placed, sentence: tuple[int, int]) -> int:
    """How much of a sentence was heard, what was said twice counted twice."""
    return sum(tone.end_ms - tone.start_ms for tone in call.tones if (tone.turn, tone.sentence) == sentence)


def test_a_nod_silences_the_bot_and_its_reply_goes_on(nodded: Placed) -> None:
    barge_in = nodded.result["turns"][-1]["barge_in"]
    assert (nodded.result["clears"], barge_in["frames_after_clear"], barge_in["resumed"]) == (1, 0, True)


def test_the_hold_is_told_as_taken_back(nodded: Placed) -> None:
    told = [name for name in nodded.events if name.startswith(("BARGE_IN", "DEDUP"))]
    assert told == ["BARGE_IN: interrupt speaking", "BARGE_IN_RESUMED"]


def test_the_reply_is_heard_from_the_cut_to_its_end_and_nothing_else(nodded: Placed) -> None:
    assert nodded.sentences == [FIRST, FIRST, SECOND]


@pytest.mark.parametrize(("sentence", "text"), [(FIRST, SENTENCES[0]), (SECOND, SENTENCES[1])])
def test_no_sound_of_the_reply_is_lost(sentence: tuple[int, int], text: str, nodded: Placed) -> None:
    assert heard_ms(nodded, sentence) >= len(text) * MS_PER_CHAR - EAR_MS


def test_the_turn_ends_as_replied_and_the_nod_is_no_turn(nodded: Placed, nodding: House) -> None:
    told = [entry for entry in nodding.recorded(nodded.result["call"]) if entry["name"] == "TURN_ENDED"]
    assert [(entry["turn"], entry["how"]) for entry in told] == [("0", "replied"), ("1", "replied"), ("2", "hung_up")]


def test_the_record_of_the_call_runs_again_to_the_bit(nodded: Placed, records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = records.glob(f"*{nodded.result['call']}*")
    await_true(lambda: read(record).complete)
    assert (main([str(record)]), "the same to the bit" in capsys.readouterr().out) == (EXIT_SAME, True)
