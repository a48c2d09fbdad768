"""What a reply asks to be done (a hang-up) reaches the gateway once, wherever the worker that decided it dies."""

from collections.abc import AsyncIterator

import pytest

from common.messages import Action, ReplyEnded, Stage
from llm_worker.vendors.base import ActionRequest, Piece, Prompt, ToolCall
from tests.failing_bus import Fault, Step
from tests.integration.pipeline import CALL, IN_MEMORY, Pipeline, Server, fake_server, pipeline
from tests.integration.test_tools import Office, within_limit

REPLY = ("We close now.", "Goodbye.")
LOOK_UP = ToolCall("c1", "look_up", '{"at":"ten"}')


@pytest.fixture(params=[IN_MEMORY, "valkey", pytest.param("redis", marks=pytest.mark.long)])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the servers in turn."""
    if request.param == "fakeredis":
        return fake_server()
    return Server(request.getfixturevalue("redis_url" if request.param == "valkey" else "debian_redis_url"))


class DecidesOnce:
    """Says what is not out of its reply, and decides on the hang-up with its last sentence alone: behind that it never does."""

    def __init__(self, *behind: Piece) -> None:
        self.prompts: list[Prompt] = []
        self._behind = behind

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self.prompts.append(prompt)
        rest = REPLY[len(prompt.spoken) :]
        for sentence in rest if not prompt.rounds else ():
            yield f"{sentence} "
        if rest and not prompt.rounds:
            yield ActionRequest("hang_up")
            for piece in self._behind:
                yield piece


async def asked(pipe: Pipeline) -> None:
    """The caller's words are at the LLM stage."""
    await pipe.close_turn(0)
    await pipe.gateway.commit_turn(CALL, 1, "goodbye", pipe.fence)
    await pipe.say_text(1, "goodbye")


async def ended(pipe: Pipeline) -> None:
    await pipe.until(lambda: pipe.all(ReplyEnded, 1) != [])


POINTS: tuple[tuple[Step, Stage, int, bool], ...] = (
    *(("emit", "llm", number, done) for number in range(2) for done in (False, True)),
    *(("commit", "llm", 0, done) for done in (False, True)),
)


@pytest.mark.parametrize(("step", "stage", "first", "done"), POINTS)
async def test_a_hang_up_comes_once_wherever_its_worker_loses_the_bus(
    server: Server, step: Step, stage: Stage, first: int, done: bool
) -> None:
    server.fault = Fault(step, stage, done, first)
    async with pipeline(server) as pipe:
        for _ in range(2):
            pipe.start_llm(DecidesOnce())
        await asked(pipe)
        await ended(pipe)
        assert server.fault.happened
        assert (pipe.texts(1), [(each.name, each.after) for each in pipe.all(Action, 1)]) == ([*REPLY], [("hang_up", 1)])


async def test_a_hang_up_whose_worker_dies_in_a_tool_behind_it_comes_once(server: Server) -> None:
    office, second = Office(), DecidesOnce()
    async with pipeline(server) as pipe:
        first = pipe.start_llm(DecidesOnce(LOOK_UP), office.tools)
        await asked(pipe)
        await within_limit(office.begun.wait())
        first.cancel()
        pipe.start_llm(second, office.tools)
        await ended(pipe)
        assert (len(pipe.all(Action, 1)), second.prompts[0].asked) == (1, ("hang_up",))


async def test_a_hang_up_that_both_attempts_decide_comes_once(server: Server) -> None:
    office = Office()
    async with pipeline(server) as pipe:
        first = pipe.start_llm(DecidesOnce(LOOK_UP), office.tools)
        await asked(pipe)
        await within_limit(office.begun.wait())
        first.cancel()
        pipe.start_llm(DecidesAgain())
        await ended(pipe)
        assert (pipe.texts(1), len(pipe.all(Action, 1))) == ([*REPLY], 1)


class DecidesAgain(DecidesOnce):
    """Says it all anew, as some models do."""

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        for sentence in REPLY:
            yield f"{sentence} "
        yield ActionRequest("hang_up")
