"""The language of one call: the one that it began in, until its caller asks for another, here or in a stream before this one (R12).

What the caller says is heard in it, and what the bot says by itself is in it. A reply tells which it is, since a worker heard the words
that asked for it; a call that is taken over tells by all that its caller said, before anything is said there.
"""

from collections.abc import Callable, Iterable

from common.agents.agent import Agent
from common.agents.switching import language_now
from gateway.turn.events import LanguageChanged


class Tongue:
    """Of one call."""

    def __init__(self, begun: str, agent: Agent, goes_by: Callable[[str], LanguageChanged]) -> None:
        """``goes_by``: what the core goes by in a language."""
        self.now = begun
        """BCP 47."""
        self._agent = agent
        self._goes_by = goes_by

    def replied_in(self, language: str) -> LanguageChanged | None:
        """A reply is in this language; what the core is to be told, if it is another one."""
        if language == self.now:
            return None
        self.now = language
        return self._goes_by(language)

    def taken_over(self, said: Iterable[str]) -> LanguageChanged | None:
        """The caller said all this before, in order; as ``replied_in``."""
        return self.replied_in(language_now(self._agent, said, self.now))
