"""The gateway's composition root."""

import asyncio
import gc
import logging
import socket
import time
import uuid

from common import prices
from common.agents.folder import Folder
from common.bus import GatewayBus
from common.config import Settings
from common.errors import BusUnavailable
from common.redis_gateway_bus import RedisGatewayBus
from common.streams import STAGES
from common.vendors import choose_vendors
from gateway import lexicons
from gateway.accounts import Accounts
from gateway.admission import DRAIN_S
from gateway.agents import Agents
from gateway.complaints import Complaints
from gateway.echo import Echo
from gateway.fixed_phrases import FixedPhrases
from gateway.front_door import FrontDoor, Ready
from gateway.load import Load
from gateway.outcomes import Outcomes
from gateway.pacer import Pacer
from gateway.port import listen
from gateway.records.files import recording
from gateway.server import serve
from gateway.spending import Spending, warn_of_no_limit
from gateway.summaries import Summaries
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.telephony.base import Answer
from gateway.telephony.reconnects import Reconnects, TakeTransfer
from gateway.telephony.tokens import StreamTokens
from gateway.trust import auth_tokens
from gateway.unpriced import warn_of_no_price
from gateway.vad.choice import choose_detector

logger = logging.getLogger("torim.gateway")

_FULL_COLLECTION_EVERY = 100
"""Collections of what is not quite new: some minutes under load."""


async def run(settings: Settings, draining: asyncio.Event, listener: socket.socket | None) -> None:
    """Serve until a signal, on ``listener``; None: on a port that others share."""
    lexicons.check()
    if settings.ws_mode == "ECHO":
        await _serve(settings, draining, listener, Echo, _always_ready, Load(settings.busy_after_sec, settings.max_calls))
    else:
        await _run_pipeline(settings, draining, listener)


async def _run_pipeline(settings: Settings, draining: asyncio.Event, listener: socket.socket | None) -> None:
    gateway, bus, pacer = uuid.uuid4().hex[:12], RedisGatewayBus(settings.redis_url), Pacer()
    phrases = FixedPhrases(settings, bus, gateway)
    try:
        with recording(settings.record_dir) as new_recorder:
            around = Surroundings(bus, pacer, gateway, settings.log_texts, time.time, new_recorder)
            await _answer_calls(settings, draining, listener, bus, phrases, around)
    finally:
        await bus.close()


async def _answer_calls(
    settings: Settings,
    draining: asyncio.Event,
    listener: socket.socket | None,
    bus: RedisGatewayBus,
    phrases: FixedPhrases,
    around: Surroundings,
) -> None:
    load = Load(settings.busy_after_sec, settings.max_calls, bus.shard_of)
    agents = Agents(settings, await asyncio.to_thread(Folder, settings))
    warn_of_no_limit(settings)
    spending = Spending(settings, bus, around.wall_clock, agents)
    summaries = Summaries(bus, around.gateway, model=choose_vendors(settings)["llm"].names != ("scripted",))
    outcomes = Outcomes(settings.torim_cache.expanduser() / "outcomes", agents, around.wall_clock, summaries.of)
    table = prices.load(settings.prices or prices.FILE)
    await asyncio.to_thread(warn_of_no_price, settings, table)
    accounts = Accounts(table, settings.time_zone, around.wall_clock, outcomes.settled, used=spending.used)
    detector = await asyncio.to_thread(choose_detector, settings)
    switchboard = Switchboard(settings, phrases, detector, around, agents=agents, accounts=accounts, summaries=summaries)
    async with asyncio.TaskGroup() as tasks:
        beside = [
            tasks.create_task(around.pacer.run()),
            *(tasks.create_task(_connect(bus, around.gateway, shard, switchboard)) for shard in range(bus.shards)),
            tasks.create_task(agents.keep_up(phrases.make)),
            tasks.create_task(phrases.try_again()),
            tasks.create_task(load.watch(bus, switchboard.load_changed)),
            tasks.create_task(spending.run(lambda: switchboard.live)),
            tasks.create_task(outcomes.run()),
        ]
        try:
            ready = _readiness(bus, phrases)
            await _serve(settings, draining, listener, switchboard.answer, ready, load, bus, agents, spending, around.take_transfer)
        finally:
            accounts.close_all()
            for task in beside:
                task.cancel()


async def _serve(
    settings: Settings,
    draining: asyncio.Event,
    listener: socket.socket | None,
    answer: Answer,
    ready: Ready,
    load: Load,
    bus: RedisGatewayBus | None = None,
    agents: Agents | None = None,
    spending: Spending | None = None,
    take_transfer: TakeTransfer | None = None,
) -> None:
    listener = listener or listen(settings.host, settings.port, shared=True)
    clock = asyncio.get_running_loop().time
    tokens = StreamTokens(auth_tokens(settings), time.time, bus.spend_token if bus else None)
    reconnects = Reconnects(clock, bus.reconnect if bus else None, take_transfer)
    door = FrontDoor(
        settings, answer, ready, tokens, reconnects, Complaints(clock), why_busy=load.why_busy, agents=agents, spending=spending
    )
    _collect_seldom()
    logger.info("listening host=%s port=%d mode=%s", settings.host, settings.port, settings.ws_mode)
    await serve(door, listener, draining, DRAIN_S if settings.drain_sec is None else settings.drain_sec)


def _collect_seldom() -> None:
    """A full collection stalls every call, by 0.1 ms for each of them, and finds little: calls that are over are freed without one."""
    gc.freeze()  # what was made so far lives as long as the process
    gc.set_threshold(*gc.get_threshold()[:2], _FULL_COLLECTION_EVERY)


async def _connect(bus: GatewayBus, gateway: str, shard: int, switchboard: Switchboard) -> None:
    async for delivery in bus.replies(gateway, shard):
        try:
            switchboard.worker_reported(delivery)
        except Exception:
            logger.exception("bug=message message=%s call=%s", type(delivery.message).__name__, delivery.message.head.call)


async def _always_ready() -> str:
    return ""


def _readiness(bus: GatewayBus, phrases: FixedPhrases) -> Ready:
    """Ready once every stage has a warmed-up worker and the fixed phrases have their sound."""

    async def why_not() -> str:
        try:
            idle = sorted(set(STAGES) - await bus.stages_alive())
        except BusUnavailable:
            return "Redis does not answer"
        if idle:
            return f"no worker yet: {', '.join(f'{stage}_worker' for stage in idle)}"
        return f"{phrases.missing} fixed phrases have no sound yet" if phrases.missing else ""

    return why_not
