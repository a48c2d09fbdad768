"""Each script by itself, on the Valkey that we embed and on Debian's Redis."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from tests.common.script_bench import AGAIN, BOOT, CALL, DEAD, DONE, HISTORY, NEXT, OUT, RX, TO_NEXT, TO_RX, TOOL, WORK, Bench


@pytest.fixture(params=["redis_url", "debian_redis_url"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each of the servers in turn."""
    with redis.Redis.from_url(request.getfixturevalue(request.param)) as client:
        yield Bench(client)


# What the others have in front


def test_a_reply_to_a_gateway_without_a_stream_makes_none(bench: Bench) -> None:
    bench.redis.delete(RX)
    bench.commit(bench.read())
    assert bench.redis.exists(RX) == 0


def test_sound_goes_along_byte_by_byte(bench: Bench) -> None:
    sound = bytes(range(256))
    bench.run("commit", [WORK, CALL, DONE, RX, BOOT], [bench.read(), 1, 1, 600, 2000, 1, 100, "said", sound])
    entries: Any = bench.redis.xrevrange(RX, count=1)
    assert entries[0][1] == {b"m": b"said", b"a": sound}


def test_a_full_stream_loses_its_oldest_entries(bench: Bench) -> None:
    for _ in range(400):
        bench.run("emit", [CALL, "out", "no such piece", NEXT, BOOT], [1, bench.redis.llen("out"), "s", 600, 2000, 0, 100, "said", ""])
    assert bench.redis.xlen(NEXT) < 400


def a_gateway_away(bench: Bench, boot_ms_ago: int | None) -> None:
    """The server forgot everything, and the first gateway came back so long ago; the one that is written to did not."""
    bench.redis.delete(RX, BOOT)
    if boot_ms_ago is not None:
        seconds, micros = bench.redis.time()
        bench.redis.set(BOOT, f"{seconds * 1000 + micros // 1000 - boot_ms_ago}:a")


@pytest.mark.parametrize("boot_ms_ago", [None, 1_000])
def test_a_result_for_a_gateway_that_may_come_back_is_kept(bench: Bench, boot_ms_ago: int | None) -> None:
    id_ = bench.read()
    a_gateway_away(bench, boot_ms_ago)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        bench.commit(id_)
    assert (bench.owner(id_), bench.redis.exists(NEXT, DONE)) == (("one", 1), 0)


@pytest.mark.parametrize("boot_ms_ago", [None, 1_000])
def test_a_sentence_for_a_gateway_that_may_come_back_is_kept(bench: Bench, boot_ms_ago: int | None) -> None:
    a_gateway_away(bench, boot_ms_ago)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        bench.emit(0)
    assert bench.redis.exists(NEXT, OUT) == 0


def test_no_tool_starts_while_its_gateway_may_come_back(bench: Bench) -> None:
    bench.call(turn=1, committed=1)
    a_gateway_away(bench, None)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        start_tool(bench)
    assert bench.redis.exists(TOOL, HISTORY) == 0


def test_a_gateway_that_had_its_time_to_come_back_is_gone(bench: Bench) -> None:
    id_ = bench.read()
    a_gateway_away(bench, 2_100)
    assert bench.commit(id_) == 1


# commit


def test_a_commit_sends_and_ends_its_entry(bench: Bench) -> None:
    id_ = bench.read()
    assert (bench.commit(id_), bench.sent(), bench.left(), bench.owner(id_)) == (1, (1, 1), 0, None)


def test_a_second_commit_sends_nothing(bench: Bench) -> None:
    id_ = bench.read()
    bench.commit(id_)
    assert (bench.commit(id_), bench.sent()) == (0, (1, 1))


def test_whoever_lost_an_entry_may_still_finish_it_first(bench: Bench) -> None:
    id_ = bench.read()
    bench.take_over(id_)
    assert (bench.commit(id_), bench.renew(id_, "two")) == (1, b"lost")


