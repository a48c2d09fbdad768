"""Fixtures that every package's tests may use."""

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import redis

from common import catalogue, models
from common.config import Settings, environment, load
from tests.cluster import Cluster, cluster
from tests.debian_redis import redis_command
from tests.servers import RealServer, real_server
from tools.end import End

if TYPE_CHECKING:
    from asr_worker.vendors.whisper import WhisperTranscriber
    from gateway.vad.silero import SileroModel
    from tts_worker.vendors.local import LocalVoice


def pytest_configure() -> None:
    """A shell that starts the tests in the background has them ignore INT, and so would every process that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Thousands of tests are found, and none of them is garbage: the collector never looks at them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def one_real_server() -> Iterator[RealServer]:
    """One real Redis for all tests of the run."""
    with real_server() as server:
        yield server


@pytest.fixture(scope="session")
def one_cluster() -> Iterator[Cluster]:
    """One cluster for all tests of the run that break nothing of it."""
    with cluster() as made:
        yield made


@pytest.fixture
def cluster_url(one_cluster: Cluster) -> str:
    """A cluster that holds nothing yet."""
    one_cluster.empty()
    return one_cluster.url


@pytest.fixture
def redis_url(one_real_server: RealServer) -> str:
    """A real Redis that holds nothing yet."""
    with redis.Redis.from_url(one_real_server.url) as client:
        client.flushall()
    return one_real_server.url


@pytest.fixture(scope="session")
def debian_redis(speech_settings: Settings) -> Iterator[RealServer]:
    """Debian's Redis beside the Valkey that we embed: for what both must do alike."""
    with real_server(command=redis_command(speech_settings.torim_cache)) as server:
        yield server


@pytest.fixture
def debian_redis_url(debian_redis: RealServer) -> str:
    """Debian's Redis, which holds nothing yet."""
    with redis.Redis.from_url(debian_redis.url) as client:
        client.flushall()
    return debian_redis.url


@pytest.fixture
def end() -> Iterator[End]:
    """Who asks a tool to end: nobody. It listens for signals, which are the tests' own again behind it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield End()
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def logging_of_its_own() -> Iterator[None]:
    """What a tool's ``main`` makes of the process's logging ends with the test."""
    root, ours = logging.getLogger(), logging.getLogger("torim")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    for logger, level in zip((root, ours), levels, strict=True):
        logger.setLevel(level)


# --- Speech models: loaded once a run, fetched the first time


@pytest.fixture(scope="session")
def speech_settings() -> Settings:
    """Defaults, with the models where the operator keeps them."""
    cache = {name: value for name, value in environment().items() if name == "TORIM_CACHE"}  # a desktop's LANGUAGE is none of ours
    return Settings(torim_cache=load(cache).torim_cache)


@pytest.fixture(scope="session")
def silero(speech_settings: Settings) -> "SileroModel":
    """Silero's network."""
    from gateway.vad.silero import SileroModel

    return SileroModel(models.ensure(catalogue.SILERO, speech_settings.torim_cache))


@pytest.fixture(scope="session")
def whisper(speech_settings: Settings) -> Iterator["WhisperTranscriber"]:
    """The local recogniser, warm."""
    from asr_worker.vendors.whisper import WhisperTranscriber  # its libraries load slowly, and most tests need none

    transcriber = WhisperTranscriber(speech_settings)
    asyncio.run(transcriber.warm_up())
    yield transcriber
    asyncio.run(transcriber.close())


@pytest.fixture(scope="session")
def local_voice(speech_settings: Settings) -> Iterator["LocalVoice"]:
    """The local voice, warm."""
    from tts_worker.vendors.local import LocalVoice

    voice = LocalVoice(speech_settings)
    asyncio.run(voice.warm_up())
    yield voice
    asyncio.run(voice.close())
