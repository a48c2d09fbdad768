"""Everything that a process counts, on one screen, and the port that it tells it on.

Names and units are Prometheus' own: seconds, ``_total`` for what only rises. Labels take few values (a stage, a
kind that stands in the code), never a call, a text or an address, so the number of series is bounded. What the
alarms mean stands in ``docs/operations.md``.

Each process has a port of its own, known beforehand, so that it can be scraped by a fixed list:

    METRICS_PORT + 0 .. 99     gateways, by PROCESS_NUMBER
    METRICS_PORT + 100 .. 199  ASR workers
    METRICS_PORT + 200 .. 299  LLM workers
    METRICS_PORT + 300 .. 399  TTS workers

A thread answers, for which the loop is held up by at most a few milliseconds a scrape. What counting itself costs, and
how much of a minute of a call it is, ``python -m tests.bench.metrics_cost`` measures.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from common.config import Settings
from common.errors import ConfigError

logger = logging.getLogger("torim.common")

_A_SERVICE = 100
_SERVICES = ("gateway", "asr_worker", "llm_worker", "tts_worker")
_WAITS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_TICKS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_PAUSES_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.5, 2, 3, 5)
_GAPS_S = (0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 2.5, 3, 5, 8)
_LOOK_S = 0.25


def begin_at_0(counter: Counter, *values: str) -> None:
    """Tell a count before its first event: to Prometheus a series that begins at 1 did not rise, so an alarm would miss it."""
    for value in values:
        counter.labels(value)


# Every process

LOOP_LAG_S = Histogram("torim_loop_lag_seconds", "How late the event loop wakes what sleeps", buckets=_TICKS_S)
LINES_LOST = Counter("torim_lines_lost", "Lines of log and events that nobody took in time")

# Gateways

CALLS = Gauge("torim_calls", "Streams of calls that are open")
CALLS_BEGUN = Counter("torim_calls_begun", "Streams of calls that were let in")
REFUSED = Counter("torim_refused", "What peers did wrong and calls that were not let in, by kind", ["kind"])
TURNS = Counter("torim_turns", "Turns that ended, by how; phrase: one that answered nobody, as a greeting does", ["how"])
HOLDS = Counter(
    "torim_holds", "Voices over an unfinished turn, by what they came to: final, or resumed by the bot that they had silenced", ["how"]
)
UNDERRUNS = Counter("torim_underruns", "Gaps in the bot's sound that were ours: it was here and left too late")
STALE = Counter(
    "torim_stale_messages", "Workers' messages that were of no use, by why: for turns that were over, or twice, or of another take", ["why"]
)
LOAD_LEVEL = Gauge("torim_load_level", "0 calm, 1 workers are behind: no drafts, 2 new calls are refused")
REDIS_AWAY_S = Gauge("torim_redis_away_seconds", "For how long Redis has not answered this gateway, or took no writes; 0: it does")
TICK_LATENESS_S = Histogram("torim_tick_lateness_seconds", "How late the clock of the frames ticks", buckets=_TICKS_S)
TICK_S = Histogram("torim_tick_seconds", "How long a tick of all calls takes", buckets=_TICKS_S)
ENDPOINTING_S = Histogram(
    "torim_endpointing_delay_seconds", "From the last of the caller's voice until the utterance counts as ended", buckets=_PAUSES_S
)
STAGE_S = Histogram(
    "torim_stage_seconds",
    "From giving a stage its work until its first result or failure; what a turn ended for want of: as long as it was waited for",
    ["stage"],
    buckets=_WAITS_S,
)
VOICE_TO_VOICE_S = Histogram(
    "torim_voice_to_voice_seconds",
    "From the last of what is answered to the first frame of the answer, but for what the caller said while that was here",
    buckets=_GAPS_S,
)
UNCLAIMED = Counter("torim_unclaimed_replies", "Replies for calls that are not here any more")
UNREAD = Gauge("torim_unread_entries", "Entries that no worker has read", ["stage"])
UNREAD_AGE_S = Gauge("torim_unread_age_seconds", "Age of the oldest entry that no worker has read", ["stage"])
STREAM_ENTRIES = Gauge("torim_stream_entries", "Entries of a work stream, those that are worked on included", ["stage"])
FUSE_ALARMS = Counter(
    "torim_fuse_alarms",
    "Looks that found a stream of work, or a gateway's of replies, half full: it is about to lose the oldest",
    ["stage"],
)
begin_at_0(FUSE_ALARMS, "asr", "llm", "tts", "replies")
VENDOR_UNITS = Counter(
    "torim_vendor_units", "What vendors were used for: seconds, input_tokens, output_tokens, characters", ["stage", "vendor", "unit"]
)
COST_USD = Counter("torim_cost_usd", "US dollars by what they were spent for: of_use, dropped, unheard", ["stage", "vendor", "fate"])
UNPRICED = Counter("torim_unpriced_requests", "Requests to models that have no row in the table of prices", ["stage", "vendor"])

# Workers

SLOTS = Gauge("torim_slots", "Entries that this worker works on at a time, at most", ["stage"])
SLOTS_BUSY = Gauge("torim_slots_busy", "Entries that this worker works on", ["stage"])
WAIT_S = Histogram("torim_wait_seconds", "From an entry's publication to its worker, by the server's clock", ["stage"], buckets=_WAITS_S)
WORK_S = Histogram("torim_work_seconds", "How long an entry was worked on", ["stage", "outcome"], buckets=_WAITS_S)
FIRST_TOKEN_S = Histogram("torim_first_token_seconds", "From asking the model to its first token", buckets=_WAITS_S)
FIRST_SOUND_S = Histogram("torim_first_sound_seconds", "From asking the voice to its first sound", buckets=_WAITS_S)
REDELIVERIES = Counter("torim_redeliveries", "Entries that were delivered before, to whomever", ["stage"])
DEAD_LETTERS = Counter("torim_dead_letters", "Entries that were given up after their last attempt", ["stage"])
VENDOR_FAILURES = Counter("torim_vendor_failures", "Requests that a vendor failed, by how", ["stage", "vendor", "kind"])
VENDOR_RESTING = Gauge(
    "torim_vendor_resting", "1 from when a vendor is not asked for its failures until it answers again", ["stage", "vendor"]
)
DROPPED = Counter("torim_dropped", "Entries whose result nobody wanted: stale, duplicate, or dropped before any work", ["stage", "why"])


def port_of(service: str, settings: Settings) -> int:
    """The port on which this process tells its metrics."""
    return (settings.metrics_port or 0) + _A_SERVICE * _SERVICES.index(service) + settings.process_number


@contextmanager
def told(service: str, settings: Settings) -> Iterator[None]:
    """Answer ``/metrics`` while the block lasts, if that is wanted.

    Raises:
        ConfigError: the port is taken.
    """
    if not settings.metrics_port:
        yield
        return
    port = port_of(service, settings)
    try:
        server, thread = start_http_server(port, settings.metrics_host)
    except OSError as error:
        raise ConfigError(f"METRICS_PORT={settings.metrics_port}: port {port} on {settings.metrics_host}: {error.strerror}") from None
    logger.info("what=metrics host=%s port=%d", settings.metrics_host, port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def watch_loop() -> None:
    """Measure how late the loop wakes what sleeps, for ever."""
    clock = asyncio.get_running_loop().time
    while True:
        due_s = clock() + _LOOK_S
        await asyncio.sleep(_LOOK_S)
        LOOP_LAG_S.observe(max(0.0, clock() - due_s))
