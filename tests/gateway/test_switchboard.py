"""The live calls of a gateway, told apart whatever a provider calls them."""

from pathlib import Path

from prometheus_client import REGISTRY

from common.bus import Delivery
from common.config import Settings
from common.messages import CallTakenOver, Head, ReplyEnded
from gateway.call import LiveCall
from gateway.fixed_phrases import FixedPhrases
from gateway.pacer import Pacer
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.telephony.base import CallStarted, CallStopped
from gateway.vad.webrtc import WebrtcDetector
from tests import virtual_clock
from tests.gateway.test_call import FakeLine
from tests.sim.memory_bus import MemoryBus


def switchboard(folder: Path) -> Switchboard:
    settings = Settings(torim_cache=folder, greeting="")
    bus = MemoryBus()
    return Switchboard(settings, FixedPhrases(settings, bus, "gw1"), WebrtcDetector, Surroundings(bus, Pacer(), "gw1", False, lambda: 0.0))


def answer(board: Switchboard, call: str = "CA1", stream: str = "MZ1") -> LiveCall:
    conversation = board.answer(CallStarted(call, stream), FakeLine())
    assert isinstance(conversation, LiveCall)
    return conversation


def test_a_call_goes_by_the_providers_name(tmp_path: Path) -> None:
    async def main() -> None:
        assert answer(switchboard(tmp_path)).key == "CA1"

    virtual_clock.run(main())


def test_a_calls_account_knows_the_agent_that_it_began_with(tmp_path: Path) -> None:
    async def main() -> None:
        began_with = answer(switchboard(tmp_path)).account.began_with
        assert began_with is not None
        assert began_with.agent.language == Settings().language

    virtual_clock.run(main())


def test_a_second_stream_knows_that_somebody_was_on_the_line(tmp_path: Path) -> None:
    async def main() -> None:
        board = switchboard(tmp_path)
        assert [answer(board, stream=stream).again for stream in ("MZ1", "MZ2", "MZ3")] == [0, 1, 2]

    virtual_clock.run(main())


def unclaimed() -> float:
    return REGISTRY.get_sample_value("torim_unclaimed_replies_total") or 0.0


def test_the_end_of_an_old_stream_leaves_the_new_one_alone(tmp_path: Path) -> None:
    async def main() -> None:
        board = switchboard(tmp_path)
        old, new = answer(board), answer(board)
        old.receive(CallStopped(goes_on=True))
        await old.run()
        before = unclaimed()
        board.worker_reported(Delivery("1-0", ReplyEnded(head=Head(call=new.key, turn=1), sentences=0)))
        assert unclaimed() == before

    virtual_clock.run(main())


def test_a_transfer_is_forgotten_once_its_call_came_back_to_another_gateway(tmp_path: Path) -> None:
    async def main() -> None:
        board = switchboard(tmp_path)
        board._around.transfers.keep("CA1", b"reception")
        board.worker_reported(Delivery("1-0", CallTakenOver(head=Head(call="CA1", turn=7), fence=2)))
        assert not board._around.transfers.keeps("CA1")

    virtual_clock.run(main())


def test_messages_for_a_call_that_is_over_are_counted(tmp_path: Path) -> None:
    async def main() -> None:
        board, before = switchboard(tmp_path), unclaimed()
        board.worker_reported(Delivery("1-0", ReplyEnded(head=Head(call="CA9", turn=1), sentences=0)))
        assert unclaimed() == before + 1

    virtual_clock.run(main())
