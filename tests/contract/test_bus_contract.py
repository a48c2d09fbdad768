"""What every bus keeps: in memory, on fakeredis, on a real server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest

from common.bus import Delivery, Emitted, Output, PastTurn, TurnClosed, TurnNews, WorkerBus
from common.errors import SentencesForgotten
from common.messages import Action, Collect, Message, Stage, StageFailed, ToolStarted
from common.streams import STAGES
from tests.contract.house import (
    CALL,
    GATEWAY,
    MIN_IDLE_S,
    House,
    chunk,
    head,
    next_reply,
    sentence,
    to_gateway,
    transcript,
    until,
    utterance,
)

NOBODY = "gateway-that-is-gone"
OTHER_CALL = "call-17"
"""Of the same shard."""


async def taken(bus: WorkerBus, stage: Stage, worker: str = "one") -> Delivery:
    return await until(lambda: bus.take(stage, worker))


async def reclaimed(bus: WorkerBus, stage: Stage, worker: str = "two") -> Delivery:
    return await until(lambda: bus.reclaim(stage, worker))


async def nothing_left(bus: WorkerBus, stage: Stage) -> bool:
    """Whether an idle worker finds neither unread nor silent work, after min-idle has passed for sure."""
    await asyncio.sleep(1.2 * MIN_IDLE_S)
    return await bus.take(stage, "idle") is None and await bus.reclaim(stage, "idle") is None


async def taken_though_alive(house: House, worker: str, touch: Callable[[Delivery], Awaitable[object]]) -> Delivery | None:
    """What a takeover finds right after the owner's ``touch``; tried again if the machine stalled for longer than min-idle there."""
    clock = asyncio.get_running_loop().time
    while True:
        await house.gateway.publish("asr", utterance())
        owned = await taken(house.one, "asr")
        await asyncio.sleep(1.2 * MIN_IDLE_S)
        began_s = clock()
        await touch(owned)
        found = await house.two.reclaim("asr", worker)
        if found is None or clock() - began_s < MIN_IDLE_S:
            return found
        await house.two.commit("asr", found, [])


async def close(house: House, turn: int, caller: str = "", heard: str = "") -> None:
    await house.gateway.close_turn(CALL, TurnClosed(turn, "replied", caller, heard), house.fence)


# From the gateway to a worker


async def test_a_worker_gets_the_message_with_its_audio(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance(), b"\x00\xff\x80")
    delivery = await taken(a_house.one, "asr")
    assert (delivery.message, delivery.audio, delivery.attempt) == (utterance(), b"\x00\xff\x80", 1)


async def test_work_is_taken_in_the_order_of_its_publication(a_house: House) -> None:
    for number in range(5):
        await a_house.gateway.publish("asr", utterance(number=number))
    assert [(await taken(a_house.one, "asr")).message for _ in range(5)] == [utterance(number=number) for number in range(5)]


