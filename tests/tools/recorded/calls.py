"""Simulated calls as records."""

from gateway.records.format import Header, Record, decode
from gateway.records.recorder import Recorder, StreamRecorder
from tests import virtual_clock
from tests.sim.calls import recorder_of
from tests.sim.shell import simulate
from tests.sim.world import make_world


def core_record(seed: int) -> bytes:
    """The record of a simulated call of the core."""
    data, world = bytearray(), make_world(seed)
    world.recorder = recorder_of(world, data.extend)
    world.run()
    world.recorder.close()
    return bytes(data)


def shell_record(seed: int) -> bytes:
    """The record that the shell made of a simulated call, sound included."""
    data = bytearray()

    def begin(header: Header) -> Recorder:
        return StreamRecorder(header, data.extend)

    virtual_clock.run(simulate(seed, begin))
    return bytes(data)


def core_call(seed: int) -> Record:
    """The same, read."""
    return decode(core_record(seed))


def shell_call(seed: int) -> Record:
    """The same, read."""
    return decode(shell_record(seed))