def test_the_same_piece_on_another_entry_sends_nothing_and_is_gone(bench: Bench) -> None:
    bench.commit(bench.read())
    assert (bench.commit(bench.read()), bench.sent(), bench.left()) == (0, (1, 1), 0)


def test_a_commit_of_a_turn_that_was_raised_past_sends_nothing(bench: Bench) -> None:
    bench.call(turn=2)
    assert (bench.commit(bench.read()), bench.sent(), bench.left()) == (-1, (0, 0), 0)


def test_a_piece_that_was_raised_past_does_not_count_as_done(bench: Bench) -> None:
    bench.call(turn=2)
    bench.commit(bench.read())
    assert bench.redis.exists(DONE) == 0


@pytest.mark.parametrize("turn", ["", "0", "1"])
def test_a_call_that_is_unknown_or_behind_is_not_stale(bench: Bench, turn: str) -> None:
    if turn:
        bench.call(turn=turn)
    assert bench.commit(bench.read()) == 1


def test_a_turn_is_a_number_and_no_word(bench: Bench) -> None:
    bench.call(turn=9)
    assert bench.commit(bench.read(), turn=10) == 1


def test_what_belongs_to_its_utterance_outlives_its_turn(bench: Bench) -> None:
    bench.call(turn=2)
    assert bench.commit(bench.read(), by_turn=0) == 1


def test_nothing_outlives_its_call(bench: Bench) -> None:
    bench.call(turn=1, over=1)
    assert bench.commit(bench.read(), by_turn=0) == -1


def test_a_commit_on_a_server_that_forgot_the_group_sends_nothing(bench: Bench) -> None:
    id_ = bench.read()
    bench.redis.delete(WORK)
    assert (bench.commit(id_), bench.sent()) == (0, (0, 0))


def test_that_a_piece_is_done_is_forgotten_in_time(bench: Bench) -> None:
    bench.commit(bench.read())
    assert 0 < bench.redis.ttl(DONE) <= 600


# emit


def test_sentences_go_out_in_order(bench: Bench) -> None:
    assert ([bench.emit(0), bench.emit(1)], bench.sent()) == ([1, 2], (2, 2))


def test_the_same_sentence_again_is_out_already(bench: Bench) -> None:
    bench.emit(0)
    assert (bench.emit(0), bench.sent()) == (1, (1, 1))


def test_another_sentence_at_its_place_is_overtaken(bench: Bench) -> None:
    bench.emit(0, "theirs")
    assert (bench.emit(0, "mine"), bench.sent()) == (2, (1, 1))


def test_a_sentence_behind_what_is_out_is_overtaken_even_if_it_is_the_same(bench: Bench) -> None:
    bench.emit(0)
    bench.emit(1)
    assert (bench.emit(0), bench.sent()) == (3, (2, 2))


def test_a_gap_is_told_by_how_many_are_out(bench: Bench) -> None:
    bench.emit(0)
    assert (bench.emit(2), bench.sent()) == (1, (1, 1))


def test_nothing_goes_out_behind_the_end_of_a_reply(bench: Bench) -> None:
    bench.commit(bench.read())
    assert (bench.emit(0), bench.sent()) == (2, (1, 1))


def test_a_sentence_of_a_turn_that_was_raised_past_does_not_go_out(bench: Bench) -> None:
    bench.call(turn=2)
    assert (bench.emit(0), bench.sent(), bench.redis.exists(OUT)) == (-1, (0, 0), 0)


# renew


def test_an_entry_of_a_turn_that_goes_on_is_open(bench: Bench) -> None:
    assert bench.renew(bench.read()) == b"open"


@pytest.mark.parametrize(("turn", "committed", "said"), [(1, 1, b"committed"), (1, 0, b"open"), (0, 1, b"open"), (2, 1, b"stale")])
def test_a_renewal_tells_of_its_turn(bench: Bench, turn: int, committed: int, said: bytes) -> None:
    bench.call(turn=turn, committed=committed)
    assert bench.renew(bench.read()) == said


