"""The shell of a call: it carries out and is woken in time; a bug ends one call."""

import asyncio
import json
import re
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

import pytest
from prometheus_client import REGISTRY

from common.agents.in_use import Carried
from common.agents.overlay import house
from common.bus import Delivery, Taken, TurnClosed
from common.config import Settings
from common.errors import BusUnavailable
from common.messages import Collect, Head, Message, Sentence, SpeechChunk, Stage, Transcript, Utterance
from gateway.account import Account
from gateway.call import LiveCall
from gateway.pacer import Pacer
from gateway.surroundings import Surroundings
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped
from gateway.telephony.twilio import TwilioCodec
from gateway.tongue import Tongue
from gateway.turn.events import CloseTurn, End, LanguageChanged
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import Phrase, PhraseBook
from gateway.turn.words import Lexicon
from gateway.vad.hangover import FIVE_OF_SIX
from gateway.vad.self_echo import EchoGuard, NoGuard
from gateway.writing import HOUSE
from tests import virtual_clock
from tests.sim.memory_bus import MemoryBus
from tests.sim.rules import RULES
from tests.uncollected import uncollected

QUIET = Phrase("", b"")
REPEAT = Phrase("again please", bytes(1600))
PHRASES = PhraseBook(None, QUIET, QUIET, QUIET, QUIET, QUIET, beep=b"")
LOUD, SILENT = b"\x00" * 160, b"\xff" * 160


