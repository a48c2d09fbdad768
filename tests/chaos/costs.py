"""What each fault may cost its callers. It is said here, before it happens; anything else is a complaint.

    fault                                    the caller
    a worker dies, stalls, is cut off        hears the one reply, whole and once, later; where it had a tool with effects at work, is told
                                             that nobody knows whether that was done
    work is on a stream twice                hears the one reply, whole and once
    Redis stalls, or restarts, with what it  hears the one reply, whole and once; or is told of the trouble, or asked to say it
    had, without the last second, or empty;  again, also in mid-reply; is not left in silence
    a cluster loses a master, with what its
    replica was not told
    a gateway stalls                         the same; who speaks meanwhile is not heard before it goes on, with what it was about to say
    a gateway dies                           hears the reply to the same question anew from its begin; or is asked to say it again, or
                                             whether they are there: what was on its way to the gateway is lost with it
    any of these, while work stands still    a new call may be told that there is no room
    Redis forgets                            has the same thing done by a tool twice, under one key
    the caller's own clock stands still      cuts in later than it seems: is not heard before the reply goes on

One attempt at a reply goes on with what another one began, once for each fault that the turn felt: oftener their words, or voices, do
not take turns; no sentence is in the words of two.
A stale sentence, a sentence twice in one reply, a beep, and a call that ends are never excused; nor is to be told that something is
done which is not, nor more than 8 s of silence: 12 s after a gateway's death, and where one stood still as much longer as it did. An
action is carried out once where the reply that it belongs to was heard whole.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from tests.chaos.judge import Verdict

Kind = Literal["kill", "stall", "duplicate", "cut", "pause", "restart", "tail", "empty", "master", "frozen", "gateway"]
"""``restart``: of Redis, with what it had; ``tail``: without the last second of it; ``empty``: without any; ``master``: a cluster's one
dies; ``frozen``: a gateway stalls; ``gateway``: it dies."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The most that a fault may cost."""

    may_be_told: bool = False
    """Of trouble, instead of a reply or the rest of it."""
    may_begin_anew: bool = False
    """The reply, in a turn of its own."""
    is_deaf: bool = False
    """For a while: a reply may go on over the caller's words."""
    forgets: bool = False
    """What was done: it may be done again, under the same key."""
    longest_silence_s: float = 8.0
    """Beside the time for which a gateway stood still."""
    settles_s: float = 0.0
    """How long after its end a fault is still felt."""


COSTS: dict[Kind, Cost] = {
    "kill": Cost(settles_s=1.0),
    "stall": Cost(settles_s=1.0),
    "duplicate": Cost(),
    "cut": Cost(settles_s=2.0),
    "pause": Cost(may_be_told=True, settles_s=3.0),
    "restart": Cost(may_be_told=True, settles_s=3.0),
    "tail": Cost(may_be_told=True, forgets=True, settles_s=3.0),
    "empty": Cost(may_be_told=True, forgets=True, settles_s=3.0),
    "master": Cost(may_be_told=True, forgets=True, settles_s=3.0),
    "frozen": Cost(may_be_told=True, is_deaf=True, settles_s=3.0),
    "gateway": Cost(may_be_told=True, may_begin_anew=True, longest_silence_s=12.0, settles_s=3.0),
}
_NOTHING = Cost()
FREEZES_S = (1.0, 8.0)
"""How long gateways stand still, which pass for dead after 5 s."""
CALLER_STALLS_MS = 500
"""A caller whose clock was late by more than that spoke later than its record says: so much more than its goal the judge gives the bot."""
_TOLD = frozenset({"repeat", "fallback", "still_there"})
_AT_TOOLS = frozenset({"between", "tool", "streaming", "llm_worker", "redis"})
"""What is hit where it may not be known what came of a tool."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that happened."""

    kind: Kind
    what: str
    """Phase of a kill, else what was hit."""
    begin_s: float
    end_s: float
    calls: frozenset[str]
    """Whose turn it hit."""
    moment: str = ""

    def hits(self, call: str, begin_s: float, until_s: float) -> bool:
        """Whether a turn of the call, from the caller's words to the next ones, felt it."""
        return call in self.calls and self.begin_s < until_s and self.end_s + COSTS[self.kind].settles_s > begin_s

    @property
    def takes_redis(self) -> bool:
        """Whether gateways may get no answer of Redis meanwhile; who stood still may take it for dead."""
        return self.what == "redis" or self.kind == "frozen" or (self.kind == "cut" and self.what == "gateway")

    @property
    def hides(self) -> bool:
        """Whether what a tool was doing may not be known any more."""
        return self.what in _AT_TOOLS or self.moment.startswith("llm ")


def unexcused(verdict: Verdict, strikes: Collection[Strike], deeds: Iterable[str] = (), *, caller_late_ms: int = 0) -> list[str]:
    """The complaints of a turn, and of its deeds, that neither a fault excuses nor the machine of a caller whose own clock was so late."""
    costs = [COSTS[strike.kind] for strike in strikes] or [_NOTHING]
    told = any(cost.may_be_told for cost in costs) and bool(_TOLD & set(verdict.phrases))
    anew = any(cost.may_begin_anew for cost in costs)
    excused = frozenset[str]().union(
        {"no", "missing", "cut"} if told else (),
        {"begun"} if anew else (),
        {"left"} if told or anew else (),
        {"leaked"} if any(cost.is_deaf for cost in costs) or caller_late_ms > CALLER_STALLS_MS else (),
        {"unsure"} if any(strike.hides for strike in strikes) else (),
        {"twice"} if any(cost.forgets for cost in costs) else (),
    )
    left = [one for one in (*verdict.complaints, *deeds) if one.split(" ")[0] not in excused and not _is_gone_on_with(one, len(strikes))]
    longest_s = max(cost.longest_silence_s for cost in costs)
    longest_s += max((strike.end_s - strike.begin_s for strike in strikes if COSTS[strike.kind].is_deaf), default=0.0)
    left += [f"silence of {verdict.silence_ms} ms"] * (verdict.silence_ms > longest_s * 1000)
    return left


def _is_gone_on_with(complaint: str, faults: int) -> bool:
    """Whether it says that others went on with the reply, each after a fault."""
    kind, _, changes = complaint.partition(" ")
    return kind in ("words", "voices") and int(changes) <= faults
