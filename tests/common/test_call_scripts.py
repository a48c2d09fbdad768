"""The scripts of calls, turns and tools, each by itself, on the Valkey that we embed and on Debian's Redis."""

from collections.abc import Callable
from typing import Any

import pytest
import redis

from tests.common.script_bench import AGAIN, BOOT, CALL, FOUND, HISTORY, NEXT, RX, TO_NEXT, TO_RX, TOOL, WORK, Bench

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
    return bench.run("commit_turn", [CALL], [fence, turn, "hello", "turns", "c:1:committed", 7200])


@pytest.mark.parametrize(("known", "answer"), [("", 1), ("1", 1), ("0", 1), ("2", 0)])
def test_a_turn_is_committed_unless_it_is_over(bench: Bench, known: str, answer: int) -> None:
    if known:
        bench.call(turn=known)
    assert commit_turn(bench, 1) == answer


def test_words_of_a_committed_turn_are_kept(bench: Bench) -> None:
    commit_turn(bench, 1)
    assert [bench.call_field(name) for name in ("turn", "committed", "said", "text")] == ["1", "1", "1", "hello"]


def test_a_turn_in_which_the_caller_waits_is_open(bench: Bench) -> None:
    bench.run("open_turn", [CALL], [1, 3, 7200])
    assert bench.call_field("open") == "3"


# Whose call it is

