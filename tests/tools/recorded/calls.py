"""Simulated calls as records: random ones, and one in which a test says what happens."""

from collections.abc import Callable
from contextlib import suppress

from common.messages import Sentence
from gateway.records.format import Header, Record, decode
from gateway.records.recorder import NewRecorder, Recorder, StreamRecorder
from tests import virtual_clock
from tests.sim.calls import recorder_of
from tests.sim.desk import Desk
from tests.sim.shell import simulate
from tests.sim.sound import phrase_book
from tests.sim.world import make_world


def core_call(seed: int) -> Record:
    """A random call of the core."""
    data, world = bytearray(), make_world(seed)
    world.recorder = recorder_of(world, data.extend)
    world.run()
    world.recorder.close()
    return decode(bytes(data))


def shell_record(seed: int) -> bytes:
    """The record that the shell made of a random call, sound included."""
    data = bytearray()
    virtual_clock.run(simulate(seed, lambda header: StreamRecorder(header, data.extend), hostile=False))
    return bytes(data)


def desk_record(act: Callable[[Desk], None]) -> bytes:
    """The record of a call in which ``act`` happens after the greeting."""
    return record_of(lambda new: Desk(phrases=phrase_book(), new_recorder=new), act)


def record_of(begin: Callable[[NewRecorder], Desk], act: Callable[[Desk], None]) -> bytes:
    """The record of a desk's call in which ``act`` happens after 1.5 s."""
    data = bytearray()

    def new_recorder(header: Header) -> Recorder:
        return StreamRecorder(header, data.extend)

    desk = begin(new_recorder)
    desk.wait(1.5)
    act(desk)
    desk.recorder.close()
    return bytes(data)


def ask_and_hear(desk: Desk) -> None:
    """A question, and its answer."""
    desk.say("שלום")
    desk.reply("one two three four", "five six")
    desk.wait(3.0)


def ask_and_break(desk: Desk) -> None:
    """A question, and an answer that the core does not live through."""
    desk.say("שלום")
    with suppress(IndexError):
        desk.report(Sentence(head=desk.head(seq=-1), text="before the first"))


def interrupt(desk: Desk) -> None:
    """A question, and an interruption of its answer with words; a cough over the answer to that."""
    desk.say("שלום")
    desk.reply("one two three four", "five six")
    desk.wait(0.7)
    desk.say("רגע", 0.5)
    desk.reply("seven eight nine", seconds=2.0)
    desk.wait(0.5)
    desk.say("", 0.3)
    desk.wait(3.0)
