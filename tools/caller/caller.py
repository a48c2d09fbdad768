"""The caller: hears the bot through Twilio's buffer, speaks by its script, in frames of 20 ms. Sans-I/O.

Call ``receive`` with what the bot sent and ``tick`` when ``deadline`` is reached; both return the
messages to be sent. A frame goes out when its last sample was spoken, as on a real line.
"""

from collections import deque

from common.audio import BYTES_PER_MS, FRAME_BYTES
from tools.caller.playout import Heard, Played, Playout
from tools.caller.record import Arrival, CallerTurn, Clear, Mark, Record, Tell, milliseconds
from tools.caller.script import HangUp, Interrupt, Press, Say, TurnTaking
from tools.caller.sound import Recording, audible, line_noise
from tools.caller.wire import BotMark, BotSound, Messages, Violation, fault_of, read

_LULL = 200 * BYTES_PER_MS
"""Sound after a longer silence is a new beginning."""
_KEY_EVERY = 250 * BYTES_PER_MS
_INTERRUPTION_OVER = 3000 * BYTES_PER_MS
"""A bot that clears its sound after so long a silence of the caller ends the call, or has reasons of its own."""
_MUCH_BUFFERED = 200 * BYTES_PER_MS
"""A bot with so much left to say is not done, even if it makes a pause."""


