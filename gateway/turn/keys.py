"""Keys that the caller presses: text of an utterance, behind its sound (R4).

Rules
    What the bot asked for (``Collect``) says when the keys are whole: so many of them, a terminator, or a
    time-out after the last one. Not asked, they are whole after 1.5 s, or at ``#``. A terminator alone, where keys
    were asked for, is an answer: none.
    A key ends the voice before it: its own tone is on the line as well.
    The caller waits for an answer from the first key on. Keys are nowhere else before they are whole, so whoever takes the call over
    meanwhile asks for all of them again; what is pressed over that request goes on with keys that are lost, and does not count (R12).
"""

from gateway.turn.events import OpenTurn
from gateway.turn.listening import Listening
from gateway.turn.state import Call

MAX_KEYS = 64


class Keys:
    """The keys of one call."""

    def __init__(self, call: Call, listening: Listening) -> None:
        self._call = call
        self._listening = listening

    def pressed(self, digit: str, now: float) -> None:
        """A key; what it interrupts is decided before."""
        call = self._call
        wanted = call.wanted_keys
        utterance = call.open or self._listening.begin(now)
        if call.caller_speaks:
            self._listening.close_sound(utterance, now)
        call.floor.expect_tone()
        ends = digit == wanted.terminator
        if not ends or (call.collect is not None and not utterance.keys):
            if not utterance.keys:
                call.out.append(OpenTurn(call.turn.number))
            utterance.add_text(call.next_seq(), digit).keys = True
        whole = ends or len(utterance.keys) >= (wanted.digits or MAX_KEYS)
        call.keys_until = now if whole else now + wanted.timeout_s

    def ignored(self) -> None:
        """A key that goes on with those that another stream had."""
        self._call.floor.expect_tone()
        self._call.report("KEY_IGNORED")

    def ended(self, now: float) -> None:
        """No further key is waited for."""
        self._call.keys_until = None
        self._listening.end_without_sound(now)
