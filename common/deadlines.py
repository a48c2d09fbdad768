"""How long an attempt may take to its first result, by the time of the server that dates the entries.

What waited in the stream has less left, and what waited for all of it is not begun: a backlog fails fast instead of answering
questions that are no longer being asked. What this host takes for the time is of no matter: the server tells it with
each ``done``.

    published        taken                    limit
    |- - waited - - -|======== left ==========|

An attempt that is begun has at least ``LEAST_S``: cut sooner it would be for nothing. So has one that was taken over, or that a Redis
which was away kept from its worker, at any age: what became of the time is not known, and it is the gateway that knows how
long the caller waits.
"""

from common import streams
from common.bus import Delivery, HandlerBus
from common.errors import VendorError

LEAST_S = 2.0


def waited_s(delivery: Delivery, bus: HandlerBus) -> float:
    """How long it is on its stream; ask after ``done``. A server whose clock was set back meanwhile says 0."""
    return max(0.0, bus.server_now_s(delivery.message.head.call) - streams.published_s(delivery.id))


def time_left_s(delivery: Delivery, bus: HandlerBus, limit_s: float, vendor: str) -> float:
    """What is left of ``limit_s`` for the first result.

    Raises:
        VendorError: ``too_late``, not retryable: nobody began with it in time.
    """
    waited = waited_s(delivery, bus)
    if waited >= limit_s and not delivery.taken_over:
        raise VendorError(vendor, "too_late", retryable=False)
    return max(limit_s - waited, LEAST_S)
