"""When the caller speaks: the turn-taking of a polite, and where told so of an impolite, caller. Sans-I/O.

    bot:     greeting......          reply.............            reply...
    caller:                say                  interrupt                     hang up
                          ^ quiet for GAP       ^ SECONDS after the reply began

Rules
- ``Say`` and ``Press`` wait until the bot was heard and then was quiet for the gap.
- ``Interrupt`` starts so many seconds after the bot's next reply (at first: the greeting) began
  to sound.
- A bot that is not heard within the patience is not waited for any longer.
- After the last step the caller listens to the end of the reply and hangs up.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from common.audio import SAMPLE_RATE_HZ
from tools.caller.sound import Recording


@dataclass(frozen=True, slots=True)
class Say:
    """Speak once the bot is done."""

    recording: Recording


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Speak over the bot."""

    recording: Recording
    after_s: float


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys once the bot is done."""

    digits: str


Step = Say | Interrupt | Press


@dataclass(frozen=True, slots=True)
class HangUp:
    """Nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the caller waits, in seconds."""

    gap_s: float = 1.0
    """Quiet of the bot that means it is done."""
    greeting_s: float = 4.0
    reply_s: float = 12.0


class TurnTaking(Protocol):
    """Who decides when the caller speaks; times are samples since the call began."""

    def bot_sounds(self, at: int, until: int) -> None:
        """The bot is heard from ``at`` until ``until``."""

    def next(self, now: int) -> Step | HangUp | None:
        """What to do now, if anything. Ask again once it is done (``acted``)."""

    def acted(self, until: int) -> None:
        """The caller's voice, or last key, ended at ``until``: the bot's turn."""


class Script:
    """Says what the caller does next."""

    def __init__(self, steps: Iterable[Step], patience: Patience) -> None:
        self._steps = deque(steps)
        self._patience = patience
        self._since = 0
        """When the caller began to wait for the bot."""
        self._answer_began: int | None = None
        self._bot_last = 0
        self._first = True
        self.unanswered = 0
        """How often the patience ran out."""

    def bot_sounds(self, at: int, until: int) -> None:
        """The bot is heard from ``at`` until ``until``."""
        self._bot_last = max(self._bot_last, until)
        if self._answer_began is None and until > self._since:
            self._answer_began = max(at, self._since)

    def next(self, now: int) -> Step | HangUp | None:
        """What to do now, if anything. Ask again once it is done (``acted``)."""
        step = self._steps[0] if self._steps else None
        if not (self._may_interrupt(step, now) if isinstance(step, Interrupt) else self._bot_is_done(now)):
            return None
        return self._steps.popleft() if step else HangUp()

    def acted(self, until: int) -> None:
        """The caller's voice, or last key, ended at ``until``: the bot's turn."""
        self._since = until
        self._answer_began = None
        self._first = False

    def _may_interrupt(self, step: Interrupt, now: int) -> bool:
        if self._answer_began is None:
            return self._out_of_patience(now)
        return now >= self._answer_began + step.after_s * SAMPLE_RATE_HZ

    def _bot_is_done(self, now: int) -> bool:
        if self._answer_began is None:
            return self._out_of_patience(now)
        return now - max(self._bot_last, self._since) >= self._patience.gap_s * SAMPLE_RATE_HZ

    def _out_of_patience(self, now: int) -> bool:
        limit_s = self._patience.greeting_s if self._first else self._patience.reply_s
        ran_out = now - self._since >= limit_s * SAMPLE_RATE_HZ
        self.unanswered += ran_out and not self._first
        return ran_out
