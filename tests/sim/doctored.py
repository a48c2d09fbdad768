"""Calls whose core does wrong on purpose, so that the judge is seen to complain.

A *doctor* changes what the core hears, commands or says about itself, or the sound that leaves. The calls are calm and random: what a
doctor waits for may not happen in the first of them.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields

from gateway.playout import Mark
from gateway.turn.events import Command, Event
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from tests.sim.line import Weather
from tests.sim.rules import RULES
from tests.sim.situations import NAMED, ORDINARY
from tests.sim.world import World, make_world

_SEEDS = 60

Items = list[bytes | Mark]


class Doctor:
    """Changes nothing."""

    asleep = False
    """Whether the core hears and does nothing any more."""

    def hears(self, machine: TurnMachine, event: Event) -> Event:
        """What the core is told."""
        return event

    def does(self, machine: TurnMachine, event: Event, commands: list[Command], now: float) -> list[Command]:
        """What is done of what the core wants."""
        return commands

    def sends(self, world: World, items: Items) -> Items:
        """What leaves of what is due."""
        return items


class DoctoredMachine(TurnMachine):
    """A core that does as its doctor says."""

    doctor: Doctor

    def handle(self, event: Event, now: float) -> list[Command]:
        """As the core does, but for the doctor."""
        if self.doctor.asleep:
            self.deadline = None if self.call.over else now + 1_000.0
            return []
        return self.doctor.does(self, event, super().handle(self.doctor.hears(self, event), now), now)


@dataclass(slots=True)
class DoctoredWorld(World):
    """A call whose sound passes the doctor."""

    doctor: Doctor = field(default_factory=Doctor)

    def _take(self) -> Items:
        return self.doctor.sends(self, World._take(self))


def complaint(
    new_doctor: Callable[[], Doctor],
    situation: str = "",
    rules: Rules = RULES,
    seeds: Iterable[int] = range(_SEEDS),
    opening: Event | None = None,
) -> str:
    """What the judge says of the first call that it takes exception to; "": of none."""
    for seed in seeds:
        try:
            world = _world(seed, new_doctor(), situation, rules)
            world.opening = opening or world.opening
            world.run()
        except AssertionError as broken:
            return str(broken)
    return ""


def _world(seed: int, doctor: Doctor, situation: str, rules: Rules) -> World:
    def machine(its_rules: Rules, phrases: PhraseBook, lexicon: Lexicon) -> DoctoredMachine:
        made = DoctoredMachine(its_rules, phrases, lexicon)
        made.doctor = doctor
        return made

    weather = Weather(latency_s=random.Random(seed).uniform(0.01, 0.08))
    made = make_world(seed, weather, rules, new_machine=machine)
    made.situation = NAMED[situation] if situation else ORDINARY
    made.situation.begin(made)
    return DoctoredWorld(**{one.name: getattr(made, one.name) for one in fields(World)}, doctor=doctor)
