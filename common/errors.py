"""Errors, split by who is to blame.

    TorimError
    +-- CallerGone          the line is closed; the call ends, nothing to report
    +-- ProviderError       the telephony provider broke its own protocol
    +-- VendorError         an ASR, LLM or TTS vendor failed; ``retryable`` or not
    +-- BusUnavailable      Redis cannot be reached or is full; try again, nothing is lost
    +-- NotOwner            another stream took the call over; this one may write nothing of it any more
    +-- SentencesForgotten  Redis lost sentences of a reply that is to end; they go out again first
    +-- ConfigError         a setting is missing or bad; ends the start with one line
    |   +-- KeyRefused      a vendor does not take the key; ends the start where no other vendor stands behind it
    +-- SetupError          something on the machine is missing; says what to type

A bug is whatever else is raised. An error is caught where somebody can act on it; there is
one ``except Exception`` at each process boundary, which logs the call and the turn.
"""

from typing import Literal

Blame = Literal["vendor", "request", "settings"]
"""Whose fault a vendor's error is.

``vendor``: it is down, slow, or refuses us; the next request may fare as this one did.
``request``: it will not do this one thing (a text it filters, a file too large), and does all others.
``settings``: what it is asked with is not there, a model or a voice by that name.
"""


class TorimError(Exception):
    """Anything that Torim raises on purpose."""


class CallerGone(TorimError):
    """The caller's line is closed."""


class ProviderError(TorimError):
    """The telephony provider sent what its protocol does not allow."""


class VendorError(TorimError):
    """A vendor failed.

    Attributes:
        vendor: registry name, such as ``openai``.
        kind: short machine-readable cause for logs and counters, such as ``timeout`` or
            ``http_429``; never a text of the caller or the bot.
        retryable: whether the same request may succeed on another attempt.
        wait_s: how long the vendor asks not to be asked again, if it says so.
        blame: whose fault it is; only the vendor's own is held against it.
        why: in words what is wrong, for who is to mend it; for the log, as ``kind`` is.
    """

    def __init__(
        self, vendor: str, kind: str, *, retryable: bool, wait_s: float | None = None, blame: Blame = "vendor", why: str = ""
    ) -> None:
        super().__init__(f"{vendor}: {kind}")
        self.vendor = vendor
        self.kind = kind
        self.retryable = retryable
        self.wait_s = wait_s
        self.blame: Blame = blame
        self.why = why


class BusUnavailable(TorimError):
    """Redis did not answer in time, refused, or is full. Whether the write was done is not known; doing it again is harmless."""


class NotOwner(TorimError):
    """Another stream took the call over (R12); what was to be written was not."""


class SentencesForgotten(TorimError):
    """Redis does not know all sentences of the reply that is to be ended; nothing was done. Emit the missing ones, then commit again."""


class ConfigError(TorimError):
    """A setting is bad: the message names the variable, the value's fault and what it takes."""


class KeyRefused(ConfigError):
    """A vendor does not take the key or the credentials that the setting holds."""


class SetupError(TorimError):
    """The machine lacks something: the message says what to type."""