OWNERS_ALONE: dict[str, tuple[list[str], list[Any]]] = {
    "open_turn": ([CALL], [1, 3, 7200]),
    "commit_turn": ([CALL], [1, 3, "hello", "turns", "news", 7200]),
    "close_turn": ([CALL, HISTORY], [1, 3, 7200, "u", "", "s", "", "turns", "news", "c", "", 0, ""]),
    "close_call": ([CALL, HISTORY], [1, 60, "turns", "news"]),
    "leave_call": ([CALL, HISTORY], [1, 60]),
    "restore_call": ([CALL], [1, 3, 1, 3, "hello", "g", "en", 7200, ""]),
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


@pytest.mark.parametrize("script", sorted(OWNERS_ALONE))
def test_what_is_written_of_a_call_that_redis_forgot_expires(bench: Bench, script: str) -> None:
    keys, args = OWNERS_ALONE[script]
    bench.run(script, keys, args)
    assert not bench.redis.exists(CALL) or 0 < bench.redis.ttl(CALL) <= 7200


def test_the_first_stream_begins_the_call(bench: Bench) -> None:
    assert bench.take_call("a", turn=4)[1:] == [b"4", b"", b"0", b"", b"", b""]


def test_the_fence_is_the_servers_time_and_yet_rises_where_the_clock_stands_still(bench: Bench) -> None:
    seconds, _ = bench.redis.time()
    first = int(bench.take_call("a")[0])
    bench.call(fence=first + 10**9)
    assert (0 <= first - 1000 * seconds < 60_000, int(bench.take_call("b")[0])) == (True, first + 10**9 + 1)


def test_the_same_stream_learns_the_same_again(bench: Bench) -> None:
    assert bench.take_call("a") == bench.take_call("a")


def test_the_next_stream_raises_fence_and_turn_and_learns_what_was_left(bench: Bench) -> None:
    fence = int(bench.take_call("a", "g1")[0])
    commit_turn(bench, 3, fence)
    newer, *left = bench.take_call("b", "g2")
    assert (int(newer) > fence, left) == (True, [b"4", b"3", b"1", b"hello", b"g1", b""])


def test_the_next_stream_learns_which_keys_are_asked_for(bench: Bench) -> None:
    fence = int(bench.take_call("a")[0])
    bench.close_turn(0, fence, collect="9 keys")
    assert (bench.take_call("b")[-1], bench.take_call("c")[-1]) == (b"9 keys", b"9 keys")


def test_the_next_end_of_a_turn_says_that_no_keys_are_asked_for_any_more(bench: Bench) -> None:
    bench.close_turn(0, collect="9 keys")
    bench.close_turn(1)
    assert bench.call_field("collect") is None


def test_the_end_of_an_earlier_turn_says_nothing_of_keys(bench: Bench) -> None:
    bench.call(turn=5, fence=1)
    bench.close_turn(1, collect="9 keys")
    assert bench.call_field("collect") is None


def test_a_call_that_was_over_begins_anew(bench: Bench) -> None:
    fence = int(bench.take_call("a")[0])
    bench.close_turn(0, fence, heard="hello")
    bench.run("close_call", [CALL, HISTORY], [fence, 60, "turns", "news"])
    assert (bench.take_call("b")[2], bench.redis.exists(HISTORY), bench.call_field("over")) == (b"", 0, None)


def test_keys_that_a_call_asked_for_which_was_over_are_asked_for_no_more(bench: Bench) -> None:
    fence = int(bench.take_call("a")[0])
    bench.close_turn(0, fence, collect="9 keys")
    bench.run("close_call", [CALL, HISTORY], [fence, 60, "turns", "news"])
    assert [bench.take_call(stream)[-1] for stream in ("b", "c")] == [b"", b""]


def test_what_is_left_of_a_call_that_is_over_expires_soon(bench: Bench) -> None:
    fence = int(bench.take_call("a")[0])
    bench.close_turn(0, fence, heard="hello")
    bench.run("close_call", [CALL, HISTORY], [fence, 60, "turns", "news"])
    assert max(bench.redis.ttl(CALL), bench.redis.ttl(HISTORY)) <= 60


def test_a_call_is_restored_with_a_turn_that_only_rises(bench: Bench) -> None:
    bench.call(turn=5)
    bench.run("restore_call", [CALL], [1, 3, 1, 3, "hello", "g", "en", 7200, "9 keys"])
    assert [bench.call_field(name) for name in ("turn", "text", "owner", "collect")] == ["5", None, "g", None]


def restore(bench: Bench, fence: int, turn: int, text: str = "") -> Any:
    return bench.run("restore_call", [CALL], [fence, turn, 1, turn, text, f"g{fence}", "en", 7200, ""])


def test_a_call_is_restored_with_its_owners_turn_though_an_older_one_was_further(bench: Bench) -> None:
    assert (restore(bench, 1, 9, "older"), restore(bench, 2, 8)) == (1, 1)
    assert [bench.call_field(name) for name in ("turn", "owner", "fence", "said", "text")] == ["8", "g2", "2", None, None]


@pytest.mark.parametrize(
    "end_turn", [lambda bench: bench.close_turn(8, 1), lambda bench: commit_turn(bench, 9, 1)], ids=["close", "commit"]
)
def test_what_an_older_owner_wrote_of_a_turn_that_redis_forgot_does_not_count(bench: Bench, end_turn: Callable[[Bench], Any]) -> None:
    end_turn(bench)
    assert (bench.call_field("turn"), restore(bench, 2, 8), bench.call_field("turn")) == ("9", 1, "8")


def test_an_owner_ends_its_turn_though_an_older_one_was_further(bench: Bench) -> None:
    restore(bench, 1, 9)
    assert (commit_turn(bench, 7, 2), bench.call_field("turn")) == (1, "7")
    bench.close_turn(7, 2)
    assert (bench.call_field("turn"), bench.call_field("fence")) == ("8", "2")


@pytest.mark.parametrize(("asked", "known"), [("9 keys", "9 keys"), ("", None)])
def test_a_call_is_restored_with_the_keys_that_are_asked_for_now(bench: Bench, asked: str, known: str | None) -> None:
    bench.call(turn=2, collect="4 keys")
    bench.run("restore_call", [CALL], [1, 3, 1, 3, "hello", "g", "en", 7200, asked])
    assert bench.call_field("collect") == known


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


def start_tool(bench: Bench, run: str = "a", instead: str = "", runs_known: str = "", tool: str = TOOL) -> Any:
    args = [1, f"1t:{run}", f"run {run}", 600, 7200, instead, runs_known, 2000, *TO_RX]
    return bench.run("tool_start", [CALL, tool, HISTORY, RX, BOOT], args)


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


def test_a_start_takes_the_place_of_the_run_that_it_names(bench: Bench) -> None:
    bench.call(turn=1, committed=1)
    start_tool(bench)
    answers = [start_tool(bench, run, "1t:a") for run in "bc"]
    assert (answers, bench.sent()) == ([[b"started"], [b"known", b"run b"]], (0, 2))


def test_who_does_not_know_of_all_runs_starts_nothing(bench: Bench) -> None:
    bench.call(turn=1, committed=1)
    bench.redis.hset(HISTORY, mapping={"1u": "book t: it", "1s": "yes"})
    other = f"{TOOL}:other"
    answers = [
        start_tool(bench, runs_known="0"),
        start_tool(bench, "b", runs_known="0", tool=other),
        start_tool(bench, "b", "", "1", other),
    ]
    assert (answers, bench.sent()) == ([[b"started"], [b"behind"], [b"started"]], (0, 2))


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


def keep_found(bench: Bench) -> Any:
    return bench.run("keep_found", [FOUND, RX, BOOT], ["look {}", "free", 60, 2000, *TO_RX])


def test_what_was_looked_up_is_kept_and_told(bench: Bench) -> None:
    assert (keep_found(bench), bench.redis.hgetall(FOUND), bench.sent()) == (1, {b"look {}": b"free"}, (0, 1))


def test_what_was_looked_up_is_gone_after_a_minute(bench: Bench) -> None:
    keep_found(bench)
    assert 55 <= bench.redis.ttl(FOUND) <= 60


def test_what_was_looked_up_waits_for_a_gateway_that_may_come_back(bench: Bench) -> None:
    bench.lose_the_gateway(None)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        keep_found(bench)
    assert bench.redis.exists(FOUND) == 0


def look(bench: Bench, what: str) -> Any:
    return bench.run("look", ["t:{s0}:looked:call-1:find"], [what, 2, 7200])


def test_so_many_different_things_are_looked_up_and_each_of_them_again(bench: Bench) -> None:
    assert [look(bench, what) for what in "abacb"] == [1, 1, 1, 0, 1]


def test_what_was_looked_up_is_counted_for_as_long_as_a_call_lives(bench: Bench) -> None:
    look(bench, "a")
    assert 7195 <= bench.redis.ttl("t:{s0}:looked:call-1:find") <= 7200


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


def test_what_was_handed_back_is_behind_since_then(bench: Bench) -> None:
    id_ = bench.read()
    bench.hand_back(id_)
    bench.redis.xclaim(WORK, "w", "one", 0, [id_], idle=3_600_000 + 5_000, justid=True)
    length, waiting, age_ms = bench.run("backlog", [WORK], [])[0]
    assert (length, waiting, 5_000 <= age_ms < 10_000) == (1, 1, True)


def test_each_stage_is_behind_by_itself(bench: Bench) -> None:
    bench.redis.xadd(NEXT, {"m": "work"})
    assert [unread for _, unread, _ in bench.run("backlog", [WORK, NEXT, "nothing"], [])] == [0, 1, 0]


def test_what_is_dropped_is_nobodys_and_gone(bench: Bench) -> None:
    id_ = bench.read()
    bench.drop(id_)
    assert (bench.owner(id_), bench.left()) == (None, 0)


def test_no_tool_starts_while_its_gateway_may_come_back(bench: Bench) -> None:
    bench.call(turn=1, committed=1)
    bench.lose_the_gateway(None)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        start_tool(bench)
    assert bench.redis.exists(TOOL, HISTORY) == 0
