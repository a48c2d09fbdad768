"""The scripts that an entry meets, each by itself, on the Valkey that we embed and on Debian's Redis."""

from typing import Any

import pytest
import redis

from tests.common.script_bench import ASKED, BOOT, CALL, DEAD, DONE, NEXT, OUT, RX, TO_RX, WORK, Bench

# What the others have in front


def test_a_reply_to_a_gateway_without_a_stream_makes_none(bench: Bench) -> None:
    bench.redis.delete(RX)
    bench.commit(bench.read())
    assert bench.redis.exists(RX) == 0


def test_sound_goes_along_byte_by_byte(bench: Bench) -> None:
    sound = bytes(range(256))
    bench.commit(bench.read(), sound=sound)
    entries: Any = bench.redis.xrevrange(RX, count=1)
    assert entries[0][1] == {b"m": b"said", b"a": sound}


def test_a_full_stream_loses_its_oldest_entries(bench: Bench) -> None:
    for _ in range(400):
        bench.commit(bench.read())
        bench.redis.delete(DONE)
    assert bench.redis.xlen(NEXT) < 400


@pytest.mark.parametrize("boot_ms_ago", [None, 1_000])
def test_a_result_for_a_gateway_that_may_come_back_is_kept(bench: Bench, boot_ms_ago: int | None) -> None:
    id_ = bench.read()
    bench.lose_the_gateway(boot_ms_ago)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        bench.commit(id_)
    assert (bench.owner(id_), bench.redis.exists(NEXT, DONE)) == (("one", 1), 0)


@pytest.mark.parametrize("boot_ms_ago", [None, 1_000])
def test_a_sentence_for_a_gateway_that_may_come_back_is_kept(bench: Bench, boot_ms_ago: int | None) -> None:
    bench.lose_the_gateway(boot_ms_ago)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        bench.emit("s0")
    assert bench.redis.exists(NEXT, OUT) == 0


def test_a_gateway_that_had_its_time_to_come_back_is_gone(bench: Bench) -> None:
    id_ = bench.read()
    bench.lose_the_gateway(2_100)
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


def test_whoever_lost_the_entry_of_a_reply_does_not_end_it_if_the_owner_is_further(bench: Bench) -> None:
    id_ = bench.read()
    bench.take_over(id_)
    bench.emit("s0", id_=id_, worker="two")
    assert (bench.commit(id_, reply=[]), bench.owner(id_), bench.commit(id_, "two", reply=["s0"])) == (0, ("two", 2), 1)


def test_the_end_of_a_reply_is_told_by_who_is_as_far_as_anybody(bench: Bench) -> None:
    bench.emit("s0", asked="bye")
    assert bench.commit(bench.read(), reply=["s0"], asked="bye") == 1


@pytest.mark.parametrize(
    ("reply", "asked"),
    [(["s0"], "bye"), (["s0", "s1"], ""), (["s0", "other"], "bye"), (["other", "s1"], "bye"), (["other", "s1", "s2"], "bye")],
    ids=["less said", "less asked for", "another end", "another begin", "more, of another"],
)
def test_the_end_of_a_reply_is_not_told_by_who_was_overtaken(bench: Bench, reply: list[str], asked: str) -> None:
    for said in (["s0"], ["s0", "s1"]):
        bench.emit(*said, asked="bye")
    id_ = bench.read("two")
    ended = bench.commit(id_, "two", reply=reply, asked=asked)
    assert (ended, bench.sent(), bench.redis.exists(DONE), bench.owner(id_)) == (0, (2, 2), 0, None)


@pytest.mark.parametrize("known", [[], ["s0"]])
def test_a_reply_of_which_redis_forgot_the_tail_is_not_ended_before_it_is_out_again(bench: Bench, known: list[str]) -> None:
    for sentence in known:
        bench.emit(sentence)
    id_, before = bench.read(), bench.sent()
    assert (bench.commit(id_, reply=["s0", "s1"]), bench.sent(), bench.redis.exists(DONE)) == (-2, before, 0)
    assert bench.owner(id_) == ("one", 1)


