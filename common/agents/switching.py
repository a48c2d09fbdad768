"""The language of a conversation: the one that the caller asked for last, by words that the agent's file names (sans-I/O).

It is read off what the caller said, as all that is remembered of a conversation. So every worker answers in the same one, whoever heard the
words, and so does the gateway that takes a call over.

Who says that they do not speak a language names it, too, and asks for another: of two for the other one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from common.agents.agent import Agent
from common.language import normalised

_WORDS_AROUND, _AROUND_A_REFUSAL = 5, 9
"""What is said around the words that change the language; in a longer sentence they may mean something else."""
_NOT = r"(?:not|dont|doesnt|didnt|cant|cannot|never|לא)"
_WHO = "i|you|we|they|he|she|אני|אנחנו|את|אתה|אתם|אתן|הוא|היא|הם|הן"
_NOT_SPOKEN = re.compile(
    rf"(?:(?P<own>^|(?<!\S)(?:i|we|sorry|אני|אנחנו|סליחה)\s(?:\S+\s)?)|\s){_NOT}(?:\s(?!(?:{_WHO})\s)\S+){{0,3}}?"
    r"\s(?:speak|speaks|understand|understands|know|knows|talk|מדבר|מדברת|מדברים|מבין|מבינה|מבינים|יודע|יודעת|יודעים|דובר|דוברת)"
    r"(?:\s(?:any|much|good|very|well|so|כל|כך|ממש|הרבה|טוב))*$"
)
"""Before a language: I don't speak any ..., my mother does not understand ...; ``own``: it is the caller who does not."""
_HELPER = "someone|somebody|anyone|anybody|person|people|human|agent|operator|representative|מישהו|מישהי|מישהם|אדם|נציג|נציגה|פקיד|פקידה"
_OF_ONE_WHO_SPEAKS = re.compile(
    rf"(?<!\S)(?!(?:{_HELPER}|{_WHO})\s)\S+\s(?:(?:who|that)\s(?:speaks?|talks?|knows?)"
    r"|ש?דובר|ש?דוברת|דוברי|שמדבר|שמדברת|שיודע|שיודעת)$"
)
"""Before a language: it is somebody's, as in a doctor who speaks ..., and not that of the call; with one who helps, it is."""
_SPEAKING_ONE = re.compile(rf"^speaking\s(?!(?:{_HELPER}|please)(?!\S))\S")
"""Behind a language, in the same way."""
_BY_THE_BOT = re.compile(r"(?<!\S)(?:you|את|אתה|אתם|אתן)(?!\S)")


@dataclass(frozen=True, slots=True)
class _Named:
    """A language that the caller named."""

    language: str
    before: str
    """What was said before its name."""
    behind: str
    """What was said after it."""
    around: int
    """How many words were said beside it."""

    @property
    def refused(self) -> bool:
        """Whether the caller does not speak it."""
        found = _NOT_SPOKEN.search(self.before)
        return found is not None and found["own"] is not None and self.around <= _AROUND_A_REFUSAL

    @property
    def wanted(self) -> bool:
        """Whether it may be asked for; a question whether the bot does not speak it asks for it."""
        if _OF_ONE_WHO_SPEAKS.search(self.before) or _SPEAKING_ONE.search(self.behind):
            return False
        return _NOT_SPOKEN.search(self.before) is None or _BY_THE_BOT.search(self.before) is not None


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
    named = list(_named(agent, _words(text)))
    refused = {each.language for each in named if each.refused and not each.wanted}
    most = _AROUND_A_REFUSAL if refused else _WORDS_AROUND
    if wanted := [each.language for each in named if each.wanted and each.around <= most]:
        return wanted[0]
    others = [language for language, ways in agent.switch.items() if ways and language not in refused]
    return others[0] if refused and len(others) == 1 else ""


def _named(agent: Agent, words: list[str]) -> Iterator[_Named]:
    for language, ways in agent.switch.items():
        for way in map(_words, ways):
            for at in range(len(words) - len(way) + 1):
                if words[at : at + len(way)] == way:
                    yield _Named(language, " ".join(words[:at]), " ".join(words[at + len(way) :]), len(words) - len(way))


def _words(text: str) -> list[str]:
    """As they are compared; don't is one word."""
    return normalised(re.sub("['’׳]", "", text)).split()
