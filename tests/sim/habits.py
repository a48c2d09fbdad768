"""What callers do in a situation, beside talking as all do: each is asked every 20 ms."""

import random
from typing import TYPE_CHECKING

from gateway.turn.machine import BotState
from tests.sim.caller import Voice
from tests.sim.plans import again, begins, for_long, new_words, nod_then_more, noise, noise_then_word, says, stutter, with_pauses, word
from tests.sim.vocabulary import ANSWERS, HANGS, MARKED, NOD, NUMBERS, POLITE, SAYINGS, WHAT

if TYPE_CHECKING:
    from tests.sim.world import World


def presses(world: "World") -> None:
    """Keys, in bursts."""
    if not world.caller.done and world.rng.random() < (0.2 if world.rng.random() < 0.05 else 0.01):
        world.press(world.rng.choice("0123456789*#"))


def presses_while_speaking(world: "World") -> None:
    """Keys behind a few sounds, or in the pauses of an utterance."""
    begins(world, 0.1, stutter if world.rng.random() < 0.7 else with_pauses(world))
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
    begins(world, 0.05, new_words(world))


def coughs(world: "World") -> None:
    """Over the bot."""
    says(world, 0.05, noise(5, 22), BotState.SPEAKING)


def clears_the_throat(world: "World") -> None:
    """Instead of words."""
    begins(world, 0.3, noise(5, 14) if world.rng.random() < 0.2 else noise(16, 45))


def hums(world: "World") -> None:
    """Music on hold: sound without words that does not end, with short gaps."""

    def music(voice: Voice, rng: random.Random) -> None:
        for _ in range(rng.randint(1, 6)):
            voice.sound(rng.randint(30, 300))
            voice.pause(rng.choice((rng.randint(2, 14), rng.randint(20, 34))))

    says(world, 0.02, music)


def nods(world: "World") -> None:
    """The same closed answer to everything."""
    begins(world, 0.2, word(NOD))
    says(world, 0.01, word(NOD), BotState.SPEAKING)


def repeats(world: "World") -> None:
    """The same again, as who thinks that they were not heard."""
    begins(world, 0.1, again(world) if world.caller.last_words and world.rng.random() < 0.6 else new_words(world))
    if world.caller.last_words:
        says(world, 0.03, again(world), BotState.THINKING, BotState.SPEAKING)


def asks_again(world: "World") -> None:
    """Does not catch what the bot says, and coughs while waiting."""
    begins(world, 0.1, word(WHAT))
    says(world, 0.2, noise(5, 20), BotState.THINKING)


def answers(world: "World") -> None:
    """A question, or not quite."""
    begins(world, 0.2, word(world.rng.choice(ANSWERS)))


def says_numbers(world: "World") -> None:
    """Of the length that was asked for, or of another."""
    begins(world, 0.2, word(world.rng.choice(NUMBERS)))


def ends_clearly(world: "World") -> None:
    """What is said, or breaks off clearly."""
    begins(world, 0.2, word(world.rng.choice(MARKED)))


def asks_in_a_word(world: "World") -> None:
    """Or in two, or what only a recogniser takes for a question; now and then in enough of them."""
    begins(world, 0.2, word(world.rng.choice(("it?", "is it?", "go on?", "is it so?", "do you see it?"))))


def asks_politely(world: "World") -> None:
    """To hear again what the bot said, or not quite."""
    begins(world, 0.2, word(world.rng.choice(POLITE)))
    says(world, 0.02, word(world.rng.choice(POLITE)), BotState.SPEAKING)


def clicks(world: "World") -> None:
    """Short words, each behind the end of the one before, while nobody understands them."""

    def click(voice: Voice, rng: random.Random) -> None:
        voice.say(world.caller.new_word(), rng.randint(6, 9))
        voice.pause(rng.randint(24, 34))

    says(world, 1.0, click)


def interrupts(world: "World") -> None:
    """Talks as soon as the bot does."""
    begins(world, 0.1, new_words(world))
    says(world, 0.2, new_words(world), BotState.SPEAKING)


def interrupts_the_end(world: "World") -> None:
    """All that is here was sent, and the provider plays it."""
    playout = world.machine.call.playout
    begins(world, 0.1, new_words(world))
    if not playout.sendable and playout.at_provider(world.now):
        says(world, 0.5, new_words(world, 3), BotState.SPEAKING)


def waits_badly(world: "World") -> None:
    """Asks, and then talks, coughs and hums while the bot thinks."""
    begins(world, 0.05, new_words(world))
    says(world, 0.02, noise(5, 40) if world.rng.random() < 0.5 else noise(60, 130), BotState.THINKING)
    says(world, 0.01, new_words(world), BotState.THINKING)


def asks(world: "World") -> None:
    """One thing after the other, and listens."""
    begins(world, 0.1, new_words(world))


def talks(world: "World") -> None:
    """In a language that the lexicon knows."""
    begins(world, 0.2, word(world.rng.choice(SAYINGS)))
    says(world, 0.02, word(world.rng.choice(SAYINGS)), BotState.SPEAKING, BotState.THINKING)


def thinks_aloud(world: "World") -> None:
    """With pauses in which the bot may think that it is all."""
    begins(world, 0.1, with_pauses(world))


def leaves_it_open(world: "World") -> None:
    """Words after which more should come."""
    begins(world, 0.1, word(HANGS))


def talks_long(world: "World") -> None:
    """Longer than a turn may be."""
    begins(world, 0.1, for_long(world))


def talks_over_all(world: "World") -> None:
    """Noise, words, the same again, for long and for short, whenever the bot thinks or speaks."""
    plans = (
        noise(5, 25),
        noise(60, 120),
        word(NOD),
        nod_then_more,
        new_words(world),
        again(world),
        noise_then_word(world),
        for_long(world),
    )
    begins(world, 0.1, new_words(world, 2))
    says(world, 0.03, world.rng.choice(plans), BotState.SPEAKING, BotState.THINKING)
    hold = world.machine.holding.hold
    if hold is not None and hold.ended and world.rng.random() < 0.03:
        world.press("7")


def talks_at_the_wall(world: "World") -> None:
    """Noise for longer than a piece, over a bot that may not be interrupted, and keys."""
    begins(world, 0.1, new_words(world))
    says(world, 0.02, noise(310, 420) if world.rng.random() < 0.3 else noise(5, 60), BotState.SPEAKING)
    if world.machine.ignored_turn is not None and world.rng.random() < 0.01:
        world.press(world.rng.choice("0123456789"))