def test_a_reply_of_a_turn_that_was_raised_past_is_not_sent_again(bench: Bench) -> None:
    bench.call(turn=2)
    id_ = bench.read()
    assert (bench.commit(id_, reply=["s0"]), bench.owner(id_)) == (-1, None)


def test_an_entry_of_a_reply_that_redis_forgot_is_nobodys_to_end(bench: Bench) -> None:
    id_ = bench.read()
    bench.redis.delete(WORK)
    assert bench.commit(id_, reply=["s0"]) == 0


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
    assert ([bench.emit("s0"), bench.emit("s0", "s1")], bench.sent()) == ([1, 2], (2, 2))


def test_the_same_sentence_again_is_out_already(bench: Bench) -> None:
    bench.emit("s0")
    assert (bench.emit("s0"), bench.sent()) == (1, (1, 1))


def test_another_sentence_at_its_place_is_overtaken(bench: Bench) -> None:
    bench.emit("theirs")
    assert (bench.emit("mine"), bench.sent()) == (2, (1, 1))


def test_a_sentence_behind_what_is_out_is_overtaken_even_if_it_is_the_same(bench: Bench) -> None:
    bench.emit("s0")
    bench.emit("s0", "s1")
    assert (bench.emit("s0"), bench.sent()) == (3, (2, 2))


@pytest.mark.parametrize("more", [["theirs", "more"], ["mine"], ["mine", "next"], ["mine", "next", "more"]])
def test_who_has_other_words_before_is_overtaken(bench: Bench, more: list[str]) -> None:
    bench.emit("s0")
    bench.emit("s0", "theirs")
    mine = ["other", *more]
    assert (bench.emit(*mine) > len(mine), bench.sent(), bench.out()) == (True, (2, 2), ["s0", "theirs"])


def test_a_gap_is_told_by_how_many_are_out(bench: Bench) -> None:
    bench.emit("s0")
    assert (bench.emit("s0", "s1", "s2"), bench.sent()) == (1, (1, 1))


def test_nothing_goes_out_behind_the_end_of_a_reply(bench: Bench) -> None:
    bench.commit(bench.read())
    assert (bench.emit("s0"), bench.sent()) == (2, (1, 1))


def test_who_lost_its_entry_emits_nothing_that_would_stop_the_owner(bench: Bench) -> None:
    id_ = bench.read()
    bench.take_over(id_)
    assert (bench.emit("s0", id_=id_), bench.sent(), bench.emit("s0", id_=id_, worker="two")) == (2, (0, 0), 1)


def test_a_sentence_of_an_entry_that_redis_forgot_does_not_go_out(bench: Bench) -> None:
    id_ = bench.read()
    bench.redis.delete(WORK)
    assert (bench.emit("s0", id_=id_), bench.sent()) == (2, (0, 0))


def test_a_sentence_of_a_turn_that_was_raised_past_does_not_go_out(bench: Bench) -> None:
    bench.call(turn=2)
    assert (bench.emit("s0"), bench.sent(), bench.redis.exists(OUT)) == (-1, (0, 0), 0)


def test_what_is_asked_for_is_kept_with_its_sentence(bench: Bench) -> None:
    assert (bench.emit("s0", asked="hang up"), bench.redis.get(ASKED), 0 < bench.redis.ttl(ASKED) <= 600) == (1, b"hang up", True)


def test_what_is_asked_for_behind_a_sentence_that_is_out_is_kept_and_told_to_the_gateway_alone(bench: Bench) -> None:
    bench.emit("s0")
    assert (bench.emit("s0", asked="hang up"), bench.sent(), bench.redis.get(ASKED)) == (1, (1, 2), b"hang up")


def test_what_is_asked_for_is_told_once(bench: Bench) -> None:
    for _ in range(2):
        bench.emit("s0", asked="hang up")
    assert bench.sent() == (1, 1)


