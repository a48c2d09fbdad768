"""Going on with a call that another stream had: a dead gateway's, or one that lost its socket (R12).

::

    the turn before                    the new owner
    closed, or nothing was asked       listens
    asked, words not known             asks to repeat; keys, too, of which some were pressed
    committed, so words known          answers them at once, in a turn of its own
    transferred, and nobody answered   says so: the words are in the history, so that the model knows

Rules
    The number was raised before the call came here, so all that the other stream began is stale. That turn
    ended *handed_over*: it leaves no history, since its words begin the next turn, and nobody knows what was heard of it.
    Keys that were asked for still are, whole by what was said of them then. It says all in the language that was spoken last.
    The greeting is not said again. What was heard before is known from the history, so "what?" means something.
    Numbers of pieces go on where the other stream cannot have been: the words of its probes may yet arrive.
    The last committed utterance is not remembered: who says the same again after a gap is to be answered.
"""

from gateway.turn.events import CallTaken, Report
from gateway.turn.listening import Listening
from gateway.turn.state import Call, new_turn

_PIECES_A_TURN = 1_000
"""More than any turn has."""


def take_over(call: Call, listening: Listening, taken: CallTaken, now: float) -> None:
    """Begin with the turn that the call was raised to, and with what the caller waits for."""
    _begin(call, taken, now)
    if taken.unanswered:
        call.say(call.phrases.unanswered, "greeting")
        return
    if not taken.open:
        return
    if taken.text:
        listening.adopt_committed(taken.text, now)
    else:
        call.say(call.phrases.repeat)
        call.turn.asks_anew = call.collect is not None and call.collect.digits != 1


def begin_at(call: Call, turn: int, now: float) -> None:
    """The call's first turn here has this number."""
    call.turn = new_turn(turn, call.rules, call.phrases, call.playout)
    call.memory.quiet_since = now
    call.pieces = turn * _PIECES_A_TURN


def _begin(call: Call, taken: CallTaken, now: float) -> None:
    if taken.ended is not None:
        call.out.append(Report(taken.ended, "TURN_ENDED", (("how", "handed_over"),)))
    if taken.spoken is not None:
        call.phrases, call.lexicon = taken.spoken.phrases, taken.spoken.lexicon
    begin_at(call, taken.turn, now)
    call.collect = taken.collect
    call.memory.heard, call.memory.heard_before = taken.heard, taken.heard_before
    call.report("CALL_TAKEN", open=str(taken.open).lower(), words=str(bool(taken.text)).lower())