def test_a_renewal_makes_an_entry_young_and_counts_no_attempt(bench: Bench) -> None:
    id_ = bench.read()
    bench.redis.xclaim(WORK, "w", "one", 0, [id_], idle=5_000, justid=True)
    bench.renew(id_)
    found: Any = bench.redis.xpending_range(WORK, "w", "-", "+", 1, idle=2_500)
    assert (found, bench.owner(id_)) == ([], ("one", 1))


def test_who_lost_an_entry_learns_so_and_does_not_steal_it_back(bench: Bench) -> None:
    id_ = bench.read()
    bench.take_over(id_)
    assert (bench.renew(id_), bench.owner(id_)) == (b"lost", ("two", 2))


def test_an_entry_that_is_finished_is_lost(bench: Bench) -> None:
    id_ = bench.read()
    bench.commit(id_)
    assert bench.renew(id_) == b"lost"


def test_a_group_that_is_gone_has_no_entries(bench: Bench) -> None:
    id_ = bench.read()
    bench.redis.delete(WORK)
    assert bench.renew(id_) == b"lost"


def test_each_entry_of_a_renewal_is_answered_for_itself(bench: Bench) -> None:
    mine, lost = bench.read(), bench.read()
    bench.take_over(lost)
    bench.redis.hset("other call", "over", 1)
    answers = bench.run("renew", [WORK, CALL, "other call", CALL], ["one", mine, 1, 1, mine, 1, 1, lost, 1, 1])
    assert answers == [b"open", b"stale", b"lost"]


# hand_back


@pytest.mark.parametrize(("counts", "deliveries"), [(False, 0), (True, 1)])
def test_what_is_handed_back_looks_idle_and_counts_as_asked(bench: Bench, counts: bool, deliveries: int) -> None:
    id_ = bench.read()
    bench.hand_back(id_, counts=counts)
    found: Any = bench.redis.xpending_range(WORK, "w", "-", "+", 1, idle=3_599_000)
    assert [each["times_delivered"] for each in found] == [deliveries]


def test_who_lost_an_entry_cannot_hand_it_back(bench: Bench) -> None:
    id_ = bench.read()
    bench.take_over(id_)
    bench.hand_back(id_)
    assert bench.redis.xpending_range(WORK, "w", "-", "+", 1, idle=60_000) == []


def test_what_is_finished_is_not_handed_back(bench: Bench) -> None:
    id_ = bench.read()
    bench.commit(id_)
    bench.hand_back(id_)
    assert bench.owner(id_) is None


# fail


def test_a_failure_is_a_dead_letter_with_its_reason_and_word_to_the_gateway(bench: Bench) -> None:
    id_ = bench.read()
    answer = bench.fail(id_)
    letters: Any = bench.redis.xrange(DEAD)
    assert (answer, letters[0][1], bench.sent(), bench.left()) == (1, {b"error": b"timeout", b"m": b"m"}, (0, 1), 0)


def test_what_somebody_finished_cannot_fail(bench: Bench) -> None:
    id_ = bench.read()
    bench.commit(id_)
    assert (bench.fail(id_), bench.sent(), bench.redis.exists(DEAD)) == (0, (1, 1), 0)


def test_a_piece_that_is_done_fails_in_silence(bench: Bench) -> None:
    bench.commit(bench.read())
    assert (bench.fail(bench.read()), bench.sent()) == (0, (1, 1))


def test_a_failed_piece_is_not_committed_afterwards(bench: Bench) -> None:
    bench.fail(bench.read())
    assert (bench.commit(bench.read()), bench.sent()) == (0, (0, 1))


def test_dead_letters_are_kept_for_a_day(bench: Bench) -> None:
    bench.fail(bench.read())
    assert 0 < bench.redis.ttl(DEAD) <= 86_400


# leave, sweep


def workers(bench: Bench) -> list[bytes]:
    consumers: Any = bench.redis.xinfo_consumers(WORK, "w")
    return [about["name"] for about in consumers]


