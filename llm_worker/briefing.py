"""What an agent's file comes to for the model: its instructions, and the language of the conversation (sans-I/O).

The language is read off the history, as all that is remembered of a conversation: it is the one that the caller asked for last,
by words that the file names. So every worker answers in the same one, whoever heard the words.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from common.agents.agent import Agent
from common.agents.in_use import InUse
from llm_worker.conversation import normalised
from llm_worker.hours import told

_FORMS = {"female": "feminine", "male": "masculine", "plural": "plural"}
_PERSONS = {"female": "a woman", "male": "a man"}
_WORDS_AROUND = 5
"""What is said around the words that change the language; in a longer sentence they may mean something else."""


def instructions_of(agent: InUse, now: datetime, missing: Sequence[str] = ()) -> str:
    """What the model is told of who it is, whom it speaks to, and when; "" for the agent that the settings make.

    Args:
        now: any time zone.
        missing: tools that the instructions may speak of, and that are not here.
    """
    if not agent.carried.reference:
        return ""
    file, zone = agent.snapshot.agent, ZoneInfo(agent.settings.time_zone)
    local = now.astimezone(zone)
    parts = [f"You answer the phone of {file.name}.", _filled(file, agent.snapshot.variables), *_manner(file)]
    parts.append(f"It is {local:%A}, {local:%Y-%m-%d}, {local:%H:%M} ({zone.key}).")
    if file.hours is not None:
        parts.append(told(file.hours, local))
    if missing:
        parts.append(f"Out of order now: {', '.join(missing)}. Where you would use it, say that this cannot be done at the moment.")
    return "\n".join(part for part in parts if part)


def _filled(agent: Agent, known: Mapping[str, str]) -> str:
    """The instructions with what is known of the caller."""
    text = agent.instructions.strip()
    for name, default in (agent.lookup.variables if agent.lookup else {}).items():
        text = text.replace(f"{{{name}}}", known.get(name, default))
    return text


def _manner(agent: Agent) -> list[str]:
    return [
        f"You are {_PERSONS[agent.gender]}: where the language shows it, speak of yourself in the {_FORMS[agent.gender]} form.",
        f"Where the language shows it, address the caller in the {_FORMS[agent.address]} form.",
    ]


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
