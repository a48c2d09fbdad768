"""The caller against a bot that is a list of messages."""

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from common.audio import FRAME_BYTES, beep
from tools.caller.caller import Caller
from tools.caller.record import CallerTurn, Clear, Record
from tools.caller.script import Interrupt, Patience, Press, Say, Script, Step
from tools.caller.sound import Recording
from tools.caller.wire import Messages

WORDS = Recording("words", b"\x00" * 8000, 800, 7200)
MS = 8


class Scene:
    """A caller, a clock, and what went over the wire."""

    def __init__(self, *steps: Step) -> None:
        self.record = Record("CA1")
        self.lines: list[str] = []
        self.caller = Caller(
            Script(steps, Patience(gap_s=0.5, greeting_s=1.0, reply_s=2.0)), self.record, lambda at, text: self.lines.append(text)
        )
        self.now = 0
        self.sent: list[tuple[int, dict[str, Any]]] = []
        self.caller.begin_stream(0, Messages("CA1", "MZ1"))

    def until(self, ms: int) -> None:
        """Let time go by."""
        while not self.caller.over and self.caller.deadline <= ms * MS:
            self.now = self.caller.deadline
            self._keep(self.caller.tick(self.now))
        self.now = ms * MS

    def bot(self, event: str, **body: object) -> None:
        """The bot sends a message now."""
        self._keep(self.caller.receive(self.now, json.dumps({"event": event, "streamSid": "MZ1"} | body)))

    def bot_speaks(self, ms: int) -> None:
        sound = (beep() * 400)[: ms * MS]
        self.bot("media", media={"payload": b64encode(sound).decode()})

    def of(self, event: str) -> list[tuple[int, dict[str, Any]]]:
        """Messages of a kind, with the millisecond at which each went out."""
        return [(at // MS, message) for at, message in self.sent if message["event"] == event]

    def _keep(self, messages: list[str]) -> None:
        self.sent += [(self.now, json.loads(message)) for message in messages]


def test_a_frame_goes_out_every_20_ms() -> None:
    scene = Scene()
    scene.until(100)
    assert [at for at, _ in scene.of("media")] == [20, 40, 60, 80, 100]


def test_frames_between_words_are_line_noise() -> None:
    scene = Scene()
    scene.until(100)
    assert {byte for _, message in scene.of("media") for byte in b64decode(message["media"]["payload"])} <= {0xFF, 0x7F, 0xFE, 0x7E}


def test_frames_are_whole_even_where_the_words_end() -> None:
    scene = Scene(Say(Recording("odd", b"\x00" * 1001, 0, 1001)))
    scene.until(2000)
    assert {len(b64decode(message["media"]["payload"])) for _, message in scene.of("media")} == {FRAME_BYTES}


def test_a_late_tick_sends_all_the_frames_that_are_due() -> None:
    scene = Scene()
    scene.now = 100 * MS
    scene._keep(scene.caller.tick(scene.now))
    assert len(scene.of("media")) == 5


def test_the_words_go_out_once_the_greeting_is_over() -> None:
    scene = Scene(Say(WORDS))
    scene.bot_speaks(300)
    scene.until(2000)
    assert scene.record.turns == [CallerTurn(800 * MS + 800, 800 * MS + 7200)]


def test_an_interruption_goes_out_over_the_bot() -> None:
    scene = Scene(Interrupt(WORDS, 0.2))
    scene.bot_speaks(2000)
    scene.until(1000)
    assert scene.record.turns == [CallerTurn(200 * MS + 800, 200 * MS + 7200, interrupts=True)]


def test_keys_are_pressed_one_after_the_other() -> None:
    scene = Scene(Press("12#"))
    scene.until(3000)
    assert [(at, message["dtmf"]["digit"]) for at, message in scene.of("dtmf")] == [(1020, "1"), (1280, "2"), (1520, "#")]


def test_a_mark_comes_back_when_its_sound_was_heard() -> None:
    scene = Scene()
    scene.bot_speaks(50)
    scene.bot("mark", mark={"name": "0.0:400"})
    scene.until(200)
    assert [(at, message["mark"]["name"]) for at, message in scene.of("mark")] == [(50, "0.0:400")]


def test_a_clear_brings_the_marks_back_at_once() -> None:
    scene = Scene()
    scene.bot_speaks(500)
    scene.bot("mark", mark={"name": "0.0:4000"})
    scene.until(100)
    scene.bot("clear")
    assert [at for at, _ in scene.of("mark")] == [100]


def test_a_clear_is_recorded_with_what_it_dropped() -> None:
    scene = Scene()
    scene.bot_speaks(500)
    scene.until(100)
    scene.bot("clear")
    assert scene.record.clears == [Clear(100 * MS, 400 * MS)]


def test_what_was_cleared_is_not_in_the_recording() -> None:
    scene = Scene()
    scene.bot_speaks(500)
    scene.until(100)
    scene.bot("clear")
    scene.until(900)
    assert len(scene.record.bot_track) == 100 * MS


def test_the_caller_hangs_up_after_the_last_reply() -> None:
    scene = Scene()
    scene.bot_speaks(300)
    scene.until(2000)
    assert (scene.caller.over, scene.now) == (True, 2000 * MS)


def test_a_long_pause_in_what_is_buffered_is_no_end() -> None:
    scene = Scene(Say(WORDS))
    for sound in (beep(), b"\xff" * 8000, beep()):
        scene.bot("media", media={"payload": b64encode(sound).decode()})
    scene.until(1500)
    assert scene.record.turns == []


def test_a_violation_is_recorded_and_dropped() -> None:
    scene = Scene()
    scene.bot("media", media={"payload": ""})
    assert (len(scene.record.violations), scene.record.arrivals) == (1, [])


def test_odd_sound_is_a_violation_and_is_played() -> None:
    scene = Scene()
    scene.bot_speaks(30)
    scene.until(100)
    assert (len(scene.record.violations), len(scene.record.bot_track)) == (1, 30 * MS)


def test_a_new_stream_goes_on_with_the_call() -> None:
    scene = Scene()
    scene.until(100)
    scene.caller.begin_stream(300 * MS, Messages("CA1", "MZ2"))
    scene.until(340)
    assert [(at, message["media"]["chunk"]) for at, message in scene.of("media")][-2:] == [(320, "1"), (340, "2")]


@pytest.mark.parametrize(
    ("say", "line"),
    [
        (lambda scene: scene.bot_speaks(300), "bot    greets"),
        (lambda scene: scene.bot("clear"), "bot    clear, 0 ms dropped"),
        (lambda scene: scene.bot("dance"), "bot    VIOLATION unknown event (31951)"),
    ],
)
def test_the_timeline_tells_it(say: Any, line: str) -> None:
    scene = Scene()
    say(scene)
    assert scene.lines == [line]


def test_the_timeline_tells_how_long_the_bot_took_to_fall_silent() -> None:
    scene = Scene(Interrupt(WORDS, 0.2))
    scene.bot_speaks(2000)
    scene.until(500)
    scene.bot("clear")
    assert scene.lines[-1] == "bot    clear 200 ms after the caller's onset, 1500 ms dropped"


def test_a_clear_long_after_the_caller_spoke_is_none_of_his() -> None:
    scene = Scene(Interrupt(WORDS, 0.2))
    scene.bot_speaks(5000)
    scene.until(4200)
    scene.bot("clear")
    assert scene.lines[-1] == "bot    clear, 800 ms dropped"


def test_the_timeline_tells_how_long_a_reply_took() -> None:
    scene = Scene(Say(WORDS))
    scene.until(2400)
    scene.bot_speaks(300)
    assert scene.lines[-1] == "bot    sounds, voice to voice 500 ms"
