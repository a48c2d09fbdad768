"""What callers do at the very moment that a rule is about, which chance would seldom find: each is asked every 20 ms.

They look into the core to find the moment; what they do then is what any caller might.
"""

import random
from typing import TYPE_CHECKING

from common.audio import FRAME_BYTES
from gateway.playout import BYTES_PER_S
from gateway.turn.barge_in import FREE_HOLDS, OWN_LEVEL_FRAMES, PROBE_FRAMES
from gateway.turn.endpointing import PAUSE_FRAMES
from gateway.turn.listening import LONGEST_TONE_FRAMES, MAX_NOTHING_HEARD
from gateway.turn.machine import BotState
from gateway.turn.state import seconds_to_frames
from tests.sim.caller import Voice
from tests.sim.plans import Plan, begins, new_words, nod_then_more, noise, noise_then_word, says, softly, stutter, with_pauses, word
from tests.sim.vocabulary import NOD

if TYPE_CHECKING:
    from tests.sim.world import World

_FIRST_WORD_BYTES = 1800
"""All words of a simulated voice are longer."""

# -- Keys ---------------------------------------------------------------------------------------------


def coughs_between_keys(world: "World") -> None:
    """Or says a short word there, or before them."""
    call, rng = world.machine.call, world.rng
    waits = call.open is not None and call.keys_until is not None
    if call.open is None and rng.random() < 0.02:
        begins(world, 1.0, noise(5, 11))
    elif call.open is not None and PAUSE_FRAMES <= call.floor.silence_frames < PAUSE_FRAMES + 10 and rng.random() < 0.05:
        world.press("1")
    elif waits and not call.caller_speaks and rng.random() < 0.06:
        says(world, 1.0, noise(5, 11) if rng.random() < 0.8 else _short_word(world))
    elif call.turn.used:
        says(world, 0.01, noise(5, 11))
    elif world.caller.silent and not call.caller_speaks and rng.random() < (0.02 if waits else 0.08):
        world.press(rng.choice("**123"))


def presses_in_the_pause(world: "World") -> None:
    """In which the words were looked at, and are known."""
    said = world.machine.call.open
    begins(world, 0.3, with_pauses(world))
    if said is not None and said.draft is not None and said.draft.text and world.rng.random() < 0.3:
        world.press(world.rng.choice("12"))


def presses_while_words_are_awaited(world: "World") -> None:
    """What was said goes in front of the key, though nobody knows it yet."""
    begins(world, 0.3, new_words(world))
    turn = world.machine.call.turn
    if turn.utterance is not None and not turn.committed and world.rng.random() < 0.05:
        world.press(world.rng.choice("12#"))


def presses_after_a_stutter(world: "World") -> None:
    """Too long for the tone of a key."""
    begins(world, 0.2, stutter)
    floor = world.machine.call.floor
    if world.machine.call.open is not None and 2 <= floor.silence_frames < PAUSE_FRAMES and floor.frame - floor.start > LONGEST_TONE_FRAMES:
        world.press("1")


def presses_the_terminator(world: "World") -> None:
    """Alone, or behind other keys, as it was asked for."""
    call, rng = world.machine.call, world.rng
    if call.collect is not None and world.machine.state is BotState.LISTENING and not world.caller.done and rng.random() < 0.2:
        world.press(rng.choice("##12"))
    begins(world, 0.1, new_words(world))


def presses_over_the_request(world: "World") -> None:
    """The rest of keys that another stream had."""
    if world.machine.call.turn.asks_anew and world.rng.random() < 0.1:
        world.press(world.rng.choice("0123456789#"))


# -- Over the bot ---------------------------------------------------------------------------------------


def nods_at_the_end(world: "World") -> None:
    """Of a reply that is all here, so that it is heard before anybody knows what was said."""
    begins(world, 0.4, new_words(world))
    clips = world.machine.call.playout.clips
    if clips and world.machine.call.turn.reply.complete and 0.15 < _unsent_s(world) < 0.7:
        says(world, 0.2, world.rng.choice((_nod, _nod, _nod, noise(16, 24), new_words(world))), BotState.SPEAKING)


def nods_and_goes_on(world: "World") -> None:
    """When the nod is known, the voice has begun again."""
    begins(world, 0.1, new_words(world))
    says(world, 0.05, nod_then_more, BotState.SPEAKING)


def talks_into_protected_words(world: "World") -> None:
    """Before words that may not be interrupted: a voice that silences the bot just then, a nod, a stutter."""
    begins(world, 0.5, new_words(world))
    left = _frames_to_protected_words(world)
    silencing = seconds_to_frames(world.machine.call.rules.barge_in_duck_ms / 1000)
    if left == silencing - 1:
        says(world, 0.8, noise(silencing, 2 * silencing), BotState.SPEAKING)
    elif left is not None and 28 < left < 60:
        says(world, *((0.05, _nod) if left > 40 else (0.08, _sound_again)), BotState.SPEAKING)


def mutters(world: "World") -> None:
    """Over the bot, not as loud as when they speak to it: more often than it is held."""
    begins(world, 0.1, new_words(world, 4))
    says(world, 0.1, _mutter, BotState.SPEAKING)


def turns_away(world: "World") -> None:
    """Or somebody else talks in the room while the bot does, once it knows how loud the caller is; now and then asks it so to stop."""
    rng = world.rng
    begins(world, 0.3, new_words(world, 8) if rng.random() < 0.95 else softly(new_words(world)))
    if world.machine.call.memory.own.frames >= OWN_LEVEL_FRAMES:
        plans = (new_words(world), new_words(world, 3), *[_stop_or_nod] * 7, with_pauses(world), noise_then_word(world))
        says(world, 0.2, softly(rng.choice(plans)), BotState.SPEAKING)
        says(world, 0.001, softly(new_words(world)), BotState.THINKING)