async def test_one_entry_goes_to_one_worker(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await taken(a_house.one, "asr")
    assert await a_house.two.take("asr", "two") is None


async def test_work_published_before_any_worker_was_there_is_not_lost(a_house: House) -> None:
    await a_house.gateway.publish("tts", sentence())
    assert (await taken(a_house.one, "tts")).message == sentence()


async def test_a_reader_comes_back_with_nothing_when_nothing_is_there(a_house: House) -> None:
    assert await a_house.one.take("llm", "one") is None


async def test_stages_do_not_see_each_others_work(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    assert await a_house.one.take("llm", "one") is None


# Commit: exactly once


async def test_a_commit_sends_its_outputs_to_the_next_stage_and_to_the_gateway(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await a_house.one.commit("asr", delivery, [Output("llm", transcript()), to_gateway(transcript())])
    onward = await taken(a_house.one, "llm")
    back = await next_reply(a_house.gateway.replies(GATEWAY))
    assert onward.message == back.message == transcript()


async def test_a_commit_carries_sound(a_house: House) -> None:
    await a_house.gateway.publish("tts", sentence())
    delivery = await taken(a_house.one, "tts")
    await a_house.one.commit("tts", delivery, [to_gateway(chunk(), bytes(range(256)))])
    assert (await next_reply(a_house.gateway.replies(GATEWAY))).audio == bytes(range(256))


async def test_a_committed_entry_is_nobodys_work_any_more(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.commit("asr", await taken(a_house.one, "asr"), [])
    assert await nothing_left(a_house.two, "asr")


async def test_a_piece_that_was_published_twice_is_committed_once(a_house: House) -> None:
    for _ in range(2):
        await a_house.gateway.publish("asr", utterance())
    first, second = await taken(a_house.one, "asr"), await taken(a_house.two, "asr", "two")
    committed = [await bus.commit("asr", each, []) for bus, each in ((a_house.one, first), (a_house.two, second))]
    assert committed == [True, False]


async def test_two_workers_on_one_entry_commit_it_once(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    slow = await taken(a_house.one, "asr")
    quick = await reclaimed(a_house.two, "asr")
    committed = await asyncio.gather(a_house.one.commit("asr", slow, []), a_house.two.commit("asr", quick, []))
    assert sorted(committed) == [False, True]


async def test_a_delivery_tells_whether_another_worker_had_it(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    first = await taken(a_house.one, "asr")
    assert (first.taken_over, (await reclaimed(a_house.two, "asr")).taken_over) == (False, True)


async def test_the_loser_of_an_entry_sends_nothing(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    slow = await taken(a_house.one, "asr")
    await a_house.two.commit("asr", await reclaimed(a_house.two, "asr"), [])
    await a_house.one.commit("asr", slow, [Output("llm", transcript())])
    assert await nothing_left(a_house.one, "llm")


async def test_a_piece_is_done_once_it_is_committed(a_house: House) -> None:
    for _ in range(2):
        await a_house.gateway.publish("asr", utterance())
    first, second = await taken(a_house.one, "asr"), await taken(a_house.one, "asr")
    before = await a_house.one.done("asr", second)
    await a_house.one.commit("asr", first, [])
    assert (before, await a_house.one.done("asr", second)) == (False, True)


async def test_another_take_of_a_sentence_is_another_piece(a_house: House) -> None:
    await a_house.gateway.publish("tts", sentence())
    await a_house.gateway.publish("tts", sentence(take=1))
    committed = [await a_house.one.commit("tts", await taken(a_house.one, "tts"), []) for _ in range(2)]
    assert committed == [True, True]


# Staleness


async def test_work_of_a_turn_that_was_raised_past_is_not_committed(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await close(a_house, 0)
    assert not await a_house.one.commit("asr", delivery, [Output("llm", transcript())])


async def test_a_stale_entry_is_gone_after_its_commit(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await close(a_house, 0)
    await a_house.one.commit("asr", delivery, [])
    assert await nothing_left(a_house.two, "asr")


async def test_nothing_is_left_to_do_about_a_stale_entry(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await close(a_house, 0)
    assert await a_house.one.done("asr", delivery)


async def test_a_turn_ahead_of_the_servers_is_not_stale(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance(turn=3))
    assert await a_house.one.commit("asr", await taken(a_house.one, "asr"), [])


@pytest.mark.parametrize("piece", ["segment", "probe"])
async def test_segments_and_probes_outlive_their_turn(a_house: House, piece: str) -> None:
    await a_house.gateway.publish("asr", utterance(piece="segment" if piece == "segment" else "probe"))
    delivery = await taken(a_house.one, "asr")
    await close(a_house, 0)
    assert await a_house.one.commit("asr", delivery, [])


async def test_work_of_a_call_that_redis_forgot_is_not_stale(a_house: House) -> None:
    await a_house.forget()
    await a_house.gateway.publish("asr", utterance())
    assert await a_house.one.commit("asr", await taken(a_house.one, "asr"), [])


async def test_all_work_of_a_call_that_is_over_is_stale(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance(piece="segment"))
    delivery = await taken(a_house.one, "asr")
    await a_house.gateway.close_call(CALL, a_house.fence)
    assert not await a_house.one.commit("asr", delivery, [])


async def test_closing_a_turn_late_does_not_lower_the_number(a_house: House) -> None:
    await close(a_house, 4)
    await close(a_house, 2)
    await a_house.gateway.publish("asr", utterance(turn=4))
    assert not await a_house.one.commit("asr", await taken(a_house.one, "asr"), [])


# Sentences that are emitted while the reply goes on


async def reply_under_way(house: House) -> Delivery:
    await house.gateway.publish("llm", transcript())
    return await taken(house.one, "llm")


async def emit(bus: WorkerBus, delivery: Delivery, *texts: str) -> int:
    """The last of them."""
    return await bus.emit("llm", delivery, Emitted(texts), [Output("tts", sentence(seq=len(texts) - 1, text=texts[-1]))])


async def test_an_emitted_sentence_goes_out_and_is_counted(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    counted = [await emit(a_house.one, delivery, "One."), await emit(a_house.one, delivery, "One.", "Two.")]
    assert (counted, (await taken(a_house.one, "tts")).message) == ([1, 2], sentence(text="One."))


async def test_a_second_attempt_knows_what_was_emitted(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    await emit(a_house.one, delivery, "שלום.")
    assert list((await a_house.two.emitted(CALL, 0)).sentences) == ["שלום."]


async def test_an_attempt_that_was_overtaken_is_told_so(a_house: House) -> None:
    mine, theirs = await reply_under_way(a_house), await reply_under_way(a_house)
    await emit(a_house.two, theirs, "Theirs.")
    assert await emit(a_house.one, mine, "Mine.") > 1


async def test_an_attempt_in_other_words_is_overtaken_though_it_is_further(a_house: House) -> None:
    mine, theirs = await reply_under_way(a_house), await reply_under_way(a_house)
    await emit(a_house.two, theirs, "Theirs.")
    overtaken = [await emit(a_house.one, mine, *said) > len(said) for said in (["Mine.", "Next."], ["Mine.", "Next.", "More."])]
    assert (overtaken, list((await a_house.two.emitted(CALL, 0)).sentences)) == ([True, True], ["Theirs."])


async def test_an_attempt_in_other_words_does_not_end_the_reply(a_house: House) -> None:
    mine, theirs = await reply_under_way(a_house), await reply_under_way(a_house)
    await emit(a_house.two, theirs, "Theirs.")
    assert not await a_house.one.commit("llm", mine, [], Emitted(["Mine."]))
    assert await a_house.two.commit("llm", theirs, [], Emitted(["Theirs."]))


async def test_a_reply_is_not_ended_before_what_was_forgotten_of_it_is_out_again(a_house: House) -> None:
    delivery, whole = await reply_under_way(a_house), Emitted(["One.", "Two."])
    await emit(a_house.one, delivery, "One.")
    with pytest.raises(SentencesForgotten):
        await a_house.one.commit("llm", delivery, [], whole)
    await emit(a_house.one, delivery, *whole.sentences)
    assert await a_house.one.commit("llm", delivery, [], whole)


async def test_a_worker_that_lost_its_entry_emits_nothing_that_would_stop_its_owner(a_house: House) -> None:
    mine = await reply_under_way(a_house)
    theirs = await reclaimed(a_house.two, "llm")
    assert [await emit(a_house.one, mine, "Mine.") > 1, await emit(a_house.two, theirs, "Theirs.")] == [True, 1]


async def test_an_overtaken_sentence_is_not_sent(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    for text in ("Theirs.", "Mine."):
        await emit(a_house.one, delivery, text)
    await a_house.one.commit("tts", await taken(a_house.one, "tts"), [])
    assert await nothing_left(a_house.two, "tts")


async def test_emitting_the_same_sentence_again_changes_nothing(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    assert [await emit(a_house.one, delivery, "One."), await emit(a_house.one, delivery, "One.")] == [1, 1]


async def test_a_repeated_emission_is_sent_once(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    for _ in range(2):
        await emit(a_house.one, delivery, "One.")
    await a_house.one.commit("tts", await taken(a_house.one, "tts"), [])
    assert await nothing_left(a_house.one, "tts")


async def test_emit_tells_how_much_of_a_reply_redis_forgot(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    await emit(a_house.one, delivery, "One.")
    assert await emit(a_house.one, delivery, "One.", "Two.", "Three.", "Four.") == 1


async def test_nothing_is_emitted_for_a_stale_turn(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    await close(a_house, 0)
    assert await emit(a_house.one, delivery, "One.") == -1


async def test_nothing_is_emitted_after_another_attempt_ended_the_reply(a_house: House) -> None:
    slow = await reply_under_way(a_house)
    quick = await reclaimed(a_house.two, "llm")
    await emit(a_house.two, quick, "All.")
    await a_house.two.commit("llm", quick, [])
    assert await emit(a_house.one, slow, "All.", "More.") > 2


# What a reply asks for with its sentences

KEYS = Action(head=head(), after=0, name="collect", collect=Collect(digits=9))
GOODBYE = Action(head=head(), after=0, name="hang_up")


async def asked(bus: WorkerBus) -> list[Action]:
    return list((await bus.emitted(CALL, 0)).asked)


async def ask(bus: WorkerBus, delivery: Delivery, text: str, *asked: Action) -> int:
    return await bus.emit("llm", delivery, Emitted([text], asked), [Output("tts", sentence(text=text))])


async def test_a_second_attempt_knows_what_was_asked_for_with_a_sentence(a_house: House) -> None:
    await ask(a_house.one, await reply_under_way(a_house), "Bye.", KEYS, GOODBYE)
    assert await asked(a_house.two) == [KEYS, GOODBYE]


async def test_what_is_asked_for_behind_a_sentence_that_is_out_is_known_too(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    assert [await ask(a_house.one, delivery, "Bye."), await ask(a_house.one, delivery, "Bye.", GOODBYE)] == [1, 1]
    assert await asked(a_house.two) == [GOODBYE]


async def test_nothing_is_asked_for_with_a_sentence_that_was_overtaken(a_house: House) -> None:
    mine, theirs = await reply_under_way(a_house), await reply_under_way(a_house)
    await ask(a_house.two, theirs, "Theirs.")
    assert (await ask(a_house.one, mine, "Mine.", GOODBYE), await asked(a_house.two)) == (2, [])


async def test_nothing_is_asked_for_in_a_turn_that_was_raised_past(a_house: House) -> None:
    delivery = await reply_under_way(a_house)
    await ask(a_house.one, delivery, "Bye.")
    await close(a_house, 0)
    assert (await ask(a_house.one, delivery, "Bye.", GOODBYE), await asked(a_house.two)) == (-1, [])


# Replies to the gateway


async def test_replies_come_in_order_with_their_audio(a_house: House) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    await a_house.gateway.publish("tts", sentence())
    for number in range(3):
        await a_house.one.send(to_gateway(chunk(offset_bytes=number), bytes([number])))
    assert [(await next_reply(replies)).audio for _ in range(3)] == [b"\x00", b"\x01", b"\x02"]


async def test_a_worker_is_told_that_nobody_reads_its_reply(a_house: House) -> None:
    await a_house.gateway.publish("tts", sentence())
    gone = chunk()
    message = type(gone)(head=type(gone.head)(call=CALL, turn=0, gateway=NOBODY), offset_bytes=0)
    assert not await a_house.one.send(Output(None, message))


async def test_nothing_is_left_to_do_for_a_gateway_that_is_gone(a_house: House) -> None:
    await a_house.gateway.publish("llm", transcript())
    orphan = type(sentence())(head=type(head())(call=OTHER_CALL, turn=0, gateway=NOBODY), text="Hello.")
    await a_house.one.commit("llm", await taken(a_house.one, "llm"), [Output("tts", orphan)])
    assert await a_house.one.done("tts", await taken(a_house.one, "tts"))


async def test_what_was_dropped_is_nobodys_work_any_more(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.drop("asr", await taken(a_house.one, "asr"))
    assert await nothing_left(a_house.two, "asr")


async def test_a_worker_that_lost_an_entry_does_not_drop_it(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    lost = await taken(a_house.one, "asr")
    again = await reclaimed(a_house.two, "asr")
    await a_house.one.drop("asr", lost)
    assert await a_house.two.commit("asr", again, [])


async def test_what_was_dropped_is_worked_on_where_it_is_published_again(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.drop("asr", await taken(a_house.one, "asr"))
    await a_house.gateway.publish("asr", utterance())
    assert await a_house.one.commit("asr", await taken(a_house.one, "asr"), [])


async def test_a_worker_is_told_that_its_reply_is_read(a_house: House) -> None:
    await a_house.gateway.publish("tts", sentence())
    assert await a_house.one.send(to_gateway(chunk()))


async def test_a_worker_may_send_to_a_stage_without_a_commit(a_house: House) -> None:
    await a_house.one.send(Output("tts", sentence()))
    assert (await taken(a_house.one, "tts")).message == sentence()


# Silent workers


async def test_an_entry_whose_worker_fell_silent_is_taken_over_as_another_attempt(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance(), b"sound")
    await taken(a_house.one, "asr")
    again = await reclaimed(a_house.two, "asr")
    assert (again.message, again.audio, again.attempt) == (utterance(), b"sound", 2)


async def test_an_entry_that_was_just_taken_over_is_not_taken_over_again(a_house: House) -> None:
    assert await taken_though_alive(a_house, "three", lambda _: a_house.one.reclaim("asr", "two")) is None


async def test_a_renewed_entry_stays_with_its_worker(a_house: House) -> None:
    assert await taken_though_alive(a_house, "two", lambda owned: a_house.one.renew("asr", "one", [owned])) is None


async def test_a_worker_hears_that_it_lost_an_entry(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await reclaimed(a_house.two, "asr")
    assert (await a_house.one.renew("asr", "one", [delivery])).lost == {delivery.id}


async def test_renewing_a_lost_entry_does_not_steal_it_back(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    again = await reclaimed(a_house.two, "asr")
    await a_house.one.renew("asr", "one", [delivery])
    assert (await a_house.two.renew("asr", "two", [again])).lost == frozenset()


async def test_renewing_does_not_count_as_an_attempt(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    for _ in range(3):
        await a_house.one.renew("asr", "one", [delivery])
    assert (await reclaimed(a_house.two, "asr")).attempt == 2


async def test_a_worker_hears_that_its_turn_was_raised_past(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await close(a_house, 0)
    assert (await a_house.one.renew("asr", "one", [delivery])).stale == {delivery.id}


async def test_a_worker_hears_that_its_turn_is_committed(a_house: House) -> None:
    await close(a_house, 0)
    await a_house.gateway.publish("llm", transcript(turn=1))
    delivery = await taken(a_house.one, "llm")
    before = (await a_house.one.renew("llm", "one", [delivery])).committed
    await a_house.gateway.commit_turn(CALL, 1, "", a_house.fence)
    after = (await a_house.one.renew("llm", "one", [delivery])).committed
    assert (before, after) == (frozenset(), frozenset({delivery.id}))


async def test_a_turn_that_is_over_is_not_committed_afterwards(a_house: House) -> None:
    await close(a_house, 1)
    await a_house.gateway.commit_turn(CALL, 1, "", a_house.fence)
    await a_house.gateway.publish("llm", transcript(turn=2))
    delivery = await taken(a_house.one, "llm")
    assert (await a_house.one.renew("llm", "one", [delivery])).committed == frozenset()


async def test_a_commit_ahead_of_the_servers_turn_counts_since_the_end_before_may_be_forgotten(a_house: House) -> None:
    await a_house.gateway.publish("llm", transcript(turn=1))
    delivery = await taken(a_house.one, "llm")
    await a_house.gateway.commit_turn(CALL, 1, "", a_house.fence)
    assert (await a_house.one.renew("llm", "one", [delivery])).committed == {delivery.id}


# Handing back, giving up, leaving


@pytest.mark.parametrize(("counts", "attempt"), [(False, 1), (True, 2)])
async def test_what_is_handed_back_is_taken_at_once_and_counts_as_asked(a_house: House, counts: bool, attempt: int) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await a_house.one.hand_back("asr", "one", [delivery], counts=counts)
    again = await a_house.two.reclaim("asr", "two")
    assert again is not None
    assert again.attempt == attempt


async def test_who_hands_an_entry_back_does_not_take_it_itself_while_it_holds_it(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await a_house.one.hand_back("asr", "one", [delivery], counts=True)
    own = await a_house.one.reclaim("asr", "one", held=[delivery.id])
    assert (own, (await reclaimed(a_house.two, "asr")).attempt) == (None, 2)


async def test_a_renewal_behind_a_hand_back_does_not_take_it_back(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await a_house.one.hand_back("asr", "one", [delivery])
    renewal = await a_house.one.renew("asr", "one", [delivery])
    assert (renewal.lost, await a_house.two.reclaim("asr", "two") is not None) == (frozenset({delivery.id}), True)


async def test_nobody_hands_back_what_another_owns(a_house: House) -> None:
    async def take_over_and_hand_back(lost: Delivery) -> None:
        await reclaimed(a_house.two, "asr", "three")
        await a_house.one.hand_back("asr", "one", [lost])

    assert await taken_though_alive(a_house, "two", take_over_and_hand_back) is None


FAILED = StageFailed(head=head(), stage="asr", error="timeout")


async def test_the_gateway_hears_of_a_piece_that_failed(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.fail("asr", await taken(a_house.one, "asr"), FAILED)
    assert (await next_reply(a_house.gateway.replies(GATEWAY))).message == FAILED


async def test_a_failed_entry_is_nobodys_work_any_more(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.fail("asr", await taken(a_house.one, "asr"), FAILED)
    assert await nothing_left(a_house.two, "asr")


async def test_a_failed_piece_is_done(a_house: House) -> None:
    for _ in range(2):
        await a_house.gateway.publish("asr", utterance())
    await a_house.one.fail("asr", await taken(a_house.one, "asr"), FAILED)
    assert await a_house.one.done("asr", await taken(a_house.one, "asr"))


async def test_a_worker_that_lost_an_entry_cannot_fail_it(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    lost = await taken(a_house.one, "asr")
    again = await reclaimed(a_house.two, "asr")
    await a_house.one.fail("asr", lost, FAILED)
    assert await a_house.two.commit("asr", again, [])


async def test_a_worker_that_lost_an_entry_cannot_fail_it_after_its_commit(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    slow = await taken(a_house.one, "asr")
    await a_house.two.commit("asr", await reclaimed(a_house.two, "asr"), [to_gateway(transcript())])
    await a_house.one.fail("asr", slow, FAILED)
    await a_house.one.send(to_gateway(transcript(text="last")))
    replies = a_house.gateway.replies(GATEWAY)
    assert [(await next_reply(replies)).message for _ in range(2)] == [transcript(), transcript(text="last")]


async def test_the_work_of_a_worker_that_left_is_taken_over(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await a_house.one.hand_back("asr", "one", [delivery])
    await a_house.one.leave("asr", "one")
    assert await a_house.two.reclaim("asr", "two") is not None


# Load


async def test_nothing_unread_is_no_backlog(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await taken(a_house.one, "asr")
    assert (await a_house.gateway.backlog()).age_s == 0.0


async def test_streams_that_nobody_made_are_no_backlog(a_house: House) -> None:
    assert (await a_house.gateway.backlog()).age_s == 0.0


async def test_the_oldest_unread_entry_tells_how_far_the_workers_are_behind(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await taken(a_house.one, "asr")
    await a_house.gateway.publish("asr", utterance())
    await asyncio.sleep(0.05)
    assert 0.04 <= (await a_house.gateway.backlog()).age_s < 5.0


async def test_work_that_was_handed_back_waits_for_anybody_from_then_on(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.hand_back("asr", "one", [await taken(a_house.one, "asr")])
    await asyncio.sleep(0.05)
    assert 0.04 <= (await a_house.gateway.backlog()).age_s < 5.0


async def test_work_that_was_never_looked_at_counts(a_house: House) -> None:
    await a_house.gateway.publish("llm", transcript())
    await asyncio.sleep(0.05)
    assert (await a_house.gateway.backlog()).age_s >= 0.04


# Liveness


async def test_a_stage_is_alive_when_a_worker_beats_and_reads(a_house: House) -> None:
    await a_house.one.take("asr", "one")
    await a_house.one.take("llm", "two")
    await a_house.one.beat("asr", "one", 0.5)
    assert await a_house.gateway.stages_alive() == {"asr"}


async def test_a_worker_that_left_is_not_alive(a_house: House) -> None:
    await a_house.one.take("asr", "one")
    await a_house.one.beat("asr", "one", 0.5)
    await a_house.one.leave("asr", "one")
    assert await a_house.gateway.stages_alive() == frozenset()


async def test_the_house_is_ready_when_every_stage_is_alive(a_house: House) -> None:
    stages: tuple[Stage, ...] = ("asr", "llm", "tts")
    answers = [await a_house.gateway.ping()]
    for stage in stages:
        await a_house.one.take(stage, stage)
        await a_house.one.beat(stage, stage, 0)
    assert [*answers, await a_house.gateway.ping()] == [False, True]


# What a call knows


async def test_the_history_holds_what_was_said_and_heard_in_order(a_house: House) -> None:
    await close(a_house, 0, heard="שלום!")
    await close(a_house, 1, "מה השעה?", "חמש.")
    assert await a_house.one.history(CALL) == [PastTurn(0, "", "שלום!"), PastTurn(1, "מה השעה?", "חמש.")]


async def test_the_history_says_that_the_caller_cut_in(a_house: House) -> None:
    await a_house.gateway.close_turn(CALL, TurnClosed(0, "interrupted", "", "Hel", cut=True), a_house.fence)
    assert await a_house.one.history(CALL) == [PastTurn(0, "", "Hel", cut=True)]


async def test_a_turn_without_texts_leaves_no_history(a_house: House) -> None:
    await close(a_house, 0)
    assert await a_house.one.history(CALL) == []


async def test_closing_a_turn_twice_leaves_one_history(a_house: House) -> None:
    for _ in range(2):
        await close(a_house, 0, heard="Hello.")
    assert await a_house.one.history(CALL) == [PastTurn(0, "", "Hello.")]


async def test_workers_hear_of_turns_as_they_are_committed_and_end(a_house: House) -> None:
    news = a_house.one.news()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(next_news(news))
        await until(lambda: announced(a_house, first))
    await close(a_house, 0)
    heard = await next_news(news)
    while heard.what == "committed":
        heard = await next_news(news)
    assert (first.result(), heard) == (TurnNews(CALL, 0, "committed"), TurnNews(CALL, 0, "over"))


async def next_news(news: AsyncIterator[TurnNews]) -> TurnNews:
    return await anext(news)


async def announced(house: House, first: "asyncio.Task[TurnNews]") -> bool | None:
    """Repeats a commit until the listener has subscribed and heard it."""
    await house.gateway.commit_turn(CALL, 0, "", house.fence)
    return True if first.done() else None


# A server that forgot


async def test_on_a_server_that_forgot_everything_no_gateway_is_gone(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await taken(a_house.one, "asr")
    await a_house.forget()
    assert not await a_house.one.done("asr", delivery)


async def test_what_is_published_to_a_server_that_forgot_is_worked_on(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.forget()
    await a_house.gateway.publish("asr", utterance(number=2))
    assert not await a_house.one.done("asr", await taken(a_house.one, "asr"))


async def test_a_commit_of_a_call_that_the_server_forgot_counts(a_house: House) -> None:
    await close(a_house, 0)
    await a_house.gateway.publish("llm", transcript(turn=1))
    await a_house.forget()
    await a_house.gateway.publish("llm", transcript(turn=1))
    delivery = await taken(a_house.one, "llm")
    await a_house.gateway.commit_turn(CALL, 1, "", a_house.fence)
    assert (await a_house.one.renew("llm", "one", [delivery])).committed == {delivery.id}


async def test_a_gateway_that_was_silent_for_long_comes_back_with_its_next_publication(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await a_house.forget()
    await a_house.other.publish("asr", utterance(number=2))
    await a_house.gateway.publish("asr", utterance(number=3))
    assert not await a_house.one.done("asr", await taken(a_house.one, "asr"))


async def test_a_call_goes_on_after_the_server_forgot_it(a_house: House) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.commit("asr", await taken(a_house.one, "asr"), [to_gateway(transcript())])
    await next_reply(replies)
    await a_house.forget()
    await a_house.gateway.publish("asr", utterance(number=2))
    await a_house.one.commit("asr", await taken(a_house.one, "asr"), [to_gateway(transcript(text="again"))])
    assert (await next_reply(replies)).message == transcript(text="again")


async def test_the_turn_is_known_again_after_the_server_forgot_it(a_house: House) -> None:
    await close(a_house, 2)
    await a_house.forget()
    await a_house.gateway.publish("asr", utterance(turn=3))
    await taken(a_house.one, "asr")
    await a_house.gateway.publish("asr", utterance(turn=2))
    late = await until(lambda: of_turn(a_house.one, 2))
    assert not await a_house.one.commit("asr", late, [])


async def of_turn(bus: WorkerBus, turn: int) -> Delivery | None:
    """The next delivery of that turn; a publication after a restart may come twice."""
    delivery = await bus.take("asr", "one")
    return delivery if delivery is not None and delivery.message.head.turn == turn else None


async def test_a_forgotten_call_is_not_written_anew(a_house: House) -> None:
    await close(a_house, 2)
    a_house.gateway.forget(CALL, a_house.fence)
    await a_house.forget()
    await a_house.gateway.publish("asr", utterance(turn=2))
    assert await a_house.one.commit("asr", await taken(a_house.one, "asr"), [])


async def test_a_forgotten_call_can_still_be_closed(a_house: House) -> None:
    a_house.gateway.forget(CALL, a_house.fence)
    await a_house.gateway.publish("asr", utterance(piece="segment"))
    await a_house.gateway.close_call(CALL, a_house.fence)
    assert await a_house.one.done("asr", await taken(a_house.one, "asr"))


# What is not answered yet


async def after_the_server_forgot(house: House) -> list[Message]:
    """What workers find once the gateway noticed it, its next publication included."""
    await house.forget()
    await house.gateway.publish("asr", utterance(number=9))
    found = []
    for stage in STAGES:
        while (delivery := await house.one.take(stage, "one")) is not None:
            found.append(delivery.message)
    return found


async def test_what_is_not_answered_is_published_again_to_a_server_that_forgot_it(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance(), b"sound")
    await a_house.forget()
    await a_house.gateway.publish("llm", transcript(text="more"))
    again = await taken(a_house.one, "asr")
    assert (again.message, again.audio) == (utterance(), b"sound")


async def test_an_utterance_is_published_again_until_its_reply_sounds(a_house: House) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    await a_house.gateway.publish("asr", utterance())
    await a_house.one.commit("asr", await taken(a_house.one, "asr"), [to_gateway(transcript())])
    await next_reply(replies)
    first = await after_the_server_forgot(a_house)
    await a_house.one.send(to_gateway(chunk()))
    await next_reply(replies)
    second = await after_the_server_forgot(a_house)
    assert (utterance() in first, utterance() in second) == (True, False)


async def test_a_question_whose_reply_began_a_tool_with_effects_is_not_published_again(a_house: House) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    await a_house.gateway.publish("llm", transcript())
    await a_house.one.send(Output(None, ToolStarted(head=head(), name="book", timeout_s=5.0, effects=True)))
    await next_reply(replies)
    assert transcript() not in await after_the_server_forgot(a_house)


async def test_a_reply_that_sounds_is_known_again_with_what_it_asked_for(a_house: House) -> None:
    replies, reply = a_house.gateway.replies(GATEWAY), Emitted(["Bye."], [GOODBYE])
    delivery = await reply_under_way(a_house)
    told = msgspec.structs.replace(sentence(text="Bye."), asked=(GOODBYE,))
    await a_house.one.emit("llm", delivery, reply, [Output("tts", told), Output(None, told)])
    await a_house.one.send(to_gateway(chunk()))
    for _ in range(2):
        await next_reply(replies)
    assert transcript() in await after_the_server_forgot(a_house)
    assert await a_house.two.emitted(CALL, 0) == reply


async def test_what_was_raised_past_is_not_published_again(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    await close(a_house, 0)
    assert utterance() not in await after_the_server_forgot(a_house)


async def test_what_is_of_a_call_that_is_over_is_not_published_again(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance(piece="segment"))
    await a_house.gateway.close_call(CALL, a_house.fence)
    assert utterance(piece="segment") not in await after_the_server_forgot(a_house)


async def test_a_result_waits_for_a_gateway_that_comes_back_to_a_server_that_forgot_it(a_house: House) -> None:
    await a_house.forget()
    orphan = sentence()
    await a_house.one.take("tts", "one")
    await a_house.one.send(Output("tts", orphan))
    delivery = await taken(a_house.one, "tts")
    async with asyncio.TaskGroup() as group:
        commit = group.create_task(a_house.one.commit("tts", delivery, [to_gateway(chunk(), b"sound")]))
        heard = await next_reply(a_house.gateway.replies(GATEWAY))
    assert (commit.result(), heard.audio) == (True, b"sound")


# Agents


async def test_workers_find_the_agent_that_a_gateway_keeps(a_house: House) -> None:
    await a_house.gateway.keep_agent(CALL, "clinic-1", b"clinic")
    assert await a_house.two.agent(CALL, "clinic-1") == b"clinic"


async def test_an_agent_that_nobody_keeps_is_not_found(a_house: House) -> None:
    assert await a_house.one.agent(CALL, "clinic-1") is None


async def test_an_agent_that_was_forgotten_can_be_kept_again(a_house: House) -> None:
    await a_house.gateway.keep_agent(CALL, "clinic-1", b"clinic")
    await a_house.forget()
    await a_house.gateway.keep_agent(CALL, "clinic-1", b"clinic")
    assert await a_house.one.agent(CALL, "clinic-1") == b"clinic"


async def test_the_agent_of_a_call_is_there_again_with_what_is_published_after_the_server_forgot_it(a_house: House) -> None:
    await close(a_house, 0)
    await a_house.gateway.keep_agent(CALL, "clinic-1", b"clinic")
    await a_house.forget()
    await a_house.gateway.publish("asr", utterance(turn=1))
    assert await a_house.one.agent(CALL, "clinic-1") == b"clinic"
