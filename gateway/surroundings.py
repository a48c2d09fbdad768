"""What all calls of a gateway share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from common.bus import GatewayBus
from gateway.pacer import Pacer
from gateway.records.recorder import NewRecorder, unrecorded
from gateway.transfers import Transfers


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
    transfers: Transfers = field(default_factory=Transfers)

    async def take_transfer(self, call: str) -> bytes | None:
        """Where a call whose stream ended goes; it is told once."""
        return await self.transfers.take(call, self.bus.take_transfer)
