"""What callers do in a situation, beside talking as all do: each is asked every 20 ms."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.turn.machine import BotState
from tests.sim.caller import Voice
from tests.sim.vocabulary import HANGS, NOD, SAYINGS, WHAT

if TYPE_CHECKING:
    from tests.sim.world import World

_LONG = 8
"""More words are not said again."""

Plan = Callable[[Voice, random.Random], None]


def _says(world: "World", chance: float, voice: Plan, *states: BotState) -> None:
    """Now and then, while the caller is silent and the bot in one of ``states``."""
    if world.caller.silent and world.machine.state in (states or tuple(BotState)) and world.rng.random() < chance:
        planned = Voice("special")
        voice(planned, world.rng)
        world.caller.begin(planned)


def _begins(world: "World", chance: float, voice: Plan) -> None:
    """Now and then, while the bot listens and nothing that was said is undecided."""
    call = world.machine.call
    if call.open is None and call.short is None:
        _says(world, chance, voice, BotState.LISTENING)


# -- What is said -----------------------------------------------------------------------------------


def _word(text: str) -> Plan:
    return lambda voice, rng: voice.say(text, rng.randint(12, 40))


def _noise(least: int, most: int) -> Plan:
    """Voice without words, of so many frames."""
    return lambda voice, rng: voice.sound(rng.randint(least, most))


def _new_words(world: "World", count: int = 1) -> Plan:
    def words(voice: Voice, rng: random.Random) -> None:
        for word in world.caller.new_words(count):
            voice.say(word, rng.randint(9, 22))

    return words


def _with_pauses(world: "World") -> Plan:
    """Words with pauses in which the end may be seen, and once a sound without words."""

    def words(voice: Voice, rng: random.Random) -> None:
        for _ in range(rng.randint(2, 5)):
            voice.say(world.caller.new_word(), rng.randint(16, 30))
            voice.pause(rng.randint(14, 42))

    return words


def _again(world: "World") -> Plan:
    def words(voice: Voice, rng: random.Random) -> None:
        for word in world.caller.last_words[:_LONG]:
            voice.say(word, rng.randint(9, 16))

    return words


def _noise_then_word(world: "World") -> Plan:
    """The recogniser is asked about the noise; the word comes after it."""

    def voice(voice: Voice, rng: random.Random) -> None:
        voice.sound(rng.randint(50, 75))
        voice.pause(rng.randint(0, 17))
        voice.say(world.caller.new_word(), rng.randint(10, 40))
        voice.pause(rng.randint(0, 17))
        voice.sound(rng.randint(1, 80))

    return voice


def _for_long(world: "World") -> Plan:
    """Longer than any hold, and than any piece."""

    def voice(voice: Voice, rng: random.Random) -> None:
        for _ in range(rng.randint(12, 18)):
            voice.say(world.caller.new_word(), rng.randint(22, 30))

    return voice


def _nod_then_more(voice: Voice, rng: random.Random) -> None:
    """What is a nod only as far as it is known."""
    voice.say(NOD, rng.randint(14, 22))
    voice.pause(rng.randint(16, 24))
    voice.sound(rng.randint(10, 60))


def _stutter(voice: Voice, rng: random.Random) -> None:
    """Little voice that takes long."""
    for frames in (6, 3, 3):
        voice.sound(frames)
        voice.pause(rng.randint(10, 13))


# -- Habits -------------------------------------------------------------------------------------------


def presses(world: "World") -> None:
    """Keys, in bursts."""
    if not world.caller.done and world.rng.random() < (0.2 if world.rng.random() < 0.05 else 0.01):
        world.press(world.rng.choice("0123456789*#"))


def presses_while_speaking(world: "World") -> None:
    """Keys behind a few sounds, or in the pauses of an utterance."""
    _begins(world, 0.1, _stutter if world.rng.random() < 0.7 else _with_pauses(world))
    if world.machine.call.caller_speaks and world.machine.call.floor.silence_frames > 1 and world.rng.random() < 0.04:
        world.press(world.rng.choice("12##"))


def dictates(world: "World") -> None:
    """Keys, one after the other, as they were asked for."""
    if (
        not world.caller.done
        and world.machine.call.collect is not None
        and world.machine.state is BotState.LISTENING
        and world.rng.random() < 0.2
    ):
        world.press(world.rng.choice("0123456789#"))
    _begins(world, 0.05, _new_words(world))


def coughs(world: "World") -> None:
    """Over the bot."""
    _says(world, 0.05, _noise(5, 22), BotState.SPEAKING)


def clears_the_throat(world: "World") -> None:
    """Instead of words."""
    _begins(world, 0.3, _noise(5, 14) if world.rng.random() < 0.2 else _noise(16, 45))


def hums(world: "World") -> None:
    """Music on hold: sound without words that does not end, with short gaps."""

    def music(voice: Voice, rng: random.Random) -> None:
        for _ in range(rng.randint(1, 6)):
            voice.sound(rng.randint(30, 300))
            voice.pause(rng.choice((rng.randint(2, 14), rng.randint(20, 34))))

    _says(world, 0.02, music)


def nods(world: "World") -> None:
    """The same closed answer to everything."""
    _begins(world, 0.2, _word(NOD))
    _says(world, 0.01, _word(NOD), BotState.SPEAKING)


def repeats(world: "World") -> None:
    """The same again, as who thinks that they were not heard."""
    _begins(world, 0.1, _again(world) if world.caller.last_words and world.rng.random() < 0.6 else _new_words(world))
    if world.caller.last_words:
        _says(world, 0.03, _again(world), BotState.THINKING, BotState.SPEAKING)


def asks_again(world: "World") -> None:
    """Does not catch what the bot says, and coughs while waiting."""
    _begins(world, 0.1, _word(WHAT))
    _says(world, 0.2, _noise(5, 20), BotState.THINKING)


def clicks(world: "World") -> None:
    """Short words, one after the other, while nobody understands them."""

    def click(voice: Voice, rng: random.Random) -> None:
        voice.say(world.caller.new_word(), rng.randint(6, 9))
        voice.pause(rng.randint(38, 50))

    _says(world, 1.0, click)


def interrupts(world: "World") -> None:
    """Talks as soon as the bot does."""
    _begins(world, 0.1, _new_words(world))
    _says(world, 0.2, _new_words(world), BotState.SPEAKING)


def interrupts_the_end(world: "World") -> None:
    """All that is here was sent, and the provider plays it."""
    playout = world.machine.call.playout
    _begins(world, 0.1, _new_words(world))
    if not playout.sendable and playout.at_provider(world.now):
        _says(world, 0.5, _new_words(world, 3), BotState.SPEAKING)


def waits_badly(world: "World") -> None:
    """Asks, and then talks, coughs and hums while the bot thinks."""
    _begins(world, 0.05, _new_words(world))
    _says(world, 0.02, _noise(5, 40) if world.rng.random() < 0.5 else _noise(60, 130), BotState.THINKING)
    _says(world, 0.01, _new_words(world), BotState.THINKING)


def asks(world: "World") -> None:
    """One thing after the other, and listens."""
    _begins(world, 0.1, _new_words(world))


def talks(world: "World") -> None:
    """In a language that the lexicon knows."""
    _begins(world, 0.2, _word(world.rng.choice(SAYINGS)))
    _says(world, 0.02, _word(world.rng.choice(SAYINGS)), BotState.SPEAKING, BotState.THINKING)


def thinks_aloud(world: "World") -> None:
    """With pauses in which the bot may think that it is all."""
    _begins(world, 0.1, _with_pauses(world))


def leaves_it_open(world: "World") -> None:
    """Words after which more should come."""
    _begins(world, 0.1, _word(HANGS))


def talks_long(world: "World") -> None:
    """Longer than a turn may be."""
    _begins(world, 0.1, _for_long(world))


def talks_over_all(world: "World") -> None:
    """Noise, words, the same again, for long and for short, whenever the bot thinks or speaks."""
    plans = (
        _noise(5, 25),
        _noise(60, 120),
        _word(NOD),
        _nod_then_more,
        _new_words(world),
        _again(world),
        _noise_then_word(world),
        _for_long(world),
    )
    _begins(world, 0.1, _new_words(world, 2))
    _says(world, 0.03, world.rng.choice(plans), BotState.SPEAKING, BotState.THINKING)
    hold = world.machine.holding.hold
    if hold is not None and hold.ended and world.rng.random() < 0.01:
        world.press("7")


def talks_at_the_wall(world: "World") -> None:
    """Noise for longer than a piece, over a bot that may not be interrupted, and keys."""
    _begins(world, 0.1, _new_words(world))
    _says(world, 0.02, _noise(310, 420) if world.rng.random() < 0.3 else _noise(5, 60), BotState.SPEAKING)
    if world.machine.ignored_turn is not None and world.rng.random() < 0.01:
        world.press(world.rng.choice("0123456789"))
