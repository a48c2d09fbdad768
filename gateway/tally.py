"""What one call adds to the metrics of its gateway, and what it tells of each wait. It decides nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from common import metrics
from common.messages import Message, Stage
from gateway.playout import Mark
from gateway.stage_times import StageTimes
from gateway.turn.events import Command, CommitTurn, End, OpenTurn, Report
from gateway.turn.machine import TurnMachine
from gateway.turn.reply import Unused
from gateway.turn.speaking import Stale
from gateway.waterfall import Waterfall

metrics.begin_at_0(metrics.TURNS, *get_args(End), "phrase", "handed_over")
metrics.begin_at_0(metrics.STALE, *get_args(Unused), "turn", "reply", "unasked")
_SAID = ("replied", "interrupted")
_HOLD_ENDS = {"BARGE_IN_FINAL": "final", "BARGE_IN_RESUMED": "resumed"}


class Tally:
    """Counts for one call."""

    def __init__(self, machine: TurnMachine) -> None:
        self.waterfall = Waterfall(machine.call, metrics.ENDPOINTING_S.observe)
        self._stage_times = StageTimes(_stage_took)
        self._machine = machine
        self._underruns = 0
        self._stale: Counter[Stale] = Counter()
        self._asked = set[int]()
        """Turns in which the caller waits for an answer."""

    def reported(self, report: Report) -> None:
        """The core told an event."""
        if report.name == "TURN_ENDED":
            metrics.TURNS.labels(self._how_ended(report)).inc()
        elif report.name in _HOLD_ENDS:
            metrics.HOLDS.labels(_HOLD_ENDS[report.name]).inc()

    def _how_ended(self, ended: Report) -> str:
        """A greeting, a question whether the caller is there, a fallback: of a turn that answers nobody all that there is is a phrase."""
        how, asked = str(dict(ended.fields)["how"]), ended.turn in self._asked
        self._asked.discard(ended.turn)
        return "phrase" if how in _SAID and not asked else how

    def left(self, items: Sequence[bytes | Mark], now: float) -> Report | None:
        """This left for the caller, maybe too late; what is to be told, if a wait ends with it."""
        underruns = self._machine.call.playout.underruns
        if underruns != self._underruns:
            metrics.UNDERRUNS.inc(underruns - self._underruns)
            self._underruns = underruns
        gap = self.waterfall.left(items, now)
        if gap is None:
            return None
        metrics.VOICE_TO_VOICE_S.observe(gap.waited_ms / 1000)
        return Report(gap.turn, "WATERFALL", tuple(gap.fields.items()))

    def message_came(self, message: Message, now: float) -> None:
        """A worker's message is about to be handled."""
        self._stage_times.message_came(message, now)

    def returned(self, commands: Sequence[Command], now: float) -> None:
        """The core wants something done."""
        self._asked |= {command.turn for command in commands if isinstance(command, OpenTurn | CommitTurn)}
        self._stage_times.returned(commands, now)

    def message_handled(self) -> list[Stale]:
        """Maybe it was of no use; why."""
        stale = self._machine.speaking.stale
        if stale == self._stale:
            return []
        more = list((stale - self._stale).elements())
        for why in more:
            metrics.STALE.labels(why).inc()
        self._stale = stale.copy()
        return more


def _stage_took(stage: Stage, seconds: float) -> None:
    metrics.STAGE_S.labels(stage).observe(seconds)
