"""When something is due though nothing happens, and what it is.

An alarm is computed from the state each time, never set or stopped: one whose condition no longer
holds is not there. The caller's alarms run while the caller is waited for, the bot's while it is silent itself:
they stand still while there is sound, or a hold.
"""

from collections.abc import Callable, Iterator

from gateway.turn import clocks
from gateway.turn.events import HangUp
from gateway.turn.holding import Holding
from gateway.turn.keys import Keys
from gateway.turn.listening import Listening
from gateway.turn.speaking import Speaking
from gateway.turn.state import Call, frames_to_seconds

_LATE_FRAMES_S = 0.3
"""Grace of the wall clock over the frames' own: they may come in bursts."""

Alarm = tuple[float, Callable[[float], None]]


class Alarms:
    """What one call waits for."""

    def __init__(self, call: Call, listening: Listening, keys: Keys, speaking: Speaking, holding: Holding) -> None:
        self.last_frame_at = 0.0
        self._call = call
        self._listening = listening
        self._keys = keys
        self._speaking = speaking
        self._holding = holding

    def all(self, floor_ended: Callable[[float], None], *, speaking: bool) -> list[Alarm]:
        """All of them; ``floor_ended`` is told that no frames come, ``speaking`` is whether the bot is."""
        return [*self._of_caller(floor_ended), *self._of_bot(speaking=speaking)]

    # -- The caller's ---------------------------------------------------------------------------

    def _of_caller(self, floor_ended: Callable[[float], None]) -> Iterator[Alarm]:
        call, hold = self._call, self._holding.hold
        yield self.last_frame_at + clocks.LINE_LOST_S, self._line_lost
        if call.caller_speaks:
            left_s = frames_to_seconds(max(0, call.floor.wait_frames - call.floor.silence_frames))
            yield self.last_frame_at + left_s + _LATE_FRAMES_S, floor_ended
        if call.keys_until is not None:
            yield call.keys_until, self._keys.ended
        if (short_at := self._listening.short_at()) is not None:
            yield short_at, self._listening.forget_short
        if hold is not None:
            yield self._holding.times_out_at(hold), self._holding.timed_out
            return
        if (hanging_until := self._listening.hanging_until()) is not None:
            yield hanging_until, self._listening.stop_waiting_for_more
        if call.open is not None and call.caller_speaks:
            yield call.open.began_at + call.rules.max_turn_s, self._take_floor

    def _line_lost(self, now: float) -> None:
        self._call.hang_up(now)
        self._call.out.append(HangUp())

    def _take_floor(self, now: float) -> None:
        """The caller has spoken for MAX_TURN_SEC: the bot takes the floor (R6)."""
        self._call.turn.floor_taken = True
        self._listening.end(now)
        self._call.floor.mute()

    # -- The bot's ------------------------------------------------------------------------------

    def _of_bot(self, *, speaking: bool) -> Iterator[Alarm]:
        call = self._call
        if call.playout.expires_at is not None:
            yield call.playout.expires_at, call.playout.expire
        if speaking or self._holding.hold is not None:
            return
        silent: list[tuple[float | None, Callable[[float], None]]] = [
            (self._speaking.starved_at(), self._speaking.starved),
            (clocks.filler_at(call), self._say_filler),
            (clocks.fallback_at(call), self._no_progress),
            (clocks.no_input_at(call), self._no_input),
        ]
        for at, act in silent:
            if at is not None:
                yield at, act

    def _say_filler(self, now: float) -> None:
        self._speaking.say_filler()

    def _no_progress(self, now: float) -> None:
        """The bot waits for its own answer in vain: for the caller's words (R2), or for what to say (R10)."""
        if self._call.turn.committed:
            self._speaking.fall_back(now)
        else:
            self._listening.give_up_waiting(now)

    def _no_input(self, now: float) -> None:
        """Ask twice whether the caller is there, then say goodbye (R10)."""
        call = self._call
        call.memory.prompts += 1
        if call.memory.prompts > clocks.MAX_PROMPTS:
            call.say_goodbye()
        else:
            call.say(call.phrases.still_there)