def test_what_is_asked_for_waits_for_a_gateway_that_may_come_back(bench: Bench) -> None:
    bench.emit("s0")
    bench.lose_the_gateway(None)
    with pytest.raises(redis.ResponseError, match=r"^UNSETTLED"):
        bench.emit("s0", asked="hang up")
    assert bench.redis.exists(ASKED) == 0


def test_what_was_asked_for_stays_where_a_sentence_asks_for_nothing(bench: Bench) -> None:
    bench.emit("s0", asked="hang up")
    bench.emit("s0", "s1")
    assert bench.redis.get(ASKED) == b"hang up"


def test_nothing_is_kept_for_a_sentence_that_another_attempt_said_otherwise(bench: Bench) -> None:
    bench.emit("theirs")
    assert (bench.emit("mine", asked="hang up"), bench.redis.exists(ASKED)) == (2, 0)


def test_nothing_is_kept_behind_a_gap(bench: Bench) -> None:
    assert (bench.emit("s0", "s1", asked="hang up"), bench.redis.exists(ASKED)) == (0, 0)


def test_who_lost_its_entry_asks_for_nothing(bench: Bench) -> None:
    id_ = bench.read()
    bench.emit("s0", id_=id_)
    bench.take_over(id_)
    assert (bench.emit("s0", id_=id_, asked="hang up"), bench.redis.exists(ASKED)) == (2, 0)


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


def test_an_entry_that_was_handed_back_is_lost_and_stays_free_for_anybody(bench: Bench) -> None:
    id_ = bench.read()
    bench.hand_back(id_, counts=True)
    assert (bench.renew(id_), len(bench.redis.xpending_range(WORK, "w", "-", "+", 1, idle=3_599_000))) == (b"lost", 1)


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


def test_who_lost_an_entry_cannot_give_it_up(bench: Bench) -> None:
    id_ = bench.read()
    bench.take_over(id_)
    assert (bench.fail(id_), bench.owner(id_), bench.sent()) == (0, ("two", 2), (0, 0))


@pytest.mark.parametrize(("turn", "by_turn", "answer", "told"), [(1, 1, -1, 0), (1, 0, 1, 1), (2, 1, 1, 1)])
def test_of_a_turn_that_was_raised_past_no_failure_is_told(bench: Bench, turn: int, by_turn: int, answer: int, told: int) -> None:
    bench.call(turn=2)
    id_ = bench.read()
    answered = bench.fail(id_, turn=turn, by_turn=by_turn)
    assert (answered, bench.owner(id_), bench.redis.xlen(DEAD), bench.sent()) == (answer, None, told, (0, told))


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
    heard.lose_the_gateway(boot_ms_ago)
    assert is_done(heard) == 0


def test_the_servers_time_comes_along(heard: Bench) -> None:
    before: Any = heard.redis.time()
    told = heard.run("done", [DONE, CALL, BOOT, RX, ALIVE], [1, 1, 2_000])[1:]
    after: Any = heard.redis.time()
    assert list(before) <= told <= list(after)


# drop, send


def test_what_is_dropped_is_gone_and_not_done(bench: Bench) -> None:
    id_ = bench.read()
    bench.drop(id_)
    assert (bench.left(), bench.owner(id_), bench.redis.exists(DONE)) == (0, None, 0)


def test_what_another_worker_has_is_not_dropped(bench: Bench) -> None:
    id_ = bench.read()
    bench.take_over(id_)
    assert (bench.drop(id_), bench.owner(id_), bench.left()) == (0, ("two", 2), 1)


def test_what_another_worker_finished_may_be_dropped(bench: Bench) -> None:
    id_ = bench.read()
    bench.commit(id_)
    bench.drop(id_)
    assert bench.sent() == (1, 1)


@pytest.mark.parametrize(("there", "answer"), [(True, 1), (False, 0)])
def test_sound_is_sent_where_somebody_reads_it(bench: Bench, there: bool, answer: int) -> None:
    if not there:
        bench.redis.delete(RX)
    assert bench.run("send", [RX, BOOT], [2_000, *TO_RX]) == answer


def test_sound_for_a_gateway_that_may_come_back_waits(bench: Bench) -> None:
    bench.lose_the_gateway(None)
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
