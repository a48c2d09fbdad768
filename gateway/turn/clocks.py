"""The clocks that the caller feels: filler, fallback, "are you there?" (R10).

They are times computed from the state, not timers that somebody must stop: a clock whose
condition no longer holds is not there.
"""

from gateway.turn.state import Call

FILLER_S = 2.0
STILL_WORKING_S = 4.0
"""After a filler, while a tool runs or what the bot says of it is awaited: less than until a fallback."""
FALLBACK_S = 5.0
NO_INPUT_S = 8.0
MAX_PROMPTS = 2
TOOL_GRACE_S = 1.0
"""Behind a tool's own limit: its worker, which stopped it there, tells so a little later."""
LINE_LOST_S = 20.0
"""Twilio sends silence, too: a line without any frames for so long is gone."""


def filler_at(call: Call) -> float | None:
    """When a filler is due, if the bot goes on thinking."""
    utterance = call.turn.utterance
    if utterance is None or call.playout.torn:
        return None
    since = max(utterance.ended_at, call.memory.quiet_since)
    if not call.turn.filler_said:
        return since + FILLER_S
    return since + STILL_WORKING_S if call.turn.tool and call.filler.audio else None


def fallback_at(call: Call) -> float | None:
    """When the bot gives up waiting for its own answer."""
    if call.turn.utterance is None:
        return None
    return max(call.turn.progress_at + FALLBACK_S, call.turn.tool_until + TOOL_GRACE_S)


def no_input_at(call: Call) -> float | None:
    """When the caller is asked whether they are there."""
    if call.turn.used or call.open is not None or call.short is not None:
        return None
    return call.memory.quiet_since + NO_INPUT_S