def test_who_owns_nothing_leaves(bench: Bench) -> None:
    bench.commit(bench.read())
    assert (bench.run("leave", [WORK], ["one"]), workers(bench)) == (1, [])


def test_who_owns_work_stays(bench: Bench) -> None:
    bench.read()
    assert (bench.run("leave", [WORK], ["one"]), workers(bench)) == (0, [b"one"])


@pytest.mark.parametrize("script", ["leave", "sweep"])
def test_there_is_nothing_to_leave_on_a_server_that_forgot(bench: Bench, script: str) -> None:
    bench.redis.delete(WORK)
    assert bench.run(script, [WORK], ["0", "one"]) == 0


@pytest.mark.parametrize(("silence_ms", "named", "left"), [(-1, "one", []), (-1, "two", [b"one"]), (60_000, "one", [b"one"])])
def test_who_is_named_and_was_silent_for_long_is_swept_away(bench: Bench, silence_ms: int, named: str, left: list[bytes]) -> None:
    bench.commit(bench.read())
    bench.run("sweep", [WORK], [silence_ms, named])
    assert workers(bench) == left


def test_who_owns_work_is_never_swept_away(bench: Bench) -> None:
    bench.read()
    assert (bench.run("sweep", [WORK], [-1, "one"]), workers(bench)) == (0, [b"one"])


# The turn


def test_the_end_of_a_turn_raises_it(bench: Bench) -> None:
    bench.call(turn=1, committed=1, text="hello", fence=1)
    bench.close_turn(1)
    assert [bench.call_field(name) for name in ("turn", "committed", "text")] == ["2", "0", None]


def test_the_end_of_an_earlier_turn_lowers_nothing(bench: Bench) -> None:
    bench.call(turn=5, fence=1)
    bench.close_turn(1)
    assert bench.call_field("turn") == "5"


def test_the_end_of_a_turn_writes_its_history(bench: Bench) -> None:
    bench.close_turn(1, caller="hours?", heard="nine", cut="1")
    assert bench.redis.hgetall(HISTORY) == {b"1u": b"hours?", b"1s": b"nine", b"1c": b"1"}


def test_a_turn_without_words_writes_none(bench: Bench) -> None:
    bench.close_turn(1)
    assert bench.redis.exists(HISTORY) == 0


@pytest.mark.parametrize(("next_is_open", "is_open"), [(True, "2"), (False, None)])
def test_a_turn_that_carries_its_words_on_leaves_the_next_one_open(bench: Bench, next_is_open: bool, is_open: str | None) -> None:
    bench.close_turn(1, next_is_open=next_is_open)
    assert bench.call_field("open") == is_open


def commit_turn(bench: Bench, turn: int, fence: int = 1) -> Any:
    return bench.run("commit_turn", [CALL], [fence, turn, "hello", "turns", "c:1:committed"])


@pytest.mark.parametrize(("known", "answer"), [("", 1), ("1", 1), ("0", 1), ("2", 0)])
def test_a_turn_is_committed_unless_it_is_over(bench: Bench, known: str, answer: int) -> None:
    if known:
        bench.call(turn=known)
    assert commit_turn(bench, 1) == answer


def test_words_of_a_committed_turn_are_kept(bench: Bench) -> None:
    commit_turn(bench, 1)
    assert [bench.call_field(name) for name in ("turn", "committed", "said", "text")] == ["1", "1", "1", "hello"]


def test_a_turn_in_which_the_caller_waits_is_open(bench: Bench) -> None:
    bench.run("open_turn", [CALL], [1, 3])
    assert bench.call_field("open") == "3"


# Whose call it is

