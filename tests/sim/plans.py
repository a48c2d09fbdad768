"""What callers in a situation say, and when: now and then, in some states of the bot."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.turn.machine import BotState
from tests.sim.caller import Voice
from tests.sim.vocabulary import NOD

if TYPE_CHECKING:
    from tests.sim.world import World

_LONG = 8
"""More words are not said again."""

Plan = Callable[[Voice, random.Random], None]


def says(world: "World", chance: float, voice: Plan, *states: BotState) -> None:
    """Now and then, while the caller is silent and the bot in one of ``states``."""
    if world.caller.silent and world.machine.state in (states or tuple(BotState)) and world.rng.random() < chance:
        planned = Voice("special")
        voice(planned, world.rng)
        world.caller.begin(planned)


def begins(world: "World", chance: float, voice: Plan) -> None:
    """Now and then, while the bot listens and nothing that was said is undecided."""
    call = world.machine.call
    if call.open is None and call.short is None:
        says(world, chance, voice, BotState.LISTENING)


# -- What is said -----------------------------------------------------------------------------------


def word(text: str) -> Plan:
    return lambda voice, rng: voice.say(text, rng.randint(12, 40))


def softly(plan: Plan) -> Plan:
    """As who turned away from the phone, or is not the caller."""

    def voice(voice: Voice, rng: random.Random) -> None:
        plan(voice, rng)
        voice.soften()

    return voice


def noise(least: int, most: int) -> Plan:
    """Voice without words, of so many frames."""
    return lambda voice, rng: voice.sound(rng.randint(least, most))


def new_words(world: "World", count: int = 1) -> Plan:
    def words(voice: Voice, rng: random.Random) -> None:
        for word in world.caller.new_words(count):
            voice.say(word, rng.randint(9, 22))

    return words


def with_pauses(world: "World") -> Plan:
    """Words with pauses in which the end may be seen, and once a sound without words."""

    def words(voice: Voice, rng: random.Random) -> None:
        for _ in range(rng.randint(2, 5)):
            voice.say(world.caller.new_word(), rng.randint(16, 30))
            voice.pause(rng.randint(14, 42))

    return words


def again(world: "World") -> Plan:
    def words(voice: Voice, rng: random.Random) -> None:
        for word in world.caller.last_words[:_LONG]:
            voice.say(word, rng.randint(9, 16))

    return words


def noise_then_word(world: "World") -> Plan:
    """The recogniser is asked about the noise; the word comes after it."""

    def voice(voice: Voice, rng: random.Random) -> None:
        voice.sound(rng.randint(50, 75))
        voice.pause(rng.randint(0, 17))
        voice.say(world.caller.new_word(), rng.randint(10, 40))
        voice.pause(rng.randint(0, 17))
        voice.sound(rng.randint(1, 80))

    return voice


def for_long(world: "World") -> Plan:
    """Longer than any hold, and than any piece."""

    def voice(voice: Voice, rng: random.Random) -> None:
        for _ in range(rng.randint(12, 18)):
            voice.say(world.caller.new_word(), rng.randint(22, 30))

    return voice


def nod_then_more(voice: Voice, rng: random.Random) -> None:
    """What is a nod only as far as it is known."""
    voice.say(NOD, rng.randint(12, 18))
    voice.pause(rng.randint(16, 24))
    voice.sound(rng.choice((rng.randint(6, 12), rng.randint(10, 60))))


def stutter(voice: Voice, rng: random.Random) -> None:
    """Little voice that takes long."""
    for frames in (6, 3, 3):
        voice.sound(frames)
        voice.pause(rng.randint(10, 13))
