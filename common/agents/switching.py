"""The language of a conversation: the one that the caller asked for last, by words that the agent's file names (sans-I/O).

It is read off what the caller said, as all that is remembered of a conversation. So every worker answers in the same one, whoever heard the
words, and so does the gateway that takes a call over.
"""

from collections.abc import Iterable

from common.agents.agent import Agent
from common.language import normalised

_WORDS_AROUND = 5
"""What is said around the words that change the language; in a longer sentence they may mean something else."""


def language_now(agent: Agent, said: Iterable[str], begun: str) -> str:
    """The language to answer in.

    Args:
        said: what the caller said in the call, in order.
        begun: the language of the call so far, for one who asked for none.
    """
    asked = [language for text in said if (language := _asked(agent, text))]
    return asked[-1] if asked else begun


def _asked(agent: Agent, text: str) -> str:
    """The language that these words ask for; "" if none."""
    words = normalised(text).split()
    for language, ways in agent.switch.items():
        if any(_asks(words, normalised(way).split()) for way in ways):
            return language
    return ""


def _asks(words: list[str], way: list[str]) -> bool:
    starts = range(len(words) - len(way) + 1)
    return len(words) <= len(way) + _WORDS_AROUND and any(words[at : at + len(way)] == way for at in starts)
