"""A transfer as the shell carries it out: told in Redis before the stream ends, and the call goes on without it."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from common.agents.agent import Destination
from common.agents.in_use import in_use
from common.bus import Delivery
from common.config import Settings
from common.messages import Action, Head, ReplyEnded, Sentence, SpeechChunk, Transcript
from gateway.agents import Agents
from gateway.call import LiveCall
from gateway.fixed_phrases import FixedPhrases
from gateway.pacer import Pacer
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped
from tests import virtual_clock
from tests.common.agents.files import CLINIC, folder_of, snapshot, write
from tests.gateway.test_call import LOUD, SILENT, FakeLine, LoudIsSpeech
from tests.sim.memory_bus import MemoryBus

OFFICE = '\nnumbers = ["*"]\ngreeting = ""\n[transfers.office]\nnumber = "+97245550101"\nwhen = "people"\n'


class House:
    """One gateway, and an agent who may transfer."""

    def __init__(self, folder: Path, limits: str = "", language: str = "he") -> None:
        """``language``: of the reply."""
        self._language = language
        write(folder / "agents", CLINIC + OFFICE + limits)
        settings = Settings(torim_cache=folder, endpointing="fixed", speculate="off")
        self.bus = MemoryBus()
        self.pacer = Pacer()
        around = self.around = Surroundings(self.bus, self.pacer, "gw1", False, lambda: 0.0)
        agents = Agents(settings, folder_of(folder / "agents"))
        self.board = Switchboard(settings, FixedPhrases(settings, self.bus, "gw1"), LoudIsSpeech, around, agents=agents)

    async def call(self, *, to: str = "office", redis_goes: bool = False, **parameters: str) -> bool:
        """A call that asks for somebody; whether the call was over with its stream, by the caller if nobody ends it."""
        async with asyncio.TaskGroup() as tasks:
            pacing = tasks.create_task(self.pacer.run())
            call = self.board.answer(CallStarted("CA1", "MZ1", parameters=parameters), FakeLine())
            assert isinstance(call, LiveCall)
            running = tasks.create_task(call.run())
            await asyncio.sleep(0.1)
            for frame in (*[LOUD] * 50, *[SILENT] * 50):
                call.receive(AudioReceived(frame, 0))
            self.bus.unreachable = redis_goes
            self._answer(to)
            if not (await asyncio.wait([running], timeout=10))[0]:
                call.receive(CallStopped())
            over = await running
            pacing.cancel()
        return over

    def _answer(self, to: str) -> None:
        head = Head(call="CA1", turn=1, language=self._language)
        speech = SpeechChunk(head=head, offset_bytes=0, last=True)
        self._tell(Transcript(head=Head(call="CA1", turn=1, seq=1), utterance=1, text="a person please"))
        self._tell(Sentence(head=head, text="I put you through."))
        self.board.worker_reported(Delivery("1-0", speech, bytes(4000)))
        self._tell(Action(head=head, after=0, name="transfer", argument=to))
        self._tell(ReplyEnded(head=head, sentences=1))

    def _tell(self, message: Transcript | Sentence | Action | ReplyEnded) -> None:
        self.board.worker_reported(Delivery("1-0", message))


def test_where_the_call_goes_is_in_redis_when_its_stream_ends(tmp_path: Path) -> None:
    house = House(tmp_path)

    async def main() -> bytes | None:
        await house.call()
        return await house.bus.take_transfer("CA1")

    told = virtual_clock.run(main())
    assert msgspec.json.decode(told or b"", type=Destination) == Destination(number="+97245550101", when="people")


def test_where_the_call_goes_is_known_here_while_redis_is_away(tmp_path: Path) -> None:
    house = House(tmp_path)

    async def main() -> bytes | None:
        await house.call(redis_goes=True)
        return await house.around.take_transfer("CA1")

    told = virtual_clock.run(main())
    assert msgspec.json.decode(told or b"", type=Destination).number == "+97245550101"


def test_a_call_that_is_here_again_is_put_through_no_more(tmp_path: Path) -> None:
    house = House(tmp_path)

    async def main() -> bytes | None:
        house.around.transfers.keep("CA1", b"office")
        call = house.board.answer(CallStarted("CA1", "MZ2"), FakeLine())
        call.receive(CallStopped())
        await call.run()
        return await house.around.take_transfer("CA1")

    assert virtual_clock.run(main()) is None


def test_the_language_that_is_spoken_now_goes_with_it(tmp_path: Path) -> None:
    house = House(tmp_path, language="en")

    async def main() -> bytes | None:
        await house.call()
        return await house.bus.take_transfer("CA1")

    assert msgspec.json.decode(virtual_clock.run(main()) or b"")["language"] == "en"


def test_the_call_goes_on_without_this_stream(tmp_path: Path) -> None:
    assert virtual_clock.run(House(tmp_path).call()) is False


def test_the_call_may_come_back_with_its_history(tmp_path: Path) -> None:
    house = House(tmp_path)

    async def main() -> list[str]:
        await house.call()
        taken = await house.bus.take_call("CA1", "gw2", "stream-2", "he")
        return [str(taken.left), str(taken.open), taken.heard]

    assert virtual_clock.run(main()) == ["3", "False", "I put you through."]


def test_of_a_transfer_the_log_has_the_name_and_no_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    virtual_clock.run(House(tmp_path).call())
    out = capsys.readouterr().out
    assert ("TRANSFER to=office" in out, "97245550101" in out) == (True, False)


def test_a_call_that_came_back_as_often_as_its_agent_allows_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house = House(tmp_path, "[limits.transfer]\ntimes = 2\n")

    over = virtual_clock.run(house.call(transfers="2"))
    assert (over, "ACTION_REFUSED action=transfer" in capsys.readouterr().out) == (True, True)


def test_before_that_it_goes(tmp_path: Path) -> None:
    assert virtual_clock.run(House(tmp_path, "[limits.transfer]\ntimes = 2\n").call(transfers="1")) is False


def test_only_who_may_be_transferred_to_is_known_to_the_core(tmp_path: Path) -> None:
    settings = Settings()
    agents = [in_use(snapshot(tmp_path, more, settings), settings) for more in (OFFICE, 'tools = ["hang_up"]' + OFFICE)]
    assert [list(agent.snapshot.agent.destinations) for agent in agents] == [["office"], []]
