"""What all calls of a gateway share."""

from collections.abc import Callable
from dataclasses import dataclass

from common.bus import GatewayBus
from gateway.pacer import Pacer
from gateway.records.recorder import NewRecorder, unrecorded


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a call finds itself."""

    bus: GatewayBus
    pacer: Pacer
    gateway: str
    """Boot id of this gateway."""
    log_texts: bool
    wall_clock: Callable[[], float]
    """Unix time, for ``t0_s``."""
    new_recorder: NewRecorder = unrecorded
    """Begins the record of a call."""
