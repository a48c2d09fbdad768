"""Whether a vendor is asked again after it failed (sans-I/O: time comes in as ``now_s``).

    well ──failure──▶ shunned ──third in a row, over 2 s, or told to wait──▶ resting ──over──▶ on trial
      ▲                 │                                                      ▲                  │
      └─────answer──────┴───────────────────────────answer────────────────────┼──────────────────┤
                                                                               └─────failure──────┘

- shunned: the others are asked first for 3 s. Where there is no other it is asked all the same: one failure is no outage.
- resting: asked by nobody, for 5 s, then twice as long after each trial that failed, a minute at most.
- Where every vendor rests, a lone one above all, each is tried again 3 s after its last failure, whatever it asked for:
  a limit of requests a minute lets some through, and a rest to its end would leave nobody to answer. Within those 3 s the caller
  hears so at once, instead of after a wait without hope.
- on trial: one request goes through, in the vendor's place in the order; for the others it still rests.

What was asked before says little of now. An answer to what was asked before the last failure ends the row, and no more: what was held
against the vendor meanwhile, above all the time that it asked for, stands. And how a request ends that is not the one on trial says
nothing of that one, nor makes a rest longer: of ten that a vendor leaves waiting when it goes down, each would double it.

Three failures within 2 s may be one sentence that it cannot speak, tried three times; so the three have to be
further apart. A vendor that says how long to wait (HTTP's Retry-After, google.rpc.RetryInfo) is taken at its word,
for five minutes at most.
"""

from typing import Literal

SHUN_S = 3.0
"""More than it takes until a request that broke off is begun anew: that one goes to another vendor."""
_ROW_S = 2.0
FAILURES = 3
_FIRST_REST_S, _LONGEST_REST_S, _LONGEST_WAIT_S = 5.0, 60.0, 300.0

Standing = Literal["well", "shunned", "resting"]


class Asked:
    """A request, as its circuit knows it."""

    __slots__ = ("held",)

    def __init__(self, held: int) -> None:
        self.held = held
        """How often anything was held against the vendor before it."""


class Circuit:
    """One vendor's, in one process."""

    def __init__(self) -> None:
        self._held = 0
        """How often anything was held against it."""
        self._is_well()

    def _is_well(self) -> None:
        self._failures = 0
        self._first_failure_s = 0.0
        self._shunned_until_s = 0.0
        """3 s after its last failure, resting or not."""
        self._rests_until_s: float | None = None
        self._rest_s = _FIRST_REST_S
        self._trial: Asked | None = None

    def standing(self, now_s: float) -> Standing:
        """How it is to be treated; one whose trial is due is treated as well."""
        if self._rests_until_s is not None:
            return "resting" if self._trial or now_s < self._rests_until_s else "well"
        return "shunned" if now_s < self._shunned_until_s else "well"

    def may_be_tried(self, now_s: float) -> bool:
        """Whether it is asked where nobody else is left."""
        return now_s >= self._shunned_until_s

    def rest_left_s(self, now_s: float) -> float:
        """How long it still rests."""
        return max(0.0, (self._rests_until_s or now_s) - now_s)

    # What happens to a request

    def asked(self) -> Asked:
        """A request is on its way; returns what the others know it by."""
        request = Asked(self._held)
        if self._rests_until_s is not None:
            self._trial = request
        return request

    def answered(self, request: Asked) -> None:
        """It went well: nothing is held against it but what came behind the request."""
        self.left(request)
        self._failures = 0
        if request.held == self._held:
            self._is_well()

    def left(self, request: Asked) -> None:
        """Nobody waits for it any more: nothing is known."""
        if request is self._trial:
            self._trial = None

    def set_aside(self, request: Asked, now_s: float) -> None:
        """It would not go on with a request, for that one's own sake: another vendor is asked first, and nothing is counted."""
        self.left(request)
        self._held += 1
        self._shunned_until_s = now_s + SHUN_S

    def failed(self, request: Asked, now_s: float, wait_s: float | None = None) -> None:
        """It did not go well; ``wait_s`` is what the vendor asked for."""
        self._first_failure_s = self._first_failure_s if self._failures else now_s
        self._failures += 1
        self._held += 1
        self._shunned_until_s = now_s + SHUN_S
        on_trial = request is self._trial
        self.left(request)
        if wait_s is not None:
            self._rests_until_s = max(self._rests_until_s or 0.0, now_s + min(wait_s, _LONGEST_WAIT_S))
        elif on_trial or (self._rests_until_s is None and self._failures >= FAILURES and now_s - self._first_failure_s >= _ROW_S):
            self._rests_until_s = now_s + self._rest_s
            self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)