OWNERS_ALONE: dict[str, tuple[list[str], list[Any]]] = {
    "open_turn": ([CALL], [1, 3]),
    "commit_turn": ([CALL], [1, 3, "hello", "turns", "news"]),
    "close_turn": ([CALL, HISTORY], [1, 3, 7200, "u", "", "s", "", "turns", "news", "c", "", 0]),
    "close_call": ([CALL, HISTORY], [1, 60, "turns", "news"]),
    "leave_call": ([CALL, HISTORY], [1, 60]),
    "restore_call": ([CALL], [1, 3, 1, 3, "hello", "g", "en", 7200]),
}


@pytest.mark.parametrize("script", OWNERS_ALONE)
def test_a_stream_that_lost_its_call_changes_nothing(bench: Bench, script: str) -> None:
    bench.call(fence=2, turn=1)
    before = bench.redis.hgetall(CALL)
    keys, args = OWNERS_ALONE[script]
    assert (bench.run(script, keys, args), bench.redis.hgetall(CALL), bench.redis.ttl(CALL)) == (-1, before, -1)


@pytest.mark.parametrize("script", OWNERS_ALONE)
def test_a_call_that_redis_forgot_is_anybodys(bench: Bench, script: str) -> None:
    keys, args = OWNERS_ALONE[script]
    assert bench.run(script, keys, args) == 1


def test_the_first_stream_begins_the_call(bench: Bench) -> None:
    assert bench.take_call("a", turn=4) == [b"1", b"4", b"", b"0", b"", b""]


def test_the_same_stream_learns_the_same_again(bench: Bench) -> None:
    assert bench.take_call("a") == bench.take_call("a")


def test_the_next_stream_raises_fence_and_turn_and_learns_what_was_left(bench: Bench) -> None:
    bench.take_call("a", "g1")
    commit_turn(bench, 3)
    assert bench.take_call("b", "g2") == [b"2", b"4", b"3", b"1", b"hello", b"g1"]


def test_a_call_that_was_over_begins_anew(bench: Bench) -> None:
    bench.take_call("a")
    bench.close_turn(0, heard="hello")
    bench.run("close_call", [CALL, HISTORY], [1, 60, "turns", "news"])
    assert (bench.take_call("b")[2], bench.redis.exists(HISTORY), bench.call_field("over")) == (b"", 0, None)


def test_what_is_left_of_a_call_that_is_over_expires_soon(bench: Bench) -> None:
    bench.take_call("a")
    bench.close_turn(0, heard="hello")
    bench.run("close_call", [CALL, HISTORY], [1, 60, "turns", "news"])
    assert max(bench.redis.ttl(CALL), bench.redis.ttl(HISTORY)) <= 60


def test_a_call_is_restored_with_a_turn_that_only_rises(bench: Bench) -> None:
    bench.call(turn=5)
    bench.run("restore_call", [CALL], [1, 3, 1, 3, "hello", "g", "en", 7200])
    assert [bench.call_field(name) for name in ("turn", "text", "owner")] == ["5", None, "g"]


def reconnect(bench: Bench) -> Any:
    return bench.run("reconnect", [CALL, AGAIN], [3, 60])


def test_a_call_is_connected_again_three_times_in_a_minute(bench: Bench) -> None:
    assert [reconnect(bench) for _ in range(4)] == [b"again"] * 3 + [b"too_often"]


def test_reconnects_of_more_than_a_minute_ago_do_not_count(bench: Bench) -> None:
    now: Any = bench.redis.time()
    bench.redis.rpush(AGAIN, *([now[0] - 61] * 3))
    assert reconnect(bench) == b"again"


def test_a_call_that_is_over_is_not_connected_again(bench: Bench) -> None:
    bench.call(over=1)
    assert reconnect(bench) == b"over"


# Tools


def start_tool(bench: Bench, run: str = "a") -> Any:
    return bench.run("tool_start", [CALL, TOOL, HISTORY, RX, BOOT], [1, f"1t:{run}", f"run {run}", 600, 7200, 2000, *TO_RX])


