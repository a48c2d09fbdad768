"""One owner of a call on every bus: the newest stream (R12)."""

import asyncio
import itertools

import pytest

from common.bus import GatewayBus, PastTurn, Taken, TurnClosed
from common.errors import NotOwner
from common.messages import CallTakenOver, Collect, Head
from tests.contract.house import CALL, GATEWAY, OTHER_GATEWAY, STREAM, House, next_reply, transcript, until, utterance

NINE_KEYS = Collect(digits=9, terminator="", timeout_s=6.0)


async def take(house: House, stream: str = "stream-2", turn: int = 0) -> Taken:
    return await house.other.take_call(CALL, OTHER_GATEWAY, stream, "en", turn)


async def close(house: House, turn: int, caller: str = "", heard: str = "", fence: int = 0) -> None:
    await house.gateway.close_turn(CALL, TurnClosed(turn, "replied", caller, heard), fence or house.fence)


async def asked(house: House, text: str = "when", turn: int = 1) -> None:
    """The caller said something in a turn that is committed and not over."""
    await close(house, turn - 1)
    await house.gateway.open_turn(CALL, turn, house.fence)
    await house.gateway.commit_turn(CALL, turn, text, house.fence)


# What the new owner learns


async def test_the_first_stream_of_a_call_takes_nothing_over(a_house: House) -> None:
    taken = await a_house.other.take_call("call-9", OTHER_GATEWAY, STREAM, "en")
    assert taken == Taken(fence=taken.fence)


async def test_a_stream_that_asks_again_learns_the_same(a_house: House) -> None:
    await asked(a_house)
    first = await take(a_house)
    assert await take(a_house) == first


async def test_the_first_stream_may_ask_again_too(a_house: House) -> None:
    assert await a_house.gateway.take_call(CALL, GATEWAY, STREAM, "en") == Taken(fence=a_house.fence)


async def test_each_newer_stream_has_a_higher_fence(a_house: House) -> None:
    fences = [a_house.fence, *[(await take(a_house, stream)).fence for stream in ("b", "c", "d")]]
    assert fences == sorted(set(fences))


async def test_a_newer_stream_has_a_higher_fence_on_a_server_that_forgot_too(a_house: House) -> None:
    older = await take(a_house, "b")
    await a_house.forget()
    await asyncio.sleep(0.002)  # it goes by the server's ms
    newer = await a_house.gateway.take_call(CALL, GATEWAY, "c", "en", 50)
    await a_house.other.publish("llm", transcript(turn=older.turn))
    with pytest.raises(NotOwner):
        await a_house.other.close_turn(CALL, TurnClosed(60, "replied"), older.fence)
    assert newer.fence > older.fence


async def test_taking_a_call_over_raises_its_turn(a_house: House) -> None:
    await close(a_house, 4)
    taken = await take(a_house)
    assert (taken.turn, taken.left) == (6, 5)


async def test_a_call_that_nobody_knows_begins_with_the_wanted_number(a_house: House) -> None:
    assert (await a_house.other.take_call("call-9", OTHER_GATEWAY, STREAM, "en", 500)).turn == 500


async def test_a_call_that_is_known_goes_on_with_its_own_numbers(a_house: House) -> None:
    assert (await take(a_house, turn=500)).turn == 1


async def test_what_was_said_in_the_open_turn_is_known(a_house: House) -> None:
    await asked(a_house, "מה השעה?")
    taken = await take(a_house)
    assert (taken.open, taken.text) == (True, "מה השעה?")


async def test_what_was_said_but_is_not_understood_yet_is_known_to_be_open(a_house: House) -> None:
    await close(a_house, 0)
    await a_house.gateway.open_turn(CALL, 1, a_house.fence)
    taken = await take(a_house)
    assert (taken.open, taken.text) == (True, "")


async def test_nothing_is_open_after_a_turn_that_ended(a_house: House) -> None:
    await asked(a_house)
    await close(a_house, 1, "when", "At nine.")
    taken = await take(a_house)
    assert (taken.open, taken.text) == (False, "")


async def test_the_words_of_an_earlier_turn_are_not_those_of_the_open_one(a_house: House) -> None:
    await asked(a_house)
    await close(a_house, 1, "when", "At nine.")
    await a_house.gateway.open_turn(CALL, 2, a_house.fence)
    taken = await take(a_house)
    assert (taken.open, taken.text) == (True, "")