class Caller:
    """One call, over one stream after the other."""

    def __init__(self, script: TurnTaking, record: Record, tell: Tell) -> None:
        self.over = False
        """The caller has nothing left to do and hangs up."""
        self._script = script
        self._record = record
        self._tell = tell
        self._noise = line_noise()
        self._speech = b""
        self._keys: deque[tuple[int, str]] = deque()
        self._busy_until = 0
        self._last_heard = -_LULL
        self._sounding = False
        self._underruns_before = 0

    def begin_stream(self, now: int, messages: Messages) -> None:
        """A stream was opened; what the last one had buffered is lost."""
        self._messages = messages
        self._playout = Playout(now)
        self._underruns_before = self._record.underruns
        self._next_frame = now + FRAME_BYTES

    @property
    def deadline(self) -> int:
        """When ``tick`` is to be called."""
        mark = self._playout.deadline
        return self._next_frame if mark is None else min(mark, self._next_frame)

    def receive(self, now: int, message: str | bytes) -> list[str]:
        """The bot sent a message."""
        try:
            read_message = read(message, self._messages.stream)
        except Violation as violation:
            self._violated(now, str(violation))
            return []
        match read_message:
            case BotSound(sound):
                return self._sound(now, sound)
            case BotMark(name):
                self._record.marks.append(Mark(now, name))
                return self._took(self._playout.mark(now, name))
            case _:  # clear
                return self._clear(now)

    def tick(self, now: int) -> list[str]:
        """Time went by: marks that are due, and the caller's next frame."""
        out = self._took(self._playout.play_until(now))
        self._note_silence(now)
        while self._next_frame <= now and not self.over:
            self._record.slowest_tick = max(self._record.slowest_tick, now - self._next_frame)
            out += self._frame(self._next_frame - FRAME_BYTES)
            self._next_frame += FRAME_BYTES
        return out

    # --- The bot

    def _sound(self, now: int, sound: bytes) -> list[str]:
        fault = fault_of(sound)
        if fault:
            self._violated(now, fault)
        played = self._playout.sound(now, sound)
        out = self._took(played)
        begins = self._playout.buffered == len(sound) and now - self._last_heard >= _LULL
        arrival = Arrival(now, len(sound), _any_audible(sound), begins)
        self._record.arrivals.append(arrival)
        self._record.underruns = self._underruns_before + self._playout.underruns
        if arrival.audible and not self._sounding:
            self._note_beginning(now)
        return out

    def _clear(self, now: int) -> list[str]:
        played = self._playout.play_until(now)
        self._record.clears.append(Clear(now, self._playout.buffered))
        self._tell(now, f"bot    clear{self._after_onset(now)}, {milliseconds(self._playout.buffered)} ms dropped")
        self._last_heard = now - _LULL
        self._sounding = False
        return self._took([*played, *self._playout.clear(now)])

    def _after_onset(self, now: int) -> str:
        """How long the bot took to fall silent for the caller; empty where he cannot be why."""
        turns = self._record.turns
        if not turns or now - turns[-1].end > _INTERRUPTION_OVER:
            return ""
        return f" {milliseconds(now - turns[-1].begin)} ms after the caller's onset"

    def _took(self, played: list[Played]) -> list[str]:
        out = []
        for item in played:
            if isinstance(item, Heard):
                self._hear(item)
            else:
                out.append(self._messages.mark(item.name))
        return out

    def _hear(self, heard: Heard) -> None:
        self._record.bot_heard(heard.at, heard.sound)
        end = heard.at + len(heard.sound)
        self._last_heard = end
        if audible(heard.sound) or self._playout.buffered > _MUCH_BUFFERED:
            self._script.bot_sounds(heard.at, end)

    def _violated(self, now: int, what: str) -> None:
        self._record.violations.append(what)
        self._tell(now, f"bot    VIOLATION {what}")

    def _note_beginning(self, now: int) -> None:
        self._sounding = True
        turns = self._record.turns
        since = now - turns[-1].end if turns else -1
        waited = f", voice to voice {milliseconds(since)} ms" if since > 0 else ""
        self._tell(now, f"bot    {'sounds' if turns else 'greets'}{waited}")

    def _note_silence(self, now: int) -> None:
        if self._sounding and now - self._last_heard >= _LULL:
            self._sounding = False
            self._tell(self._last_heard, "bot    is silent")

    # --- The caller

    def _frame(self, at: int) -> list[str]:
        """The caller's next 20 ms, spoken from ``at``."""
        if at >= self._busy_until:
            self._act(at)
        keys = [self._messages.dtmf(key) for key in self._due_keys(at)]
        frame, self._speech = self._speech[:FRAME_BYTES], self._speech[FRAME_BYTES:]
        noise_at = at % (len(self._noise) - FRAME_BYTES)
        frame += self._noise[noise_at : noise_at + FRAME_BYTES - len(frame)]
        self._record.caller_spoke(at, frame)
        return [*keys, self._messages.media(frame)]

    def _act(self, at: int) -> None:
        match self._script.next(at):
            case Say(recording):
                self._speak(at, recording, interrupts=False)
            case Interrupt(recording):
                self._speak(at, recording, interrupts=True)
            case Press(digits):
                self._press(at, digits)
            case HangUp():
                self.over = True
                self._tell(at, "caller hangs up")
            case _:
                pass

    def _speak(self, at: int, recording: Recording, *, interrupts: bool) -> None:
        turn = CallerTurn(at + recording.voice_begin, at + recording.voice_end, interrupts)
        self._speech = recording.sound
        self._begin_turn(turn)
        length_ms = milliseconds(turn.end - turn.begin)
        self._tell(turn.begin, f"caller {'INTERRUPTS' if interrupts else 'says'} {recording.name} ({length_ms} ms)")

    def _press(self, at: int, digits: str) -> None:
        self._keys.extend((at + index * _KEY_EVERY, digit) for index, digit in enumerate(digits))
        self._begin_turn(CallerTurn(at, self._keys[-1][0]))
        self._tell(at, f"caller presses {len(digits)} keys")

    def _begin_turn(self, turn: CallerTurn) -> None:
        self._record.turns.append(turn)
        self._busy_until = turn.end
        self._script.acted(turn.end)

    def _due_keys(self, at: int) -> list[str]:
        due = []
        while self._keys and self._keys[0][0] <= at:
            due.append(self._keys.popleft()[1])
        return due


def _any_audible(sound: bytes) -> bool:
    return any(audible(sound[at : at + FRAME_BYTES]) for at in range(0, len(sound), FRAME_BYTES))