def test_a_tool_starts_in_a_committed_turn_and_is_told(bench: Bench) -> None:
    bench.call(turn=1, committed=1)
    assert (start_tool(bench), bench.sent(), bench.redis.hget(HISTORY, "1t:a")) == ([b"started"], (0, 1), b"run a")


def test_a_start_that_was_repeated_is_the_same_start(bench: Bench) -> None:
    bench.call(turn=1, committed=1)
    start_tool(bench)
    assert (start_tool(bench), bench.sent()) == ([b"started"], (0, 1))


def test_another_start_of_the_same_tool_learns_of_the_first(bench: Bench) -> None:
    bench.call(turn=1, committed=1)
    start_tool(bench)
    assert (start_tool(bench, "b"), bench.sent()) == ([b"known", b"run a"], (0, 1))


@pytest.mark.parametrize(
    ("call", "answer"),
    [({}, b"uncommitted"), ({"turn": 1, "committed": 0}, b"uncommitted"), ({"turn": 2}, b"stale"), ({"turn": 1, "over": 1}, b"stale")],
)
def test_no_tool_starts_where_its_turn_does_not_count(bench: Bench, call: dict[str, int], answer: bytes) -> None:
    if call:
        bench.call(**call)
    assert (start_tool(bench), bench.redis.exists(TOOL), bench.sent()) == ([answer], 0, (0, 0))


def test_the_end_of_a_tool_is_written_though_its_turn_is_over(bench: Bench) -> None:
    bench.call(turn=9)
    bench.run("tool_end", [CALL, HISTORY, RX, BOOT], ["1t:a", "done", 7200, 60, 2000, *TO_NEXT])
    assert (bench.redis.hget(HISTORY, "1t:a"), bench.sent()) == (b"done", (0, 1))


@pytest.mark.parametrize(("over", "most_s"), [(False, 7200), (True, 60)])
def test_the_end_of_a_tool_lives_as_long_as_its_call(bench: Bench, over: bool, most_s: int) -> None:
    if over:
        bench.call(over=1)
    bench.run("tool_end", [CALL, HISTORY, BOOT], ["1t:a", "done", 7200, 60, 2000])
    assert most_s - 5 <= bench.redis.ttl(HISTORY) <= most_s


# backlog and drop


def test_what_nobody_read_is_behind_and_what_is_worked_on_is_not(bench: Bench) -> None:
    bench.read()
    bench.redis.xadd(WORK, {"m": "more"})
    length, unread, age_ms = bench.run("backlog", [WORK], [])[0]
    assert (length, unread, 0 <= age_ms < 5_000) == (2, 1, True)


def test_the_age_is_that_of_the_oldest_entry_that_nobody_read(bench: Bench) -> None:
    seconds, _ = bench.redis.time()
    for age_s in (60, 30):
        bench.redis.xadd(WORK, {"m": "old"}, id=f"{(seconds - age_s) * 1000}-0")
    assert 60_000 <= bench.run("backlog", [WORK], [])[0][2] < 65_000


def test_each_stage_is_behind_by_itself(bench: Bench) -> None:
    bench.redis.xadd(NEXT, {"m": "work"})
    assert [unread for _, unread, _ in bench.run("backlog", [WORK, NEXT, "nothing"], [])] == [0, 1, 0]


def test_what_is_dropped_is_nobodys_and_gone(bench: Bench) -> None:
    id_ = bench.read()
    bench.run("drop", [WORK], [id_])
    assert (bench.owner(id_), bench.left()) == (None, 0)


# Whether there is anything left to do

ALIVE = "t:{s0}:gw:g"


def is_done(bench: Bench, turn: int = 1, *, by_turn: int = 1) -> int:
    answer: list[int] = bench.run("done", [DONE, CALL, BOOT, RX, ALIVE], [turn, by_turn, 2_000])
    return answer[0]


@pytest.fixture
def heard(bench: Bench) -> Bench:
    """A bench whose gateway lives."""
    bench.redis.set(ALIVE, "1")
    return bench


def test_there_is_something_to_do_for_a_gateway_that_lives(heard: Bench) -> None:
    assert is_done(heard) == 0