async def test_a_turn_that_goes_on_with_a_superseded_one_is_open(a_house: House) -> None:
    await asked(a_house)
    await a_house.gateway.close_turn(CALL, TurnClosed(1, "superseded"), a_house.fence)
    taken = await take(a_house)
    assert (taken.left, taken.open, taken.text) == (2, True, "")


async def test_what_was_heard_last_is_known(a_house: House) -> None:
    for turn, heard in enumerate(("Hello.", "", "At nine.", "At ten.", "")):
        await close(a_house, turn, heard=heard)
    taken = await take(a_house)
    assert (taken.heard, taken.heard_before) == ("At ten.", "At nine.")


async def test_what_the_caller_said_before_is_known_in_order(a_house: House) -> None:
    for turn, caller in enumerate(("", "when", "", "English please")):
        await a_house.gateway.close_turn(CALL, TurnClosed(turn, "replied", caller, "Yes."), a_house.fence)
    assert (await take(a_house)).said == ("when", "English please")


async def test_the_keys_that_are_asked_for_are_known_to_each_stream_that_takes_the_call(a_house: House) -> None:
    await a_house.gateway.close_turn(CALL, TurnClosed(0, "replied", heard="Your number?", collect=NINE_KEYS), a_house.fence)
    assert [(await take(a_house, stream)).collect for stream in ("b", "c")] == [NINE_KEYS, NINE_KEYS]


async def test_the_keys_that_are_asked_for_are_those_of_the_last_end_of_a_turn(a_house: House) -> None:
    await a_house.gateway.close_turn(CALL, TurnClosed(0, "replied", heard="Your number?", collect=NINE_KEYS), a_house.fence)
    await close(a_house, 1, "123456789", "Thank you.")
    assert (await take(a_house)).collect is None


async def test_a_server_that_forgot_learns_again_which_keys_are_asked_for(a_house: House) -> None:
    await a_house.gateway.close_turn(CALL, TurnClosed(0, "replied", heard="Your number?", collect=NINE_KEYS), a_house.fence)
    await a_house.forget()
    await a_house.gateway.publish("llm", transcript(turn=1))
    assert (await take(a_house)).collect == NINE_KEYS


async def test_a_server_that_forgot_learns_so_from_who_took_the_call_over_too(a_house: House) -> None:
    await a_house.gateway.close_turn(CALL, TurnClosed(0, "replied", heard="Your number?", collect=NINE_KEYS), a_house.fence)
    taken = await take(a_house, "b")
    await a_house.forget()
    await a_house.other.publish("llm", transcript(turn=taken.turn))
    assert (await take(a_house, "c")).collect == NINE_KEYS


async def test_a_call_that_is_taken_twice_keeps_its_question_only_until_it_was_asked_again(a_house: House) -> None:
    await asked(a_house)
    await take(a_house, "b")
    assert (await take(a_house, "c")).open is False


async def test_a_question_that_was_asked_again_survives_the_next_gateway_too(a_house: House) -> None:
    await asked(a_house)
    taken = await take(a_house, "b")
    await a_house.other.commit_turn(CALL, taken.turn, taken.text, taken.fence)
    assert (await take(a_house, "c")).text == "when"


async def test_the_history_goes_on(a_house: House) -> None:
    await close(a_house, 0, heard="Hello.")
    taken = await take(a_house)
    await a_house.other.close_turn(CALL, TurnClosed(taken.turn, "replied", "when", "At nine."), taken.fence)
    assert await a_house.one.history(CALL) == [PastTurn(0, "", "Hello."), PastTurn(2, "when", "At nine.")]


# A call that was over


async def test_a_call_that_was_over_and_is_back_is_another_one(a_house: House) -> None:
    await asked(a_house)
    await close(a_house, 1, "when", "At nine.")
    await a_house.gateway.close_call(CALL, a_house.fence)
    taken = await take(a_house)
    assert taken == Taken(fence=taken.fence, turn=3)


async def test_a_call_that_was_over_and_is_back_asks_for_no_keys(a_house: House) -> None:
    await a_house.gateway.close_turn(CALL, TurnClosed(0, "hung_up", collect=NINE_KEYS), a_house.fence)
    await a_house.gateway.close_call(CALL, a_house.fence)
    assert [(await take(a_house, stream)).collect for stream in ("b", "c")] == [None, None]


async def test_a_call_that_was_over_and_is_back_has_no_history(a_house: House) -> None:
    await close(a_house, 0, heard="Hello.")
    await a_house.gateway.close_call(CALL, a_house.fence)
    await take(a_house)
    assert await a_house.one.history(CALL) == []


