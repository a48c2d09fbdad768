"""Situations that chance alone seldom brings: a recogniser that sleeps, music on hold, a burst of keys, a line that stops.

A seed chooses one of them for its call, or none. It may change the weather and the rules, and acts every 20 ms
from outside, as a caller (``habits``), line or worker would; the rest of the call is as random as any, and the judge is the same.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gateway.turn.state import Rules
from tests.sim import aimed, habits, nuisances
from tests.sim.line import Weather

if TYPE_CHECKING:
    from tests.sim.world import World


@dataclass(frozen=True, slots=True)
class Situation:
    """What is special about a call."""

    name: str
    acts: tuple[Callable[["World"], None], ...] = ()
    """Every 20 ms."""
    weather: dict[str, Any] = field(default_factory=dict)
    """What the weather is, whatever it is else."""
    rules: dict[str, Any] = field(default_factory=dict)
    begin: Callable[["World"], None] = lambda world: None
    """Before the call."""
    alone: bool = True
    """Whether the caller does what ``acts`` does, and nothing else."""
    weight: int = 1
    """How often it is drawn."""

    def act(self, world: "World") -> None:
        """20 ms have passed."""
        for act in self.acts:
            act(world)

    def weather_of(self, weather: Weather) -> Weather:
        """The weather of this call."""
        return replace(weather, **self.weather)

    def rules_of(self, rules: Rules) -> Rules:
        """The rules of this call."""
        return replace(rules, **self.rules)


ORDINARY = Situation("ordinary", alone=False)

# -- Which one ------------------------------------------------------------------------------------

_BROKEN_VOICE = {"tts_fails": 0.4, "tts_stops": 0.7, "tts_second_attempt": 0.5, "message_late": 0.2, "message_twice": 0.2}
_LATE_VOICE = {"tts_fails": 0.5, "tts_stops": 0.5, "tts_second_attempt": 0.7, "message_late": 0.6, "late_s": 4.0}
_SLOW = {"slow": 0.1}
_CALM = {"message_lost": 0.0, "asr_fails": 0.0, "stall": 0.0, "tts_fails": 0.0, "llm_fails": 0.0}
_TWO_ATTEMPTS = {**_CALM, "tts_second_attempt": 0.9, "message_twice": 0.9}
_OTHERS = {**_TWO_ATTEMPTS, "message_late": 0.0, "tts_stops": 0.3}
_TRANSFERRED_TWICE = {**_CALM, "message_twice": 0.9}
_TEXT_LATE = {**_CALM, "message_late": 0.05}
_BY_WORDS = {"endpointing": "words", "speculate": "off", "dedup_s": 6.0, "min_utt_s": 0.4}
_DRAFTS = {"speculate": "full", "max_drafts": 8, "max_utt_s": 1.5, "min_utt_s": 0.9}
_BLIND = {"endpointing": "fixed", "speculate": "off"}
_DUCK = {"barge_in": True, "barge_in_mode": "duck"}
_WALL = {"barge_in": False, "max_utt_s": 1.5}
_LOOKS = {"speculate": "asr", "min_utt_s": 0.9}
_LONG_TURNS = {"max_turn_s": 4.0, "max_utt_s": 1.5}

INTERRUPTS_THE_END = Situation("interrupts the end", (habits.interrupts_the_end,), weight=2)
SITUATIONS = (
    Situation("keys", (habits.presses,), alone=False, weight=2),
    Situation("keys while deaf", (habits.presses,), {"asr_fails": 0.6}, alone=False, weight=2),
    Situation("keys while speaking", (habits.presses_while_speaking,), rules={"speculate": "full"}, weight=23),
    Situation("keys that were asked for", (habits.dictates,), begin=nuisances.asks_for_keys, weight=2),
    Situation("language", (habits.talks, nuisances.language_changes), weight=5),
    Situation("language, by words", (habits.talks,), _CALM, _BY_WORDS, weight=58),
    Situation("language, to a parrot", (habits.talks,), _CALM, _BY_WORDS, nuisances.parrot, weight=30),
    Situation("coughs", (habits.coughs,), alone=False, weight=2),
    Situation("clears the throat", (habits.clears_the_throat,), weight=2),
    Situation("music", (habits.hums,), rules={**_DRAFTS, "max_turn_s": 12.0}, weight=2),
    Situation("nods", (habits.nods,), _CALM, {"dedup_s": 6.0}, weight=2),
    Situation("nods to a parrot", (habits.nods,), _CALM, {"dedup_s": 6.0}, nuisances.parrot, weight=17),
    Situation("nods to who understands late", (habits.nods, nuisances.sleeps), rules={"speculate": "asr"}, weight=3),
    Situation("repeats", (habits.repeats,), rules={"dedup_s": 6.0}, weight=2),
    Situation("repeats to who understands late", (habits.repeats, nuisances.sleeps_in_holds), rules={"dedup_s": 6.0}, weight=36),
    Situation("asks again", (habits.asks_again,), {"slow": 0.3}, weight=18),
    Situation("recogniser asleep", (habits.clicks,), _SLOW, {**_BLIND, "min_utt_s": 0.4}, nuisances.asleep, weight=15),
    Situation("recogniser drowsy", (nuisances.sleeps, habits.thinks_aloud), _SLOW, _DRAFTS, weight=2),
    Situation("recogniser asleep in holds", (habits.talks_over_all, nuisances.sleeps_in_holds), weight=19),
    Situation("recogniser asleep in long turns", (habits.talks_long, nuisances.sleeps_in_long_turns), _CALM, _LONG_TURNS, weight=32),
    Situation("recogniser fails", (habits.hums,), {"asr_fails": 0.6}, weight=2),
    Situation("drafts fail", (habits.thinks_aloud,), {"llm_fails": 0.8}, _DRAFTS, weight=50),
    Situation("frames stop", (nuisances.stops,), alone=False, weight=73),
    Situation("hangs up", (habits.leaves_it_open, nuisances.hangs_up_while), weight=23),
    Situation("not interruptible", (habits.talks_at_the_wall,), rules={"barge_in": False, "max_utt_s": 1.5}, weight=29),
    Situation("ducks", (habits.interrupts,), rules={"barge_in_mode": "duck"}, begin=nuisances.protects, weight=2),
    Situation("interrupts", (habits.interrupts,), weight=2),
    Situation("transfers", (habits.asks,), begin=nuisances.transfers, weight=5),
    Situation("transfers after too much", (habits.asks,), _TRANSFERRED_TWICE, {"max_reply_s": 0.5}, nuisances.transfers_late, weight=54),
    Situation("transfers, over which the caller talks", (habits.interrupts,), begin=nuisances.transfers, weight=25),
    INTERRUPTS_THE_END,
    Situation("interrupts the end, without marks", (habits.interrupts_the_end,), {"mark_lost": 1.0}, weight=2),
    Situation("interrupts a voice that fails", (habits.interrupts,), {"tts_fails": 0.6}, weight=2),
    Situation("waits badly", (habits.waits_badly,), {"slow": 0.6}, weight=2),
    Situation("waits badly for nothing", (habits.waits_badly,), {"llm_fails": 0.3}, begin=nuisances.no_reply, weight=42),
    Situation("tools", (habits.waits_badly,), begin=nuisances.many_tools, weight=2),
    Situation("gateway stalls", (nuisances.paces_badly,), alone=False, weight=12),
    Situation("strange marks", (nuisances.strange_marks,), alone=False, weight=4),
    Situation("strange messages", (nuisances.strange_messages,), alone=False, weight=2),
    Situation("other replies", (habits.asks, nuisances.other_replies, nuisances.late_sound), _OTHERS, begin=nuisances.long_call, weight=25),
    Situation("coughs at a broken voice", (habits.coughs,), _BROKEN_VOICE, alone=False, weight=6),
    Situation("long replies", (habits.asks,), {**_BROKEN_VOICE, "slow": 0.5}, {"max_reply_s": 0.5}, nuisances.slow_model, weight=2),
    Situation("broken voice", (habits.asks,), _BROKEN_VOICE, weight=2),
    Situation("late voice", (habits.asks,), _LATE_VOICE, weight=2),
    Situation("coughs between keys", (aimed.coughs_between_keys,), weight=24),
    Situation("coughs between keys, unseen", (aimed.coughs_between_keys,), rules=_BLIND, weight=28),
    Situation("keys in pauses", (aimed.presses_in_the_pause,), _CALM, _DRAFTS, weight=7),
    Situation("answers", (habits.answers,), _CALM, _BY_WORDS, nuisances.asks_tersely, weight=15),
    Situation("numbers to a parrot", (habits.says_numbers,), _CALM, _BY_WORDS, nuisances.asks_for_a_number, weight=11),
    Situation("drops in mid-word", (nuisances.drops_in_mid_word,), alone=False, weight=2),
    Situation("asks in a word", (habits.asks_in_a_word,), _CALM, _BY_WORDS, nuisances.no_question_words, weight=13),
    Situation("ends clearly", (habits.ends_clearly,), _CALM, _BY_WORDS, nuisances.asks_tersely, weight=17),
    Situation("keys while words are awaited", (aimed.presses_while_words_are_awaited,), _CALM, weight=12),
    Situation("keys after a stutter", (aimed.presses_after_a_stutter,), _CALM, weight=12),
    Situation("talks past the end", (aimed.talks_past_the_end,), _CALM, _WALL, weight=32),
    Situation("nods to who gives up", (habits.nods, nuisances.sleeps_too_long), _SLOW, _LOOKS, nuisances.talks_on, weight=26),
    Situation("voice that fails late", (habits.asks,), {"tts_fails": 0.5}, begin=nuisances.fails_late, weight=40),
    Situation("hums with pauses", (aimed.hums_with_pauses,), _CALM, _DRAFTS, weight=10),
    Situation(
        "coughs at the first words",
        (aimed.coughs_at_the_first_words,),
        {**_CALM, "tts_second_attempt": 0.9},
        weight=19,
    ),
    Situation(
        "frames stop in holds",
        (aimed.hums_and_stops, nuisances.stops_in_holds, nuisances.sleeps_in_holds),
        begin=nuisances.many_tools,
        weight=49,
    ),
    Situation("second attempts", (habits.asks,), _TWO_ATTEMPTS, begin=nuisances.talks_much, weight=23),
    Situation("voice that forgets to end", (habits.asks,), _CALM, begin=nuisances.forgets_to_end, weight=6),
    Situation("text after its sound", (habits.asks,), _TEXT_LATE, begin=nuisances.tells_text_late, weight=4),
    Situation("text after its sound, too long", (habits.asks,), _TEXT_LATE, {"max_reply_s": 0.5}, nuisances.tells_text_late, weight=17),
    Situation("terminators", (aimed.presses_the_terminator,), begin=nuisances.asks_for_keys, weight=43),
    Situation("keys over a request", (aimed.presses_over_the_request, habits.dictates), begin=nuisances.asks_for_keys_anew, weight=9),
    Situation("nods at the end", (aimed.nods_at_the_end,), _CALM, _DUCK, nuisances.terse, weight=19),
    Situation("protected words", (aimed.talks_into_protected_words,), _CALM, _DUCK, nuisances.protects_every_other, weight=2),
    Situation(
        "protected words, late",
        (aimed.talks_into_protected_words, nuisances.sleeps_in_holds),
        _CALM,
        _DUCK,
        nuisances.protects_every_other,
        weight=48,
    ),
    Situation("mutters", (aimed.mutters,), begin=nuisances.protects, weight=2),
    Situation("turns away", (aimed.turns_away,), _CALM, {"barge_in": True}, nuisances.long_call, weight=19),
    Situation("turns away, ducked", (aimed.turns_away,), _CALM, _DUCK, nuisances.long_call, weight=11),
    Situation(
        "turns away, understood late",
        (aimed.turns_away, nuisances.sleeps_in_holds),
        _CALM,
        {"barge_in": True},
        nuisances.talks_on,
        weight=11,
    ),
    Situation("hums before words", (aimed.hums_before_words,), _CALM, begin=nuisances.many_tools, weight=7),
    Situation("hums and stops", (aimed.hums_and_stops, nuisances.sleeps_in_holds), begin=nuisances.many_tools, weight=3),
    Situation("deaf in holds", (habits.interrupts,), {"asr_fails": 0.6}, weight=23),
    Situation("talks over the beep", (aimed.talks_over_the_beep,), {"tts_fails": 0.7}, weight=9),
    Situation("never understood", (aimed.clears_the_throat_on_and_on,), begin=nuisances.talks_on, weight=70),
    Situation("pauses as it wakes", (aimed.pauses_as_it_wakes, nuisances.sleeps_too_long), _SLOW, _LOOKS, nuisances.talks_on, weight=69),
    Situation(
        "late words at the wall", (aimed.speaks_before_the_reply, nuisances.sleeps_through_holds), _CALM, {"barge_in": False}, weight=8
    ),
    Situation(
        "nods before the reply", (aimed.nods_before_the_reply, nuisances.sleeps_through_holds), _CALM, begin=nuisances.talks_on, weight=5
    ),
    Situation("nods and goes on", (aimed.nods_and_goes_on,), _CALM, weight=11),
    Situation("asks politely", (habits.asks_politely,), _CALM, _BY_WORDS, weight=8),
    Situation("long replies that fail", (habits.asks,), {"tts_fails": 0.5}, {"max_reply_s": 0.5}, nuisances.talks_much, weight=7),
    Situation("late long voice", (habits.asks,), _LATE_VOICE, {"max_reply_s": 0.5}, nuisances.slow_model, weight=2),
)
NAMED = {situation.name: situation for situation in SITUATIONS}


def draw(rng: random.Random) -> Situation:
    """One of them in most calls."""
    return rng.choices(SITUATIONS, [situation.weight for situation in SITUATIONS])[0] if rng.random() < 0.95 else ORDINARY
