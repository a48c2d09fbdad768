"""Redis fails in the middle of a turn, as a real server process does: the caller still gets the reply, and gets it once.

The bot speaks in tones that tell turn and sentence; the recogniser takes long enough for the trouble to come while it works.
"""

import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

import pytest

from common import streams
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import SCRIPTED, WORKERS, House, house
from tests.e2e.launched import await_true
from tests.e2e.placed import Placed, place
from tests.servers import RealServer, real_server
from tts_worker.tones import HeardTone

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
PATIENT_S = "6"
"""The caller waits for so long after a filler, or a piece of the reply: the trouble lasts for up to 4 s, and is to be got over."""
REPLY = "the first sentence of turn {turn} comes first. the second sentence goes on."
_MS_PER_CHAR = 30
REPLY_MS = tuple(_MS_PER_CHAR * len(spoken) for spoken in ("the first sentence of turn one comes first.", "the second sentence goes on."))
_EAR_MS = 400
"""So much more of a sentence may be heard that was finished by another synthesis: a word."""
SLOW_EAR = {"SCRIPTED_ASR_DELAY_MS": "700", "SCRIPTED_LLM_REPLY": REPLY, "SPECULATE": "off", "GREETING": "", **SCRIPTED}


@dataclass(frozen=True)
class Scene:
    """A house, its server, and what the server had written when the call began."""

    running: House
    server: RealServer
    written_bytes: int


def after(seconds: float) -> None:
    """Let the trouble last."""
    since = time.monotonic()
    await_true(lambda: time.monotonic() > since + seconds)


# --- The troubles


def restart(scene: Scene) -> None:
    """Killed, and back with all that it was told."""
    scene.server.kill()
    scene.server.start()


def restart_empty(scene: Scene) -> None:
    """Killed, and back with nothing."""
    scene.server.kill()
    scene.server.forget()
    scene.server.start()


def lose_the_tail(scene: Scene) -> None:
    """Killed, and back without what it was told since the call began."""
    scene.server.kill()
    scene.server.cut(scene.written_bytes)
    scene.server.start()


def stand_still(scene: Scene) -> None:
    """Answers nobody for 4 s, and then everybody."""
    scene.server.send(signal.SIGSTOP)
    after(4.0)
    scene.server.send(signal.SIGCONT)


def be_full(scene: Scene) -> None:
    """Refuses what takes memory, for 3 s."""
    scene.running.redis.config_set("maxmemory", 1)
    after(3.0)
    scene.running.redis.config_set("maxmemory", 0)


def be_slow(scene: Scene) -> None:
    """Takes 0.2 s for what comes, for 4 s."""
    for _ in range(16):
        scene.running.redis.client_pause(200)
        scene.running.redis.ping()
        after(0.05)


def _name(trouble: Callable[[Scene], None]) -> str:
    return trouble.__name__


TROUBLES = (restart, restart_empty, lose_the_tail, stand_still, be_full, be_slow)


@dataclass(frozen=True)
class Survived:
    """A call in which the trouble came when the caller waited for the reply; what the house wrote, and its dead letters."""

    call: Placed
    logs: str
    dead: int


@pytest.fixture(scope="module")
def survived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survived]:
    """A call in trouble."""
    folder, two_of_each = tmp_path_factory.mktemp("house"), (*WORKERS, *WORKERS)
    with real_server(durable=True) as server, house(folder, server.url, workers=two_of_each, **SLOW_EAR) as running:
        written = server.written_bytes()
        with ThreadPoolExecutor(1) as pool:
            calling = pool.submit(
                place, running, folder / "call.wav", "--no-greeting", "--wav", HELLO, "--gap", PATIENT_S, "--patience", "12"
            )
            await_true(lambda: bool(re.search(r"STATE was=\S+ now=THINKING", running.logs)))
            request.param(Scene(running, server, written))
            call = calling.result()
        dead = sum(running.redis.xlen(streams.dead_letters(streams.ONE_TAG, stage)) for stage in streams.STAGES)
        yield Survived(call, running.logs, dead)


@pytest.mark.parametrize("survived", TROUBLES, indirect=True, ids=_name)
def test_the_reply_is_heard_once(survived: Survived) -> None:
    heard = [(which, ms) for which, ms in _heard_ms(survived.call) if which[0] == 1]
    assert [which for which, _ in heard] == [(1, 0), (1, 1)], survived.logs
    assert all(_is_once(ms, length_ms) for (_, ms), length_ms in zip(heard, REPLY_MS, strict=True)), heard


@pytest.mark.parametrize("survived", TROUBLES, indirect=True, ids=_name)
def test_nothing_is_given_up_and_nothing_is_a_bug(survived: Survived) -> None:
    assert (survived.dead, re.findall(r".*(?:error=bug|bug=|Traceback).*", survived.logs)) == (0, [])


@pytest.mark.parametrize("survived", [stand_still, be_full], indirect=True, ids=_name)
def test_a_filler_is_heard_meanwhile(survived: Survived) -> None:
    assert survived.call.tones[0].turn != 1


# --- In the middle of a reply

LONG_REPLY = ("the first sentence of turn 1 comes first.", "the second sentence goes on behind it.", "the third one says how it ends.")
SLOW_TONGUE = {
    "SCRIPTED_LLM_REPLY": " ".join(LONG_REPLY),
    "SCRIPTED_LLM_TOKENS_PER_S": "6",
    "SPECULATE": "off",
    "GREETING": "",
    **SCRIPTED,
}


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survived]:
    """A call in which Redis came back with nothing when the first sentence was heard, and the model was not through the second."""
    folder = tmp_path_factory.mktemp("house")
    with real_server(durable=True) as server, house(folder, server.url, workers=(*WORKERS, *WORKERS), **SLOW_TONGUE) as running:
        with ThreadPoolExecutor(1) as pool:
            calling = pool.submit(
                place, running, folder / "call.wav", "--no-greeting", "--wav", HELLO, "--gap", PATIENT_S, "--patience", "12"
            )
            await_true(lambda: "now=SPEAKING" in running.logs)
            restart_empty(Scene(running, server, 0))
            call = calling.result()
        yield Survived(call, running.logs, 0)


def test_the_rest_of_a_reply_that_redis_forgot_is_heard_once(forgotten: Survived) -> None:
    heard = _heard_ms(forgotten.call)
    lengths = [ms for _, ms in heard]
    assert [which for which, _ in heard] == [(1, number) for number in range(len(LONG_REPLY))], forgotten.logs
    assert all(_is_once(ms, _MS_PER_CHAR * len(text)) for ms, text in zip(lengths, LONG_REPLY, strict=True)), lengths


def test_it_is_gone_on_with(forgotten: Survived) -> None:
    assert forgotten.logs.count("what=gone_on_with") == 1


def _heard_ms(call: Placed) -> list[tuple[tuple[int, int], int]]:
    """How long each sentence was heard, in one piece or several in a row: its worker may have stood still in its middle, too."""
    return [(which, sum(tone.end_ms - tone.start_ms for tone in tones)) for which, tones in groupby(call.tones, _sentence)]


def _is_once(heard_ms: int, length_ms: int) -> bool:
    """Whether a sentence was heard whole, and not twice."""
    return -200 < heard_ms - length_ms < _EAR_MS


def _sentence(tone: HeardTone) -> tuple[int, int]:
    return tone.turn, tone.sentence