async def test_a_call_that_was_left_goes_on(a_house: House) -> None:
    await asked(a_house)
    await a_house.gateway.leave_call(CALL, a_house.fence)
    assert (await take(a_house)).text == "when"


# What is in flight


async def test_work_of_the_gateway_before_is_stale(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await until(lambda: a_house.one.take("asr", "one"))
    await take(a_house)
    assert await a_house.one.done("asr", delivery)


async def test_work_of_the_new_owner_is_not(a_house: House) -> None:
    taken = await take(a_house)
    await a_house.gateway.publish("llm", transcript(turn=taken.turn))
    assert not await a_house.one.done("llm", await until(lambda: a_house.one.take("llm", "one")))


async def test_a_committed_turn_that_was_taken_is_not_committed_any_more(a_house: House) -> None:
    await asked(a_house)
    taken = await take(a_house)
    await a_house.other.publish("llm", transcript(turn=taken.turn))
    delivery = await until(lambda: a_house.one.take("llm", "one"))
    assert (await a_house.one.renew("llm", "one", [delivery])).committed == frozenset()


async def test_a_worker_hears_that_its_turn_was_taken(a_house: House) -> None:
    await a_house.gateway.publish("asr", utterance())
    delivery = await until(lambda: a_house.one.take("asr", "one"))
    await take(a_house)
    assert (await a_house.one.renew("asr", "one", [delivery])).stale == {delivery.id}


# The gateway that lost it


async def test_the_gateway_before_is_told(a_house: House) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    await a_house.gateway.publish("asr", utterance())
    taken = await take(a_house)
    head = Head(call=CALL, turn=1, gateway=GATEWAY, language="en")
    assert (await next_reply(replies)).message == CallTakenOver(head=head, fence=taken.fence)


@pytest.mark.parametrize("write", ["open_turn", "commit_turn", "close_turn", "transfer_call", "close_call", "leave_call"])
async def test_it_may_write_nothing_of_the_call_any_more(a_house: House, write: str) -> None:
    await take(a_house)
    with pytest.raises(NotOwner):
        await _write(a_house.gateway, write, a_house.fence)


@pytest.mark.parametrize("write", ["open_turn", "commit_turn", "close_turn", "transfer_call", "close_call", "leave_call"])
async def test_what_it_tried_to_write_changes_nothing(a_house: House, write: str) -> None:
    await close(a_house, 0, heard="Hello.")
    taken = await take(a_house)
    with pytest.raises(NotOwner):
        await _write(a_house.gateway, write, a_house.fence)
    again = await take(a_house, "stream-3")
    assert (again.turn, again.left, again.open, again.heard) == (taken.turn + 1, taken.turn, False, "Hello.")


async def _write(bus: GatewayBus, write: str, fence: int, turn: int = 9) -> None:
    match write:
        case "open_turn":
            await bus.open_turn(CALL, turn, fence)
        case "commit_turn":
            await bus.commit_turn(CALL, turn, "words", fence)
        case "close_turn":
            await bus.close_turn(CALL, TurnClosed(turn, "replied", "late", "Late."), fence)
        case "transfer_call":
            await bus.transfer_call(CALL, b"late", fence)
        case "close_call":
            await bus.close_call(CALL, fence)
        case _:
            await bus.leave_call(CALL, fence)


async def test_the_new_owner_may_write(a_house: House) -> None:
    taken = await take(a_house)
    for write in ("open_turn", "commit_turn", "close_turn", "leave_call", "close_call"):
        await _write(a_house.other, write, taken.fence, taken.turn)


async def test_a_server_that_forgot_everything_refuses_nobody(a_house: House) -> None:
    await a_house.forget()
    await close(a_house, 3)


async def test_the_owner_is_known_again_after_the_server_forgot_it(a_house: House) -> None:
    taken = await take(a_house)
    await a_house.forget()
    await a_house.other.publish("llm", transcript(turn=taken.turn))
    with pytest.raises(NotOwner):
        await close(a_house, 3)


async def test_the_turn_of_an_older_owner_makes_nothing_of_the_new_ones_stale(a_house: House) -> None:
    owner = await take(a_house)
    await a_house.forget()
    await close(a_house, owner.turn + 7)
    await a_house.other.publish("llm", transcript(turn=owner.turn))
    assert await a_house.one.commit("llm", await until(lambda: a_house.one.take("llm", "one")), [])


async def test_what_an_older_owner_asked_is_not_published_again(a_house: House) -> None:
    await a_house.gateway.publish("llm", transcript(turn=7, text="older"))
    owner = await take(a_house)
    await a_house.forget()
    await a_house.other.publish("llm", transcript(turn=owner.turn))
    await a_house.gateway.publish("asr", utterance(turn=8))
    found = []
    while (delivery := await a_house.one.take("llm", "one")) is not None:
        found.append(delivery.message)
    assert transcript(turn=owner.turn) in found
    assert transcript(turn=7, text="older") not in found


async def test_the_open_question_is_known_again_after_the_server_forgot_it(a_house: House) -> None:
    await asked(a_house)
    await a_house.forget()
    await a_house.gateway.publish("llm", transcript(turn=1))
    taken = await take(a_house)
    assert (taken.open, taken.text) == (True, "when")


# Two gateways at once: whoever takes the call, and whenever, each turn belongs to one of them

STEPS = ("open_turn", "commit_turn", "close_turn")


@pytest.mark.parametrize("taken_after", range(len(STEPS) + 1))
async def test_a_gateway_that_is_deposed_in_the_middle_of_a_turn_ends_nothing_of_it(a_house: House, taken_after: int) -> None:
    refused, taken = [], Taken(fence=0)
    for number, write in enumerate((*STEPS, "")):
        if number == taken_after:
            taken = await take(a_house)
        if write:
            try:
                await _write(a_house.gateway, write, a_house.fence, 0)
            except NotOwner:
                refused.append(write)
    assert refused == list(STEPS[taken_after:])
    known = [("words", True)] if taken_after == 2 else [("", taken_after == 1)]
    assert [(taken.text, taken.open)] == known


@pytest.mark.parametrize("order", list(itertools.permutations(("a", "b", "c"))))
async def test_of_many_streams_the_last_to_take_the_call_owns_it(a_house: House, order: tuple[str, ...]) -> None:
    fences = {stream: (await take(a_house, stream)).fence for stream in order}
    may_write = []
    for stream in order:
        try:
            await close(a_house, 50, fence=fences[stream])
            may_write.append(stream)
        except NotOwner:
            continue
    assert may_write == [order[-1]]


# Reconnects


async def test_a_call_is_connected_again_three_times_a_minute(a_house: House) -> None:
    buses = (a_house.gateway, a_house.other, a_house.gateway, a_house.other)
    assert [await bus.reconnect(CALL) for bus in buses] == ["again"] * 3 + ["too_often"]


async def test_a_call_that_nobody_knows_is_connected_again(a_house: House) -> None:
    assert await a_house.gateway.reconnect("call-9") == "again"


async def test_a_call_that_is_over_is_not_connected_again(a_house: House) -> None:
    await a_house.gateway.close_call(CALL, a_house.fence)
    assert await a_house.other.reconnect(CALL) == "over"


async def test_a_call_that_was_left_is_connected_again(a_house: House) -> None:
    await a_house.gateway.leave_call(CALL, a_house.fence)
    assert await a_house.other.reconnect(CALL) == "again"


# Where a call goes whose stream ends


async def test_where_a_call_goes_is_told_once_to_whatever_gateway_is_asked(a_house: House) -> None:
    await a_house.gateway.transfer_call(CALL, b"reception", a_house.fence)
    assert [await a_house.other.take_transfer(CALL) for _ in range(2)] == [b"reception", None]


async def test_a_call_that_was_not_transferred_goes_nowhere(a_house: House) -> None:
    assert await a_house.gateway.take_transfer(CALL) is None


async def test_a_stream_that_lost_the_call_sends_it_nowhere(a_house: House) -> None:
    await take(a_house)
    with pytest.raises(NotOwner):
        await a_house.gateway.transfer_call(CALL, b"late", a_house.fence)
    assert await a_house.other.take_transfer(CALL) is None


async def test_a_call_that_came_back_goes_nowhere_any_more(a_house: House) -> None:
    await a_house.gateway.transfer_call(CALL, b"reception", a_house.fence)
    await take(a_house)
    assert await a_house.gateway.take_transfer(CALL) is None


async def test_a_stream_that_asks_again_still_sends_its_call_where_it_goes(a_house: House) -> None:
    newer = await take(a_house)
    await a_house.other.transfer_call(CALL, b"reception", newer.fence)
    await take(a_house)
    assert await a_house.gateway.take_transfer(CALL) == b"reception"
