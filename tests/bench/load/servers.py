"""The two servers that are measured, each alone on its core: a gateway with the rest of the house beside it, and the bare loop.

The vendors take fixed times, so that whatever is on top of their sum is ours::

    last voice   0.8 s of silence   ASR 100   first token 150   3 tokens more 60   first sound 100
    |-----------------------------|---------|-----------------|------------------|-----------------|  1,210 ms
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from common.config import Settings
from tests.bench.load.processes import MEASURED_CORE, OTHER_CORE, running, until_ready
from tests.bench.load.voice import END_FRAMES, FRAME_S
from tests.e2e.gateway_process import free_port

END_OF_TURN_S = END_FRAMES * FRAME_S
VENDORS_S = 0.1 + 0.15 + 0.06 + 0.1
DRAFT_PAUSE_S = 0.3
WORKERS = ("asr_worker", "llm_worker", "tts_worker")
_REPLY = (
    "number {turn} then. here it goes on for a while, as answers on the phone do, about what was asked and "
    "what is to be done, and then it ends."
)
"""Its first sentence is out with its fourth word. 8 s at 60 ms a character."""
VENDORS = {
    "ASR_VENDOR": "scripted",
    "SCRIPTED_ASR_TEXT": "this is utterance {turn}",
    "SCRIPTED_ASR_DELAY_MS": "100",
    "LLM_VENDOR": "scripted",
    "SCRIPTED_LLM_REPLY": _REPLY,
    "SCRIPTED_LLM_FIRST_TOKEN_MS": "150",
    "SCRIPTED_LLM_TOKENS_PER_S": "50",
    "TTS_VENDOR": "tone",
    "TONE_FIRST_AUDIO_MS": "100",
    "TONE_MS_PER_CHAR": "60",
}
SETTINGS = {
    "LANGUAGE": "en",
    "GREETING": "",
    "VAD": "webrtc",
    "MIN_UTT_SEC": f"{END_OF_TURN_S:g}",
    "ENDPOINTING": "fixed",
    "DEDUP_SEC": "0",
    "SAME_REPLY_SUFFIX": "",
}
"""So that each utterance ends, and is answered, when the callers know that it does."""
SHIPPED = {"LANGUAGE": SETTINGS["LANGUAGE"]}
"""What is left of that where all else is as Torim is shipped: the vendors speak English."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers calls."""

    name: str
    port: int
    pid: int
    log: Path
    metrics_port: int = 0
    """0: it tells none."""


@dataclass(frozen=True, slots=True)
class House:
    """Redis and workers, beside which gateways come and go."""

    folder: Path
    redis_url: str
    workers: dict[str, int]
    """Service to pid."""

    @property
    def cache(self) -> Path:
        """What they all have as ``TORIM_CACHE``."""
        return self.folder / "cache"

    def link_models(self) -> None:
        """The models that were fetched are there, too."""
        self.cache.mkdir(exist_ok=True)
        if not (self.cache / "models").exists():
            (self.cache / "models").symlink_to(Settings().torim_cache.expanduser() / "models")

    @asynccontextmanager
    async def gateway(self, *, as_shipped: bool = False, **settings: str) -> AsyncIterator[Server]:
        """A fresh gateway that is ready."""
        port, metrics_port = free_port(), free_port()
        ports = {"PORT": str(port), "METRICS_PORT": str(metrics_port)}
        environment = _surroundings(self.folder, self.redis_url, SHIPPED if as_shipped else SETTINGS) | ports | settings
        async with _ready("gateway", port, self.folder, "gateway", **environment) as pid:
            yield Server("gateway", port, pid, self.folder / "gateway.log", metrics_port)


@asynccontextmanager
async def house(folder: Path, redis_url: str) -> AsyncIterator[House]:
    """One worker of each stage."""
    environment = _surroundings(folder, redis_url, SETTINGS)
    async with (
        running(OTHER_CORE, folder / "asr_worker.log", "asr_worker", **environment) as asr,
        running(OTHER_CORE, folder / "llm_worker.log", "llm_worker", **environment) as llm,
        running(OTHER_CORE, folder / "tts_worker.log", "tts_worker", **environment) as tts,
    ):
        yield House(folder, redis_url, {"asr": asr.pid, "llm": llm.pid, "tts": tts.pid})


@asynccontextmanager
async def bare_loop(folder: Path) -> AsyncIterator[Server]:
    """The bare loop."""
    port = free_port()
    async with _ready("bare_loop", port, folder, "tests.bench.load.bare_loop", str(port)) as pid:
        yield Server("bare loop", port, pid, folder / "bare_loop.log")


@asynccontextmanager
async def _ready(name: str, port: int, folder: Path, *command: str, **environment: str) -> AsyncIterator[int]:
    log = folder / f"{name}.log"
    async with running(MEASURED_CORE, log, *command, **environment) as process:
        await until_ready(port, process, log)
        yield process.pid


def _surroundings(folder: Path, redis_url: str, settings: dict[str, str]) -> dict[str, str]:
    return {"REDIS_URL": redis_url, "TORIM_CACHE": str(folder / "cache")} | VENDORS | settings
