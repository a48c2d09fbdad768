"""Situations that chance alone seldom brings: a recogniser that sleeps, music on hold, a burst of keys, a line that stops.

A seed chooses one of them for its call, or none. It may change the weather and the rules, and acts every 20 ms
from outside, as a caller, line or worker would; the rest of the call is as random as any, and the judge is the same.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway.turn.events import CallerHungUp, CallTaken, MarkEchoed
from gateway.turn.machine import BotState
from gateway.turn.state import Rules
from tests.sim.caller import NOD, Voice
from tests.sim.line import Weather
from tests.sim.vocabulary import SAYINGS

if TYPE_CHECKING:
    from tests.sim.world import World


def _as_it_is(weather: Weather, rng: random.Random) -> Weather:
    return weather


def _same_rules(rules: Rules, rng: random.Random) -> Rules:
    return rules


@dataclass(frozen=True, slots=True)
class Situation:
    """What is special about a call."""

    name: str
    act: Callable[["World"], None] = lambda world: None
    """Every 20 ms."""
    weather: Callable[[Weather, random.Random], Weather] = _as_it_is
    rules: Callable[[Rules, random.Random], Rules] = _same_rules
    begin: Callable[["World"], None] = lambda world: None
    """Before the call."""


_LONG = 8
"""More words are not said again."""
ORDINARY = Situation("ordinary")

# -- The caller -----------------------------------------------------------------------------------


def _says(world: "World", chance: float, voice: Callable[[Voice, random.Random], None], *states: BotState) -> None:
    """Now and then, while the caller is silent and the bot in one of ``states``."""
    if world.caller.silent and world.machine.state in (states or tuple(BotState)) and world.rng.random() < chance:
        planned = Voice("special")
        voice(planned, world.rng)
        world.caller.begin(planned)


def _presses(world: "World") -> None:
    if not world.caller.done and world.rng.random() < (0.2 if world.rng.random() < 0.05 else 0.01):
        world.press(world.rng.choice("0123456789*#"))


def _coughs(world: "World") -> None:
    _says(world, 0.05, lambda voice, rng: voice.sound(rng.randint(5, 22)), BotState.SPEAKING)


def _hums(world: "World") -> None:
    """Music on hold: sound without words that does not end, with short gaps."""

    def music(voice: Voice, rng: random.Random) -> None:
        for _ in range(rng.randint(1, 6)):
            voice.sound(rng.randint(30, 700))
            voice.pause(rng.randint(2, 14))

    _says(world, 0.01, music)


def _nods(world: "World") -> None:
    """The same closed answer to everything."""
    _says(world, 0.1, lambda voice, rng: voice.say(NOD, rng.randint(16, 30)), BotState.LISTENING)


def _repeats(world: "World") -> None:
    """The same again, as who thinks that they were not heard."""

    def again(voice: Voice, rng: random.Random) -> None:
        for word in world.caller.last_words:
            voice.say(word, rng.randint(9, 16))

    if 0 < len(world.caller.last_words) < _LONG:
        _says(world, 0.1, again)


def _clicks(world: "World") -> None:
    """Short words, one after the other, while nobody understands them."""

    def click(voice: Voice, rng: random.Random) -> None:
        voice.say(world.caller.new_word(), rng.randint(6, 9))
        voice.pause(rng.randint(38, 50))

    _says(world, 1.0, click)


def _interrupts(world: "World") -> None:
    """Talks as soon as the bot does."""
    _says(world, 0.2, lambda voice, rng: voice.say(world.caller.new_word(), rng.randint(12, 40)), BotState.SPEAKING)


def _waits_badly(world: "World") -> None:
    """Talks and coughs while the bot thinks."""
    _says(world, 0.02, lambda voice, rng: voice.sound(rng.randint(5, 30)), BotState.THINKING)
    _says(world, 0.01, lambda voice, rng: voice.say(world.caller.new_word(), rng.randint(12, 40)), BotState.THINKING)


def _three_words(world: "World") -> Callable[[Voice, random.Random], None]:
    def words(voice: Voice, rng: random.Random) -> None:
        for _ in range(3):
            voice.say(world.caller.new_word(), rng.randint(9, 22))

    return words


def _interrupts_the_end(world: "World") -> None:
    """All that is here was sent, and the provider plays it."""
    playout = world.machine.call.playout
    if not playout.sendable and playout.at_provider(world.now):
        _says(world, 0.5, _three_words(world), BotState.SPEAKING)


def _talks(world: "World") -> None:
    """In a language that the lexicon knows."""
    _says(world, 0.05, lambda voice, rng: voice.say(rng.choice(SAYINGS), rng.randint(10, 40)))


# -- The line and the workers ---------------------------------------------------------------------


def _sleeps(world: "World") -> None:
    """The recogniser sleeps for a while, and then tells all at once."""
    if world.now > world.workers.asleep_until and world.rng.random() < 0.008:
        world.workers.asleep_until = world.now + world.rng.uniform(1, 12)


def _stops(world: "World") -> None:
    """No frames for a while; now and then for so long that the line counts as lost."""
    if world.rng.random() < 0.002:
        world.stall(world.rng.choice((2.0, 4.0, 8.0, 25.0)))


def _repeats_late(world: "World") -> None:
    _sleeps(world)
    _repeats(world)


def _paces_badly(world: "World") -> None:
    """The gateway does nothing for a while."""
    if world.rng.random() < 0.01:
        world.gateway_stalls(world.rng.uniform(0.1, 1.0))


def _strange_marks(world: "World") -> None:
    """Marks that nobody sent: of another turn or epoch, without a place, of a place where none was."""
    if world.rng.random() < 0.05:
        run = f"{world.machine.call.turn.number}.{world.machine.call.playout.epoch}"
        world.feed(MarkEchoed(world.rng.choice(("", "x", "0.0:160", f"{run}:", f"{run}:abc", f"{run}:1", f"{run}:99999999"))))


def _hangs_up_while(world: "World") -> None:
    held = world.machine.holding.hold is not None
    if world.rng.random() < (0.02 if held or world.machine.state is BotState.THINKING else 0.0):
        world.feed(CallerHungUp())


# -- Which one ------------------------------------------------------------------------------------


def _slow(weather: Weather, rng: random.Random) -> Weather:
    return replace(weather, slow=max(weather.slow, 0.05))


def _broken_voice(weather: Weather, rng: random.Random) -> Weather:
    return replace(weather, tts_fails=0.4, tts_stops=0.7, tts_second_attempt=0.5, message_late=0.2, message_twice=0.2)


def _deaf(weather: Weather, rng: random.Random) -> Weather:
    return replace(weather, asr_fails=0.6)


def _asleep(world: "World") -> None:
    world.workers.asleep_until = world.rng.uniform(20, 60)
    world.caller.talk_for(4000)


def _many_tools(world: "World") -> None:
    world.workers.uses_tools = 0.7


def _taken(world: "World") -> None:
    asked = world.rng.random() < 0.7
    text = world.rng.choice(("", "as said before"))
    world.opening = CallTaken(turn=0, ended=world.rng.choice((None, 0)), open=asked, text=text, heard="before")


SITUATIONS = (
    Situation("keys", _presses),
    Situation("language", _talks),
    Situation("language, by words", _talks, rules=lambda rules, rng: replace(rules, endpointing="words", speculate="off")),
    Situation("coughs", _coughs),
    Situation("music", _hums, rules=lambda rules, rng: replace(rules, max_turn_s=12.0)),
    Situation("nods", _nods),
    Situation("repeats", _repeats, rules=lambda rules, rng: replace(rules, dedup_s=6.0)),
    Situation("recogniser asleep", _clicks, weather=_slow, begin=_asleep),
    Situation("recogniser drowsy", _sleeps, weather=_slow),
    Situation("recogniser fails", _hums, weather=_deaf),
    Situation("frames stop", _stops),
    Situation("hangs up", _hangs_up_while),
    Situation("not interruptible", _coughs, rules=lambda rules, rng: replace(rules, barge_in=False)),
    Situation("interrupts", _interrupts),
    Situation("waits badly", _waits_badly, weather=lambda weather, rng: replace(weather, slow=0.6)),
    Situation("tools", _waits_badly, begin=_many_tools),
    Situation("gateway stalls", _paces_badly),
    Situation("strange marks", _strange_marks),
    Situation("coughs at a broken voice", _coughs, weather=_broken_voice),
    Situation("repeats to who understands late", _repeats_late, weather=_slow),
    Situation("long replies", weather=_broken_voice, rules=lambda rules, rng: replace(rules, max_reply_s=rng.choice((1.0, 2.0)))),
    Situation("broken voice", weather=_broken_voice),
    Situation("taken over", begin=_taken),
    Situation("keys while deaf", _presses, weather=_deaf),
)


INTERRUPTS_THE_END = Situation("interrupts the end", _interrupts_the_end)
"""Never drawn: for a picture (``timelines.py``)."""


NAMED = {situation.name: situation for situation in (*SITUATIONS, INTERRUPTS_THE_END)}


def draw(rng: random.Random) -> Situation:
    """One of them in three calls of five."""
    return rng.choice(SITUATIONS) if rng.random() < 0.6 else ORDINARY
