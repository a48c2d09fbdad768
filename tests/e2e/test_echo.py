"""ECHO end to end: a real gateway without Redis, called by ``tools.call`` (S16)."""

import asyncio
import re
import signal
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.gateway_process import RECORDINGS, Process, free_port, gateway, place_call, run_gateway

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
NO_REDIS = "redis://127.0.0.1:1"


@pytest.fixture
async def echo() -> AsyncIterator[Process]:
    async with gateway(WS_MODE="ECHO", REDIS_URL=NO_REDIS) as process:
        yield process


@dataclass(frozen=True)
class Echoed:
    """A call to an echo that has ended: its exit code and result, what was heard, and what the gateway told."""

    code: int
    result: dict[str, Any]
    recording: Path
    told: str


@pytest.fixture(scope="module")
def echoed(tmp_path_factory: pytest.TempPathFactory) -> Echoed:
    """A caller says hello, and listens."""
    return asyncio.run(_echoed(tmp_path_factory.mktemp("call") / "call.wav"))


async def _echoed(out: Path) -> Echoed:
    expected = ("--expect", "1", "--expect", "violations=0", "--expect", "marks>=2")
    async with gateway(WS_MODE="ECHO", REDIS_URL=NO_REDIS) as process:
        code, result, _ = await place_call(process.url, "--no-greeting", "--wav", HELLO, "--out", out, "--json", *expected)
    assert result
    return Echoed(code, result, out, process.output)


def test_s16_the_caller_hears_himself(echoed: Echoed) -> None:
    caller, bot = stereo(echoed.recording)
    assert likeness(caller, bot) > 0.99


def test_s16_an_echo_counts_as_an_answer(echoed: Echoed) -> None:
    assert echoed.code == 0


def test_s15_frames_are_counted_alike_on_both_sides(echoed: Echoed) -> None:
    done = re.search(r"WS_DONE sid=MZ\w+ rx=(\d+) tx=(\d+)", echoed.told)
    assert done
    assert (int(done[1]), int(done[2])) == (echoed.result["tx"], echoed.result["tx"])


def test_s17_start_stop_and_done_are_told(echoed: Echoed) -> None:
    assert re.findall(rf"EVENT call={echoed.result['call']} turn=\S+ (WS_\w+)", echoed.told) == ["WS_START", "WS_STOP", "WS_DONE"]


async def test_a_socket_may_be_called_directly(echo: Process) -> None:
    code, _, _ = await place_call(f"ws://127.0.0.1:{echo.port}/twilio/media", "--no-greeting", "--wav", HELLO, "--expect", "1")
    assert code == 0


async def test_a_signed_call_comes_through() -> None:
    secret = {"TWILIO_AUTH_TOKEN": "12345", "PUBLIC_URL": "https://bot.example.org"}
    async with gateway(WS_MODE="ECHO", REDIS_URL=NO_REDIS, **secret) as process:
        code, _, _ = await place_call(process.url, "--no-greeting", "--wav", HELLO, "--expect", "1", **secret)
    assert code == 0


async def test_an_unsigned_call_does_not() -> None:
    async with gateway(WS_MODE="ECHO", TWILIO_AUTH_TOKEN="12345", PUBLIC_URL="https://bot.example.org") as process:
        code, _, error = await place_call(process.url, "--no-greeting", "--wav", HELLO)
    assert (code, "HTTP 403" in error) == (5, True)


async def test_where_nobody_listens_there_is_no_connection() -> None:
    code, _, _ = await place_call(f"http://127.0.0.1:{free_port()}/twilio/voice", "--no-greeting", "--wav", HELLO)
    assert code == 5


async def test_a_taken_port_is_one_clear_line(echo: Process) -> None:
    code, output = await run_gateway(WS_MODE="ECHO", PORT=str(echo.port))
    assert (code, output.splitlines()[-1]) == (
        2,
        f"gateway: PORT={echo.port}: taken by another program on 127.0.0.1; end it, or choose another port",
    )


async def test_an_open_door_without_signatures_is_one_clear_line() -> None:
    code, output = await run_gateway(WS_MODE="ECHO", HOST="0.0.0.0", PORT=str(free_port()))
    assert (code, len(output.splitlines()), output.startswith("gateway: HOST=0.0.0.0: ")) == (2, 1, True)


async def test_int_in_the_middle_of_a_call_ends_the_gateway(echo: Process) -> None:
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(place_call(echo.url, "--no-greeting", "--wav", HELLO, "--json"))
        await echo.until_said("WS_START")
        await echo.end(by=signal.SIGINT)
    never_answered, nobody_connects_it_again = 2, 5
    assert echo.process.returncode == 0
    assert call.result()[0] in (never_answered, nobody_connects_it_again)


async def test_term_lets_a_call_end(echo: Process) -> None:
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(place_call(echo.url, "--no-greeting", "--wav", HELLO, "--expect", "1"))
        await echo.until_said("WS_START")
        await echo.end()
    assert call.result()[0] == 0


# --- What was heard


def stereo(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of a recorded call: caller, bot."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(float)
    return samples[:, 0], samples[:, 1]


def likeness(caller: np.ndarray, bot: np.ndarray) -> float:
    """How well pieces of 50 ms of the bot's sound, where it is loud, are found in what the caller said before: the median."""
    piece = 400
    starts = [at for at in range(piece, len(bot) - piece, piece) if bot[at : at + piece].std() > 300]
    return float(np.median([_best_match(bot[at : at + piece], caller[: at + piece]) for at in starts]))


def _best_match(piece: np.ndarray, where: np.ndarray) -> float:
    windows = np.lib.stride_tricks.sliding_window_view(where, len(piece))
    return float(((windows @ piece) / (np.linalg.norm(windows, axis=1) * np.linalg.norm(piece) + 1e-9)).max())