class FakeLine:
    """Keeps the names of what it was sent."""

    def __init__(self) -> None:
        self.codec = TwilioCodec()
        body = {"callSid": "CA1", "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}
        self.codec.receive(json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": body}))
        self.sent: list[str] = []

    def send(self, messages: Sequence[str]) -> None:
        """Note what came."""
        self.sent += [json.loads(message)["event"] for message in messages]

    def clear(self) -> None:
        """Nothing waits here."""
        self.send([self.codec.clear()])

    def close(self) -> None:
        """Nothing to close."""


class LoudIsSpeech:
    """A detector that needs no ear."""

    onset = FIVE_OF_SIX

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether the frame is loud."""
        return level > 1000


class AllEcho(NoGuard):
    """A guard that takes every speech frame for echo."""

    def is_echo(self, pcm: bytes, level: int, speech: bool, now: float) -> bool:
        """Whether it is speech."""
        self.echoes += speech
        return speech


class NotingGuard(NoGuard):
    """A guard that notes what it is told of the bot's sound."""

    def __init__(self) -> None:
        self.told: list[tuple[int, float]] = []

    def played(self, frames: Sequence[bytes], until: float) -> None:
        """Note how much, and until when."""
        self.told.append((len(frames), round(until, 3)))

    def cleared(self, now: float) -> None:
        """Note when."""
        self.told.append((0, round(now, 3)))


class Deaf:
    """A detector with a bug."""

    onset = FIVE_OF_SIX

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Never says."""
        raise ZeroDivisionError


class NotedBus(MemoryBus):
    """A bus that notes when an utterance was published."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[tuple[float, Utterance, bytes]] = []

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Note it."""
        assert isinstance(message, Utterance)
        self.published.append((asyncio.get_running_loop().time(), message, audio))


class StallingBus(NotedBus):
    """A bus that is away when the first turn ends, and comes back some time later."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self._failures = 3

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        """Note it."""
        self.written.append(f"publish in turn {message.head.turn}")
        await super().publish(stage, message, audio)

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Note it, once it is done."""
        if self._failures:
            self._failures -= 1
            await asyncio.sleep(2)
            raise BusUnavailable("TimeoutError")
        self.written.append(f"history of turn {closed.turn}")
        await super().close_turn(call, closed, fence)


class ElectingBus(NotedBus):
    """A bus over a cluster that is without a master for the first 3.3 s."""

    def __init__(self) -> None:
        super().__init__()
        self.over: list[str] = []

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Refuse it as long as there is none."""
        if asyncio.get_running_loop().time() < 3.3:
            await asyncio.sleep(1)
            raise BusUnavailable("ConnectionError")

    async def close_call(self, call: str, fence: int) -> None:
        """Note it."""
        self.over.append(call)


class BrokenAccount(Account):
    """An account with a bug: at the end of every turn."""

    def turn_closed(self, closed: CloseTurn) -> None:
        """Never notes it."""
        raise ZeroDivisionError


class ClosingBus(NotedBus):
    """A bus that notes how turns ended."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[TurnClosed] = []

    async def close_turn(self, call: str, closed: TurnClosed, fence: int) -> None:
        """Note it."""
        self.closed.append(closed)
        await super().close_turn(call, closed, fence)


class SilentBus(NotedBus):
    """A bus that does not say whose call it is."""

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Never returns."""
        await asyncio.Event().wait()
        raise AssertionError


class LeftBus(NotedBus):
    """A bus with a call whose stream left it in turn 6."""

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Take it."""
        return replace(await super().take_call(call, gateway, stream, language, 7), left=6)


class AskedBus(ClosingBus):
    """A bus with a call whose caller was asked for keys on another stream."""

    async def take_call(self, call: str, gateway: str, stream: str, language: str, turn: int = 0) -> Taken:
        """Take it."""
        return replace(await super().take_call(call, gateway, stream, language, 7), left=6, collect=Collect(digits=9))


def live(
    act: Callable[[LiveCall], None],
    seconds: float,
    *,
    deaf: bool = False,
    greeting: Phrase | None = None,
    guard: EchoGuard | None = None,
    bus: NotedBus | None = None,
    again: int = 0,
    agent: Carried = HOUSE,
    account: Account | None = None,
) -> tuple[NotedBus, FakeLine]:
    """A call in which ``act`` happens, and then nothing for so long."""
    bus, line = bus or NotedBus(), FakeLine()

    async def main() -> None:
        around = Surroundings(bus, pacer := Pacer(), "gw1", False, lambda: 0.0)
        phrases = PhraseBook(greeting, REPEAT, QUIET, QUIET, QUIET, QUIET, beep=b"")
        machine = TurnMachine(RULES, phrases, Lexicon())
        detector = Deaf() if deaf else LoudIsSpeech()
        started = CallStarted("CA1", "MZ1", parameters={"again": str(again)})

        def same(language: str) -> LanguageChanged:
            return LanguageChanged(phrases, Lexicon())

        hears = guard or NoGuard()
        tongue = Tongue("he", house(Settings()).agent, same)
        call = LiveCall(started, line, "CA1", tongue, machine, detector, hears, around, lambda key: None, agent, account)
        async with asyncio.TaskGroup() as tasks:
            pacing = tasks.create_task(pacer.run())
            tasks.create_task(call.run())
            act(call)
            await asyncio.sleep(seconds)
            call.receive(CallStopped())
            pacing.cancel()

    virtual_clock.run(main())
    return bus, line


def hear(call: LiveCall, *frames: bytes) -> None:
    call.receive(AudioReceived(b"".join(frames), 0))


def test_an_utterance_is_published_with_its_pre_roll() -> None:
    bus, _ = live(lambda call: hear(call, *[SILENT] * 50, *[LOUD] * 50, *[SILENT] * 50), 1)
    _, utterance, audio = bus.published[0]
    assert (utterance.piece, utterance.voiced_ms) == ("whole", 1000)
    assert audio.startswith(SILENT * 20 + LOUD)


def test_the_history_of_a_turn_is_written_before_the_utterance_of_the_next_though_redis_stalls() -> None:
    bus = StallingBus()

    def act(call: LiveCall) -> None:
        asyncio.get_running_loop().call_later(1, lambda: hear(call, *[SILENT] * 50, *[LOUD] * 50, *[SILENT] * 50))

    live(act, 15, bus=bus)
    assert bus.written[:2] == ["history of turn 0", "publish in turn 1"]


def test_a_call_that_ends_while_a_cluster_elects_a_master_is_over_for_every_gateway() -> None:
    bus = ElectingBus()
    live(lambda call: None, 0.5, bus=bus)
    assert bus.over == ["CA1"]


def test_a_line_whose_frames_stop_in_mid_utterance_is_noticed_within_a_second() -> None:
    bus, _ = live(lambda call: hear(call, *[LOUD] * 50), 20)
    assert bus.published[0][0] == pytest.approx(1.0)


def test_what_is_only_echo_is_not_the_callers_and_is_counted() -> None:
    bus, _ = live(lambda call: hear(call, *[LOUD] * 50, *[SILENT] * 50), 1, guard=AllEcho())
    assert bus.published == []
    assert bus.events["CA1"][-1]["echo_frames"] == "50"


def test_the_guard_is_told_what_is_played_until_when() -> None:
    guard = NotingGuard()
    live(lambda call: None, 0.001, greeting=Phrase("hello", bytes(8000)), guard=guard)
    assert guard.told[0] == (8, 0.16)


def test_the_guard_is_told_of_a_clear() -> None:
    guard = NotingGuard()
    live(lambda call: hear(call, *[LOUD] * 6), 0.001, greeting=Phrase("hello", bytes(8000)), guard=guard)
    assert (0, 0.0) in guard.told


def test_a_greeting_leaves_at_once() -> None:
    _, line = live(lambda call: None, 0.001, greeting=Phrase("hello", bytes(8000)))
    assert line.sent[:8] == ["media"] * 8


def test_a_call_is_greeted_half_a_second_late_while_redis_does_not_say_whose_it_is() -> None:
    greeting = Phrase("hello", bytes(8000))
    sent = [live(lambda call: None, seconds, greeting=greeting, bus=SilentBus())[1].sent for seconds in (0.49, 0.51)]
    assert [bool(names) for names in sent] == [False, True]


def test_a_call_that_is_connected_again_while_redis_is_silent_is_asked_to_repeat() -> None:
    _, line = live(lambda call: None, 1.5, greeting=Phrase("hello", bytes(80_000)), bus=SilentBus(), again=1)
    assert line.sent.count("media") == 10


def test_s17_the_event_stream_begins_with_the_start_and_ends_with_the_counters() -> None:
    bus, _ = live(lambda call: hear(call, *[SILENT] * 50), 1)
    assert [entry["name"] for entry in bus.events["CA1"]][:1] == ["WS_START"]
    assert [(entry["name"], entry.get("rx")) for entry in bus.events["CA1"]][-2:] == [("WS_STOP", None), ("WS_DONE", "0")]


def turns_ended(how: str) -> float:
    """What Prometheus is told."""
    return REGISTRY.get_sample_value("torim_turns_total", {"how": how}) or 0


def test_the_end_of_a_turn_is_counted_once_by_how_it_ended() -> None:
    before = {how: turns_ended(how) for how in get_args(End)}
    live(lambda call: None, 1, greeting=Phrase("hello", bytes(800)))
    assert [how for how, count in before.items() for _ in range(round(turns_ended(how) - count))] == ["hung_up"]


def test_a_turn_that_another_stream_left_is_counted_as_handed_over() -> None:
    before = turns_ended("handed_over")
    live(lambda call: None, 1, bus=LeftBus(), again=1)
    assert turns_ended("handed_over") == before + 1


def test_keys_that_were_asked_for_on_another_stream_are_told_to_the_next_one_too() -> None:
    bus = AskedBus()
    live(lambda call: None, 1, bus=bus, again=1)
    assert [(closed.how, closed.collect) for closed in bus.closed] == [("hung_up", Collect(digits=9))]


def test_a_bug_ends_its_call(caplog: pytest.LogCaptureFixture) -> None:
    _, line = live(lambda call: hear(call, LOUD), 30, deaf=True, greeting=Phrase("hello", bytes(80_000)))
    assert "bug=call call=CA1" in caplog.text
    assert len(line.sent) < 20


def test_a_bug_ends_the_turn_with_what_was_heard_of_it() -> None:
    def act(call: LiveCall) -> None:
        asyncio.get_running_loop().call_later(1, hear, call, LOUD)

    bus = ClosingBus()
    live(act, 5, deaf=True, greeting=Phrase("one two three four five six seven eight", bytes(16_000)), bus=bus)
    told = [(event["turn"], event["how"]) for event in bus.events["CA1"] if event["name"] == "TURN_ENDED"]
    assert (told, bus.closed) == ([("0", "hung_up")], [TurnClosed(0, "hung_up", "", "one two", cut=True)])


def test_a_bug_in_what_ends_a_turn_leaves_the_call_its_end() -> None:
    bus, _ = live(lambda call: None, 5, greeting=Phrase("hello", bytes(800)), account=BrokenAccount("CA1", ""))
    assert [event["name"] for event in bus.events["CA1"]].count("WS_DONE") == 1


def test_a_message_of_another_turn_is_not_heard() -> None:
    chunk = SpeechChunk(head=Head(call="CA1", turn=7), offset_bytes=0, last=True)
    _, line = live(lambda call: call.worker_reported(Delivery("1-0", chunk, bytes(8000))), 1)
    assert line.sent == []


UNASKED = Transcript(head=Head(call="CA1", turn=0, seq=9), utterance=1, text="x")


@pytest.mark.parametrize(
    ("message", "told"),
    [(UNASKED, ["STALE why=unasked kind=Transcript seq=9 take=0"]), (SpeechChunk(head=Head(call="CA1", turn=7), offset_bytes=0), [])],
    ids=["told", "of another turn: as most are"],
)
def test_a_message_of_no_use_is_told_with_why(message: Message, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def act(call: LiveCall) -> None:
        asyncio.get_running_loop().call_later(0.5, call.worker_reported, Delivery("1-0", message))

    live(act, 1)
    assert re.findall(r"STALE.*", capsys.readouterr().out) == told


CLINIC = Carried("clinic-1", b"clinic")


def speak(call: LiveCall) -> None:
    hear(call, *[SILENT] * 50, *[LOUD] * 50, *[SILENT] * 50)


def test_what_is_published_names_the_calls_agent() -> None:
    bus, _ = live(speak, 1, agent=CLINIC)
    assert bus.published[0][1].head.agent == "clinic-1"


def test_workers_can_find_the_agent_of_what_is_published() -> None:
    bus, _ = live(speak, 1, agent=CLINIC)
    assert virtual_clock.run(bus.agent("CA1", "clinic-1")) == b"clinic"


def test_the_agent_of_the_settings_is_kept_nowhere() -> None:
    bus, _ = live(speak, 1)
    assert (bus.published[0][1].head.agent, bus._store.agents) == ("", {})


@pytest.mark.parametrize(("turn", "language"), [(1, "en"), (0, "he")])
def test_the_language_of_the_turns_reply_is_what_the_caller_is_heard_in_from_then_on(turn: int, language: str) -> None:
    def act(call: LiveCall) -> None:
        reply = Sentence(head=Head(call="CA1", turn=turn, language="en"), text="Hello.")
        asyncio.get_running_loop().call_later(0.1, lambda: call.worker_reported(Delivery("1-0", reply)))
        asyncio.get_running_loop().call_later(0.2, lambda: speak(call))

    bus, _ = live(act, 2)
    assert bus.published[0][1].head.language == language


def test_a_call_that_is_over_is_freed_at_once_though_nobody_collects() -> None:
    calls = list[weakref.ref[LiveCall]]()

    def act(call: LiveCall) -> None:
        calls.append(weakref.ref(call))
        speak(call)

    with uncollected():
        live(act, 5, greeting=Phrase("hello", bytes(8000)))
        assert [call() for call in calls] == [None]
