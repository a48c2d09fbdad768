"""A call is transferred once what was to be said before was heard, to whom the model asked for, and then surely (R9, R11)."""

from collections.abc import Sequence

from common.messages import Action
from gateway.turn.events import CloseTurn, Command, Event, PublishSentence, TransferCall, WorkerReported
from gateway.turn.machine import TurnMachine
from tests.sim.broken_rule import Check
from tests.sim.line import Weather
from tests.sim.rules import RULES
from tests.sim.workers import Planned


class TransfersJudge:
    """Sees what is asked for, and what becomes of it."""

    def __init__(self, check: Check, asked: dict[int, Planned], weather: Weather) -> None:
        self._check = check
        self._replies = asked
        self._weather = weather
        self._wanted: dict[int, Action] = {}
        """By turn: what the core was told last."""
        self._torn: set[int] = set()
        """Turns of which a take broke off; where all of its takes do, a sentence is given up, and the call goes on behind it."""

    def told(self, event: Event, machine: TurnMachine) -> None:
        """Before what comes of it."""
        if isinstance(event, WorkerReported) and isinstance(event.message, Action) and event.message.name == "transfer":
            action, turn = event.message, machine.call.turn
            awaited = turn.drafted or turn.utterance is not None
            if action.head.turn == turn.number and awaited and action.argument in machine.call.rules.destinations:
                self._wanted[turn.number] = action

    def commanded(self, commands: Sequence[Command], machine: TurnMachine) -> None:
        """What is done."""
        goes_to = next((command.destination for command in commands if isinstance(command, TransferCall)), None)
        for command in commands:
            if isinstance(command, PublishSentence):
                self._torn.add(command.turn)
            if isinstance(command, CloseTurn) and command.how == "replied":
                self._replied(command, goes_to, machine)
        if goes_to is not None:
            self._check(goes_to in {action.argument for action in self._wanted.values()}, f"nobody asked for {goes_to}")

    def _replied(self, closed: CloseTurn, goes_to: str | None, machine: TurnMachine) -> None:
        action = self._wanted.get(closed.turn)
        wanted = None if action is None else action.argument
        self._check(goes_to == wanted, f"after turn {closed.turn} the call goes to {goes_to}, not {wanted}")
        if action is not None and closed.turn not in self._torn and self._all_is_known(machine):
            before = " ".join(self._replies[closed.turn].sentences[: action.after + 1])
            self._check(closed.heard.startswith(before), f"transferred after {closed.heard!r}, not after {before!r}")

    def _all_is_known(self, machine: TurnMachine) -> bool:
        weather = self._weather
        failing = weather.tts_fails or weather.tts_stops or weather.message_lost or weather.message_late
        return not failing and machine.call.rules.max_reply_s >= RULES.max_reply_s
