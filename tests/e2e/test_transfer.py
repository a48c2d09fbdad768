"""A caller is put through to a person, over real processes; the gateway that decided it may be gone when Twilio asks where to, and
nobody may answer there."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.common.agents.files import write
from tests.e2e.gateway_process import RECORDINGS, free_port
from tests.e2e.house import SCRIPTED, House, house
from tests.e2e.placed import Placed, bot_side, place
from tests.servers import real_server
from tools.caller.caller import Caller
from tools.caller.client import Call
from tools.caller.record import Record, write_wav
from tools.caller.script import Patience, Say, Script
from tools.caller.sound import load
from tools.caller.webhook import TO, Addresses, Dial
from tts_worker.tones import HeardTone, heard_tones

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
OFFICE = "+97231234567"
SENTENCE = "One moment please, I put you through to the office."
AGENT = f"""
name = "Torim"
numbers = ["{TO}"]
languages = ["en"]
gender = "male"
address = "plural"
greeting = "Hello"
[rules]
en = "desk.en.rules.toml"
[transfers.office]
number = "{OFFICE}"
when = "people"
ring_s = 25
"""
RULES = f'[[rule]]\nname = "person"\nhears = ["*"]\nsays = ["{SENTENCE}"]\ntransfers = "office"\n'
ONCE = "[limits.transfer]\ntimes = 1\n"
ELSE = "I can take a message for them."
"""What the bot says to whoever may not be put through any more."""
_CLOSED = "bot    closed the stream"
"""What the caller's side tells before it asks anybody what becomes of the call."""
_LEAST_HEARD_MS = 0.8 * len(SENTENCE) * int(SCRIPTED["TONE_MS_PER_CHAR"])


@dataclass(frozen=True)
class PutThrough:
    """A call that asked for a person: what Twilio was told, what was heard, and what the gateways and the caller's side told."""

    dials: list[Dial]
    tones: list[HeardTone]
    events: list[str]
    timeline: str
    logs: str

    @property
    def heard_ms(self) -> list[int]:
        """How long each sentence was, the greeting left out."""
        return [tone.end_ms - tone.start_ms for tone in self.tones if tone.turn]


def settle(folder: Path, agent: str, rules: str) -> None:
    """Who answers."""
    write(folder / "agents", rules, "desk.en.rules")
    write(folder / "agents", agent, "desk")


@contextmanager
def two_gateways(folder: Path) -> Iterator[tuple[House, int]]:
    """A house whose agent puts everybody through, with a second gateway, and the port of that one."""
    settle(folder, AGENT, RULES)
    other = free_port()
    with real_server() as server, house(folder, server.url, AGENTS_DIR=str(folder / "agents"), **SCRIPTED) as running:
        running.start(4, "gateway", PORT=str(other))
        running.await_ready(other)
        yield running, other


def put_through(running: House, other: int, out: Path, at_the_end: Callable[[], object]) -> PutThrough:
    """Ask for a person; ``at_the_end`` of the stream something happens before anybody is asked where the call goes."""
    record, lines = Record("CA" + secrets.token_hex(16)), list[str]()

    def tell(_: int, text: str) -> None:
        lines.append(text)
        if text.startswith(_CLOSED):
            at_the_end()

    async def place() -> None:
        url = f"http://127.0.0.1:{running.port}/twilio/voice"
        caller = Caller(Script([Say(load(HELLO))], Patience(gap_s=3)), record, tell)
        await Call(caller, record, Addresses(own_url=url), tell, 60, [f"http://127.0.0.1:{other}"]).place(url, {})

    asyncio.run(place())
    write_wav(record, out)
    return PutThrough(record.dials, heard_tones(bot_side(out)), running.events(record.call), "\n".join(lines), running.logs)


@pytest.fixture(scope="module")
def transferred(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PutThrough]:
    """A call that is put through by the gateway that it talked to."""
    folder = tmp_path_factory.mktemp("transferred")
    with two_gateways(folder) as (running, other):
        yield put_through(running, other, folder / "call.wav", lambda: None)


@pytest.fixture(scope="module")
def outlived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PutThrough]:
    """A call whose gateway is killed (kill -9) as soon as its stream is over."""
    folder = tmp_path_factory.mktemp("killed")
    with two_gateways(folder) as (running, other):

        def kill() -> None:
            running.gateway.kill()
            running.gateway.wait()

        yield put_through(running, other, folder / "call.wav", kill)


@pytest.fixture(scope="module")
def came_back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Placed]:
    """A call that asks for a person twice; nobody answers there, and it may ring once."""
    folder = tmp_path_factory.mktemp("came_back")
    settle(folder, AGENT + ONCE, f'{RULES}[[rule]]\nname = "else"\nhears = ["*"]\nsays = ["{ELSE}"]\n')
    with real_server() as server, house(folder, server.url, AGENTS_DIR=str(folder / "agents"), **SCRIPTED) as running:
        yield place(running, folder / "call.wav", "--wav", HELLO, "--wav", HELLO, "--dial", "no-answer")


def test_a_caller_who_asks_for_a_person_rings_there(transferred: PutThrough) -> None:
    assert [(dial.number, dial.ring_s) for dial in transferred.dials] == [(OFFICE, 25)]


def test_the_sentence_that_says_so_is_heard_before(transferred: PutThrough) -> None:
    assert [heard_ms > _LEAST_HEARD_MS for heard_ms in transferred.heard_ms] == [True]


def test_the_call_is_over_once_somebody_answered_there(transferred: PutThrough) -> None:
    assert transferred.timeline.endswith("line   over: Hangup")
    assert "RECONNECT" not in transferred.events


def test_the_number_is_in_no_log(transferred: PutThrough) -> None:
    assert ("TRANSFER" in transferred.events, OFFICE.removeprefix("+") in transferred.logs) == (True, False)


def test_the_other_gateway_knows_where_a_call_goes_whose_own_is_dead(outlived: PutThrough) -> None:
    assert "line   fails over" in outlived.timeline
    assert [(dial.number, dial.ring_s) for dial in outlived.dials] == [(OFFICE, 25)]


def test_the_sentence_of_a_gateway_that_dies_then_was_heard_once(outlived: PutThrough) -> None:
    assert [heard_ms > _LEAST_HEARD_MS for heard_ms in outlived.heard_ms] == [True]


def test_such_a_call_is_over_once_somebody_answered_there(outlived: PutThrough) -> None:
    assert outlived.timeline.endswith("line   over: Hangup")


def test_a_call_that_nobody_answered_comes_back_to_the_bot(came_back: Placed) -> None:
    told = [event for event in came_back.events if event in ("TRANSFER", "TRANSFER_UNANSWERED", "CALL_TAKEN")]
    assert told == ["TRANSFER", "TRANSFER_UNANSWERED", "CALL_TAKEN"]


def test_the_bot_says_that_nobody_answers_and_goes_on(came_back: Placed) -> None:
    before, after = came_back.sentences
    spoken = [(tone.turn, tone.sentence) for tone in came_back.tones]
    at = spoken.index(before)
    assert (len(spoken[at + 1 : spoken.index(after)]), after[0] > before[0]) == (1, True)


def test_it_rings_as_often_as_the_file_allows(came_back: Placed) -> None:
    assert [dial["number"] for dial in came_back.result["dials"]] == [OFFICE]


def test_such_a_call_is_answered_to_its_end(came_back: Placed) -> None:
    assert came_back.result["code"] == 0
