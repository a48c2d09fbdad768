"""The live calls of this gateway: makes them, and gives each what the workers send it."""

from collections.abc import Callable
from dataclasses import replace

from common import metrics, prices
from common.agents.in_use import after_transfers
from common.agents.overlay import spoken_language
from common.bus import Delivery
from common.config import Settings
from common.messages import CallTakenOver, Used
from gateway.accounts import Accounts
from gateway.agents import Agents
from gateway.beginning import RECONNECTS, reconnects, transfers
from gateway.call import LiveCall
from gateway.events_log import log_event
from gateway.fixed_phrases import FixedPhrases
from gateway.lexicons import lexicon
from gateway.lookup import known_by
from gateway.outcomes import NUMBER
from gateway.rules import rules_of
from gateway.spending import CALLER
from gateway.summaries import Summaries
from gateway.surroundings import Surroundings
from gateway.telephony.base import CallStarted, Conversation, Line
from gateway.tongue import Tongue
from gateway.turn.events import LanguageChanged
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from gateway.vad.base import Detector
from gateway.vad.self_echo import NoGuard, SelfEcho

_REMEMBERED = 1000
"""Calls, live ones and those that may be connected again."""


class Switchboard:
    """Who is on the line."""

    def __init__(
        self,
        settings: Settings,
        phrases: FixedPhrases,
        new_detector: Callable[[], Detector],
        around: Surroundings,
        new_machine: Callable[[Rules, PhraseBook, Lexicon], TurnMachine] = TurnMachine,
        agents: Agents | None = None,
        accounts: Accounts | None = None,
        summaries: Summaries | None = None,
    ) -> None:
        self._settings = settings
        self._phrases = phrases
        self._summaries = summaries or Summaries(around.bus, around.gateway)
        self._new_detector = new_detector
        self._around = around
        self._new_machine = new_machine
        self._calls: dict[str, LiveCall] = {}
        self._busy = False
        self._streams: dict[str, int] = {}
        """The number of the last stream of each call, of those that came last."""
        self._agents = agents or Agents(settings)
        self._accounts = accounts or Accounts(prices.load(settings.prices or prices.FILE), settings.time_zone, around.wall_clock)

    def answer(self, started: CallStarted, line: Line) -> Conversation:
        """A call came in. The newest stream of a call owns it (R12): ``admission.py`` has ended the one before.

        Where Redis is away, the new stream knows from here that somebody was on the line, and which numbers were not used.
        """
        agent = self._agents.chosen(started.parameters)
        language = spoken_language(agent.snapshot, started.language)
        detector = self._new_detector()
        known = known_by(after_transfers(agent, transfers(started.parameters)), started.parameters)
        destinations = frozenset(known.snapshot.agent.destinations)
        rules = replace(rules_of(agent.settings), onset=detector.onset, destinations=destinations)
        machine = self._new_machine(rules, self._phrases.book(language, agent), lexicon(language))
        guard = SelfEcho(detector.onset) if self._settings.self_echo_guard else NoGuard()
        started = self._counted(started)
        log_event(started.call, 0, "AGENT", agent=agent.carried.reference or "settings", language=language)
        told = started.parameters
        account = self._accounts.open(started.call, agent.snapshot.key, told.get(CALLER, ""), told.get(NUMBER, ""), agent.snapshot)

        def goes_by(language: str) -> LanguageChanged:
            return LanguageChanged(self._phrases.book(language, agent), lexicon(language))

        tongue = Tongue(language, agent.snapshot.agent, goes_by)
        longest_s = self._settings.max_call_sec
        call = LiveCall(
            started, line, started.call, tongue, machine, detector, guard, self._around, self._gone, known.carried, account, longest_s
        )
        self._calls[call.key] = call
        call.load_changed(self._busy)
        return call

    def _counted(self, started: CallStarted) -> CallStarted:
        """With the number of this stream among those of the call that were here, if there were any."""
        again = max(reconnects(started.parameters), self._streams.pop(started.call, -1) + 1)
        self._streams[started.call] = again
        while len(self._streams) > _REMEMBERED:
            del self._streams[next(iter(self._streams))]
        return replace(started, parameters={**started.parameters, RECONNECTS: str(again)}) if again else started

    @property
    def live(self) -> list[LiveCall]:
        """The calls on the line."""
        return list(self._calls.values())

    def load_changed(self, busy: bool) -> None:
        """The workers are behind, or not any more: all calls hear it."""
        self._busy = busy
        for call in self._calls.values():
            call.load_changed(busy)

    def _gone(self, call: LiveCall) -> None:
        if self._calls.get(call.key) is call:
            del self._calls[call.key]
            self._accounts.over(call.key)

    def worker_reported(self, delivery: Delivery) -> None:
        """Give a worker's message to its call."""
        self._accounts.heard_from(delivery.message)
        if isinstance(delivery.message, Used):
            return
        key = delivery.message.head.call
        call = self._calls.get(key)
        if call is not None:
            call.worker_reported(delivery)
        elif key == self._phrases.key:
            self._phrases.worker_reported(delivery)
        elif key == self._summaries.key:
            self._summaries.worker_reported(delivery)
        else:
            metrics.UNCLAIMED.inc()
            if isinstance(delivery.message, CallTakenOver):
                self._around.transfers.forget(key)  # it came back elsewhere