def hums_before_words(world: "World") -> None:
    """While the bot thinks: the hold is over before the word in it is known, and the voice lasts."""

    def voice(voice: Voice, rng: random.Random) -> None:
        voice.sound(PROBE_FRAMES + rng.randint(0, 4))
        voice.say(world.caller.new_word(), rng.randint(8, 16))
        voice.sound(rng.randint(20, 140))

    begins(world, 0.1, new_words(world))
    says(world, 0.06, voice, BotState.THINKING)


def hums_and_stops(world: "World") -> None:
    """Just when its sound was sent to the recogniser, which tells of it when the floor is free again."""
    begins(world, 0.1, new_words(world))
    says(world, 0.06, noise(PROBE_FRAMES - 2, PROBE_FRAMES + 12), BotState.THINKING, BotState.SPEAKING)


def hums_with_pauses(world: "World") -> None:
    """In which the recogniser is asked, and says that it was nothing."""

    def voice(voice: Voice, rng: random.Random) -> None:
        voice.sound(rng.randint(80, 100))
        for _ in range(rng.randint(2, 5)):
            voice.pause(rng.randint(28, 40))
            voice.sound(rng.randint(20, 30))

    begins(world, 0.3, voice)


def coughs_at_the_first_words(world: "World") -> None:
    """Of a sentence that may yet come in another attempt."""
    begins(world, 0.2, new_words(world))
    if any(clip.kind == "reply" and not clip.complete and 0 < clip.sent < _FIRST_WORD_BYTES for clip in world.machine.call.playout.clips):
        says(world, 0.3, noise(5, 12), BotState.SPEAKING)


def talks_past_the_end(world: "World") -> None:
    """Of a reply that may not be interrupted: longer than a piece."""
    begins(world, 0.4, new_words(world))
    if world.machine.call.turn.reply.complete and 1.3 < _unsent_s(world) < 3.0:
        says(world, 0.1, noise(180, 240), BotState.SPEAKING)


def talks_over_the_beep(world: "World") -> None:
    """Begins with it."""
    begins(world, 0.1, new_words(world))
    if any(clip.kind == "beep" and clip.begun for clip in world.machine.call.playout.clips):
        says(world, 0.3, new_words(world), BotState.SPEAKING)


# -- To a recogniser that tells late -------------------------------------------------------------------


def clears_the_throat_on_and_on(world: "World") -> None:
    """Before the bot could say that it did not understand."""
    if world.machine.call.memory.nothing_heard == MAX_NOTHING_HEARD - 1:
        says(world, 0.3, noise(8, 30), BotState.THINKING)
    begins(world, 0.3, noise(16, 30))


def speaks_before_the_reply(world: "World") -> None:
    """While the bot thinks about words that it knows; what the recogniser makes of that comes over the reply."""
    begins(world, 0.1, new_words(world))
    if world.machine.call.turn.committed:
        says(world, 0.1, new_words(world), BotState.THINKING)


def nods_before_the_reply(world: "World") -> None:
    """While the bot thinks about words that it knows: that is an answer, though the recogniser tells of it over the reply."""
    begins(world, 0.1, new_words(world))
    if world.machine.call.turn.committed:
        says(world, 0.1, _nod, BotState.THINKING)


def pauses_as_it_wakes(world: "World") -> None:
    """The pause is looked at when the words of before come."""

    def voice(voice: Voice, rng: random.Random) -> None:
        voice.say(world.caller.new_word(), rng.randint(16, 24))
        voice.pause(rng.randint(45, 70))
        voice.say(world.caller.new_word(), rng.randint(9, 22))

    wakes_in_s = world.workers.asleep_until - world.now
    if wakes_in_s < 0:
        begins(world, 0.1, new_words(world) if world.rng.random() < 0.5 else word(NOD))
    elif 0.8 < wakes_in_s < 1.0:
        says(world, 0.5, voice, BotState.LISTENING)


# -- What is said, and where the bot is ---------------------------------------------------------------


def _short_word(world: "World") -> Plan:
    return lambda voice, rng: voice.say(world.caller.new_word(), rng.randint(6, 11))


def _stop_or_nod(voice: Voice, rng: random.Random) -> None:
    voice.say(rng.choice(("stop", "so so", "stop then", "stop", NOD, NOD)), rng.randint(8, 14))


def _nod(voice: Voice, rng: random.Random) -> None:
    voice.say(NOD, rng.randint(12, 22))


def _sound_again(voice: Voice, rng: random.Random) -> None:
    """A sound, a pause that is looked at, and another sound."""
    voice.sound(rng.randint(6, 10))
    voice.pause(rng.randint(16, 18))
    voice.sound(rng.randint(4, 60))


def _mutter(voice: Voice, rng: random.Random) -> None:
    voice.mutter(rng.choice((rng.randint(6, 20), rng.randint(40, 150))))


def _unsent_s(world: "World") -> float:
    return sum(len(clip.audio) - clip.sent for clip in world.machine.call.playout.clips) / BYTES_PER_S


def _frames_to_protected_words(world: "World") -> int | None:
    """How many frames are left to be sent before words that may not be interrupted; None: they are none, or not next."""
    machine = world.machine
    playout, left = machine.call.playout, 0
    if machine.holding.hold is not None or machine.call.turn.holds >= FREE_HOLDS:
        return None
    for clip in playout.clips:
        unsent = len(clip.audio) - clip.sent
        if unsent and not clip.interruptible:
            return left or None
        if not clip.complete:
            return None
        left += -(-unsent // FRAME_BYTES)
    return None