def test_there_is_nothing_to_do_for_a_piece_that_is_done(heard: Bench) -> None:
    heard.commit(heard.read())
    assert is_done(heard) == 1


@pytest.mark.parametrize(("by_turn", "done"), [(1, 1), (0, 0)])
def test_there_is_nothing_to_do_in_a_turn_that_was_raised_past_but_for_what_outlives_it(heard: Bench, by_turn: int, done: int) -> None:
    heard.call(turn=2)
    assert is_done(heard, by_turn=by_turn) == done


@pytest.mark.parametrize("gone", [RX, ALIVE])
def test_there_is_nothing_to_do_for_a_gateway_that_is_gone(heard: Bench, gone: str) -> None:
    heard.redis.delete(gone)
    assert is_done(heard) == 1


@pytest.mark.parametrize("boot_ms_ago", [None, 1_000])
def test_there_is_something_to_do_for_a_gateway_that_may_come_back(heard: Bench, boot_ms_ago: int | None) -> None:
    a_gateway_away(heard, boot_ms_ago)
    assert is_done(heard) == 0


def test_the_servers_time_comes_along(heard: Bench) -> None:
    before: Any = heard.redis.time()
    told = heard.run("done", [DONE, CALL, BOOT, RX, ALIVE], [1, 1, 2_000])[1:]
    after: Any = heard.redis.time()
    assert list(before) <= told <= list(after)


# drop, send


def test_what_is_dropped_is_gone_and_not_done(bench: Bench) -> None:
    id_ = bench.read()
    bench.run("drop", [WORK], [id_])
    assert (bench.left(), bench.owner(id_), bench.redis.exists(DONE)) == (0, None, 0)


def test_what_another_worker_finished_may_be_dropped(bench: Bench) -> None:
    id_ = bench.read()
    bench.commit(id_)
    bench.run("drop", [WORK], [id_])
    assert bench.sent() == (1, 1)


@pytest.mark.parametrize(("there", "answer"), [(True, 1), (False, 0)])
def test_sound_is_sent_where_somebody_reads_it(bench: Bench, there: bool, answer: int) -> None:
    if not there:
        bench.redis.delete(RX)
    assert bench.run("send", [RX, BOOT], [2_000, *TO_RX]) == answer


def test_sound_for_a_gateway_that_may_come_back_waits(bench: Bench) -> None:
    a_gateway_away(bench, None)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        bench.run("send", [RX, BOOT], [2_000, *TO_RX])


# settle


def settle(bench: Bench, random_part: str = "a") -> list[Any]:
    answer: list[Any] = bench.run("settle", [RX, ALIVE, BOOT], [random_part, 60, 5])
    return answer


def test_a_gateway_that_settles_on_an_empty_server_gives_it_a_boot_id_of_now(bench: Bench) -> None:
    bench.redis.flushall()
    there, born, boot = settle(bench)
    assert (there, boot) == (0, born.split(b"-")[0] + b":a")


def test_a_gateway_that_settles_later_changes_no_boot_id(bench: Bench) -> None:
    bench.redis.flushall()
    first = settle(bench)
    assert settle(bench, "b")[2] == first[2]


def test_what_a_gateway_keeps_on_the_server_expires_with_it(bench: Bench) -> None:
    bench.redis.flushall()
    settle(bench)
    assert (0 < bench.redis.ttl(RX) <= 60, 0 < bench.redis.ttl(ALIVE) <= 5, bench.redis.ttl(BOOT)) == (True, True, -1)


# backlog


def test_a_stream_tells_what_nobody_has_read(bench: Bench) -> None:
    bench.read()
    bench.redis.xadd(WORK, {"m": "unread"})
    [[length, unread, age_ms], nothing] = bench.run("backlog", [WORK, NEXT], [])
    assert ((length, unread, age_ms >= 0), nothing) == ((2, 1, True), [0, 0, 0])
