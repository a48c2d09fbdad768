"""Google's clients on a connection that somebody between forgot, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from common.config import Settings
from common.errors import VendorError
from common.vendor_stream import closing
from tests.vendors.google_server import Answering, GoogleServer, Pause, Script, Step
from tests.vendors.nat import Nat
from tests.vendors.sounds import SOUND, wav
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.google import GoogleVoice, unary
from tts_worker.vendors.google_connection import Patience

STREAMS, IN_ONE_PIECE = "he-IL-Chirp3-HD-Aoede", "he-IL-Wavenet-A"
VOICES = pytest.mark.parametrize("name", [STREAMS, IN_ONE_PIECE])
ANSWER: list[Step] = [wav(SOUND)]
REQUEST, LONG = SpeechRequest("שלום!", "he"), SpeechRequest("שלום שלום!", "he")
PATIENT_S, LONG_S = 0.15, 30.0
"""How long somebody waits whom nobody answers, and who is answered. Any wait counts as one in vain, but where a test says
otherwise: how much of his time somebody waits for the connection depends on what else the machine does."""


@asynccontextmanager
async def behind_a_nat(script: Script | Answering = ANSWER) -> AsyncIterator[tuple[Nat, GoogleServer]]:
    async with GoogleServer(script) as server, Nat(server.url) as nat:
        yield nat, server


@asynccontextmanager
async def voice(nat: Nat, name: str = STREAMS, in_vain_s: float = 0.0, idle_s: float = LONG_S) -> AsyncIterator[GoogleVoice]:
    made = GoogleVoice(Settings(tts_base_url=nat.url, tts_voice=name), patience=Patience(in_vain_s, idle_s))
    try:
        yield made
    finally:
        await made.close()


async def waits_in_vain(vendor: GoogleVoice) -> bool:
    return not await speaks(vendor, PATIENT_S)


async def speaks(vendor: GoogleVoice, patient_s: float = LONG_S) -> bool:
    """Whether a sentence is heard within so long."""
    try:
        async with asyncio.timeout(patient_s), closing(vendor.synthesise(REQUEST)) as sound:
            return bool([piece async for piece in sound])
    except TimeoutError:
        return False


@VOICES
async def test_after_two_waits_in_vain_the_next_call_goes_over_a_new_connection(name: str) -> None:
    async with behind_a_nat() as (nat, _), voice(nat, name) as vendor:
        assert await speaks(vendor)
        nat.forget()
        assert [await waits_in_vain(vendor), await waits_in_vain(vendor), await speaks(vendor)] == 3 * [True]


@VOICES
async def test_after_one_wait_in_vain_on_what_lay_idle_the_next_call_goes_over_a_new_connection(name: str) -> None:
    async with behind_a_nat() as (nat, _), voice(nat, name, idle_s=0) as vendor:
        assert await speaks(vendor)
        nat.forget()
        assert (await waits_in_vain(vendor), await speaks(vendor)) == (True, True)


async def test_a_connection_that_was_given_up_is_closed_and_told(caplog: pytest.LogCaptureFixture) -> None:
    async with behind_a_nat() as (nat, _), voice(nat) as vendor:
        await speaks(vendor)
        nat.forget()
        assert [await waits_in_vain(vendor), await waits_in_vain(vendor), await speaks(vendor)] == 3 * [True]
        assert (nat.made, nat.open) == (2, 1)
    assert [each.getMessage() for each in caplog.records] == ["vendor=google what=connection_given_up"]


async def test_two_who_wait_in_vain_at_once_cost_one_connection() -> None:
    async with behind_a_nat() as (nat, _), voice(nat) as vendor:
        await speaks(vendor)
        nat.forget()
        assert await asyncio.gather(*(waits_in_vain(vendor) for _ in range(4))) == 4 * [True]
        assert (await speaks(vendor), nat.made) == (True, 2)


async def test_callers_who_cut_in_say_nothing_of_the_connection() -> None:
    async with behind_a_nat() as (nat, server), voice(nat, in_vain_s=LONG_S) as vendor:
        await vendor.warm_up()
        server.script = [Pause(9), *ANSWER]
        assert [await speaks(vendor, PATIENT_S) for _ in range(4)] == 4 * [False]
        server.script = ANSWER
        assert (await speaks(vendor), nat.made) == (True, 1)


async def test_a_wait_in_vain_between_answers_says_nothing_of_the_connection() -> None:
    slow, quick = [Pause(9), *ANSWER], ANSWER
    async with behind_a_nat() as (nat, server), voice(nat) as vendor:
        for script, patient_s in 2 * ((slow, PATIENT_S), (quick, LONG_S)):
            server.script = script
            assert await speaks(vendor, patient_s) == (script is quick)
        assert nat.made == 1


async def test_what_is_being_spoken_goes_on_while_others_wait_in_vain() -> None:
    def script(text: str) -> Script:
        return [SOUND, Pause(2 * PATIENT_S), SOUND] if text == LONG.text else [Pause(9), SOUND]

    async with behind_a_nat(script) as (nat, _), voice(nat) as vendor, closing(vendor.synthesise(LONG)) as sound:
        assert await anext(sound) == SOUND
        assert await asyncio.gather(*(waits_in_vain(vendor) for _ in range(2))) == [True, True]
        assert await anext(sound) == SOUND


@VOICES
async def test_a_server_that_is_back_speaks_at_once(name: str) -> None:
    async with behind_a_nat() as (nat, _), voice(nat, name) as vendor:
        await speaks(vendor)
        async with nat.away():
            with pytest.raises(VendorError, match=r"unavailable|internal"):  # the client's words for a connection that goes away
                await speaks(vendor)
        assert await speaks(vendor)


async def test_the_voice_behind_another_does_not_share_its_connection() -> None:
    async with behind_a_nat() as (nat, _), voice(nat) as streaming:
        await speaks(streaming)
        nat.forget()
        stands_in = unary(Settings(tts_base_url=nat.url))
        assert (await waits_in_vain(streaming), await speaks(stands_in)) == (True, True)
        await stands_in.close()
