"""Keys and pieces."""

import pytest

from common import streams
from common.messages import Head, Message, Piece, Sentence, Transcript, Utterance

HEAD = Head(call="CA1", turn=17, seq=2, take=1)


def utterance(piece: Piece) -> Utterance:
    return Utterance(head=HEAD, utterance=5, piece=piece)


def test_all_keys_of_a_call_are_in_one_slot() -> None:
    keys = streams.Keys(streams.CLUSTER_SHARDS)
    tag = keys.tag("CA1")
    of_the_call = [
        streams.work(tag, "asr"),
        streams.replies(tag, "gw1"),
        streams.gateway_alive(tag, "gw1"),
        streams.boot(tag),
        streams.dead_letters(tag, "asr"),
        keys.call_hash("CA1"),
        keys.history("CA1"),
        keys.reconnects("CA1"),
        keys.events("CA1"),
        keys.out("CA1", 17),
        keys.tool("CA1", "book", "{}"),
        keys.done("tts", Sentence(head=HEAD, text="")),
    ]
    assert {key[key.index("{") : key.index("}") + 1] for key in of_the_call} == {tag}


def test_a_server_alone_has_one_shard() -> None:
    assert {streams.ALONE.tag(f"CA{number}") for number in range(100)} == {streams.ONE_TAG}


def test_calls_are_spread_over_all_shards_of_a_cluster() -> None:
    keys = streams.Keys(streams.CLUSTER_SHARDS)
    assert {keys.tag(f"CA{number}") for number in range(200)} == set(keys.tags)


@pytest.mark.parametrize(
    ("message", "piece"),
    [
        (utterance("whole"), "5w2"),
        (utterance("segment"), "5s2"),
        (utterance("probe"), "5p2"),
        (Transcript(head=HEAD, utterance=5, text=""), "0"),
        (Sentence(head=HEAD, text=""), "2.1"),
    ],
)
def test_a_piece_is_told_from_the_others_of_its_turn_and_stage(message: Message, piece: str) -> None:
    assert streams.piece(message) == piece


@pytest.mark.parametrize(
    ("message", "stale"),
    [
        (utterance("whole"), True),
        (utterance("segment"), False),
        (utterance("probe"), False),
        (Transcript(head=HEAD, utterance=5, text="", piece="probe"), True),
        (Sentence(head=HEAD, text=""), True),
    ],
)
def test_only_segments_and_probes_outlive_their_turn(message: Message, stale: bool) -> None:
    assert streams.stale_by_turn(message) is stale


def test_fields_of_the_history_sort_by_turn() -> None:
    assert sorted([streams.turn_field(100, "u"), streams.turn_field(17, "u")]) == ["000017u", "000100u"]
