"""A call that is put through to somebody else once the caller heard so (R9, R11)."""

from dataclasses import replace

import pytest

from common.messages import Action, StageFailed
from gateway.turn.events import CallTaken, CloseTurn, HangUp, Report, TransferCall
from tests.sim.desk import Desk, asked_desk, transferring_desk
from tests.sim.rules import RULES
from tests.sim.sound import phrase_book

UNANSWERED = "nobody answers there"


def transfers(desk: Desk) -> list[str]:
    """Where the call went."""
    return [command.destination for command in desk.all(TransferCall)]


# -- When -------------------------------------------------------------------------------------


def test_a_call_is_transferred_once_the_reply_was_heard() -> None:
    desk = transferring_desk()
    desk.wait(0.9)
    before = transfers(desk)
    desk.wait(0.3)
    assert (before, transfers(desk)) == ([], ["office"])


def test_it_is_transferred_once_the_sentence_that_says_so_was_heard() -> None:
    desk = transferring_desk("Of course.", "I put you through.", "Thank you for calling.", after=1)
    desk.wait(1.9)
    before = transfers(desk)
    desk.wait(0.3)
    assert (before, transfers(desk)) == ([], ["office"])


def test_what_would_follow_is_not_heard_and_is_in_no_history() -> None:
    desk = transferring_desk("I put you through.", "Thank you for calling.")
    desk.wait(2.5)
    assert (desk.closed[-2].heard, desk.sentences_heard) == ("I put you through.", [0])


def test_what_sounds_already_is_said_to_its_end() -> None:
    desk = asked_desk(replace(RULES, destinations=frozenset({"office"})))
    desk.sentence(0, "I put you through.")
    desk.sentence(1, "Thank you for calling.")
    desk.sentence(2, "Goodbye.")
    desk.wait(1.5)
    desk.report(Action(head=desk.head(), after=0, name="transfer", argument="office"))
    desk.end_reply(3)
    desk.wait(1.5)
    assert (transfers(desk), desk.closed[-2].heard) == (["office"], "I put you through. Thank you for calling.")


def test_it_waits_for_a_sentence_that_is_not_here_yet() -> None:
    desk = asked_desk(replace(RULES, destinations=frozenset({"office"})))
    desk.report(Action(head=desk.head(), after=0, name="transfer", argument="office"))
    desk.wait(0.5)
    before = transfers(desk)
    desk.reply("I put you through.")
    desk.wait(1.2)
    assert (before, transfers(desk)) == ([], ["office"])


def test_a_sentence_that_has_no_end_yet_was_not_heard() -> None:
    desk = asked_desk(replace(RULES, destinations=frozenset({"office"})))
    desk.sentence(0, "I put you through.", 0.5, last=False)
    desk.report(Action(head=desk.head(), after=0, name="transfer", argument="office"))
    desk.wait(0.8)
    assert transfers(desk) == []


def test_a_draft_transfers_nobody() -> None:
    desk = Desk(replace(RULES, destinations=frozenset({"office"})))
    desk.wait(0.5)
    desk.speak(1.0)
    desk.wait(0.4)
    desk.report(Action(head=desk.head(), after=-1, name="transfer", argument="office"))
    assert transfers(desk) == []


def test_that_the_voice_fails_keeps_nobody_from_a_person() -> None:
    desk = asked_desk(replace(RULES, destinations=frozenset({"office"})))
    desk.sentence(0, "I put you through.", None)
    desk.report(Action(head=desk.head(), after=0, name="transfer", argument="office"))
    desk.report(StageFailed(head=desk.head(), stage="tts", error="Timeout"))
    desk.end_reply(1)
    desk.wait(0.6)
    assert transfers(desk) == ["office"]


def test_of_a_reply_that_is_too_long_what_is_played_is_enough() -> None:
    desk = transferring_desk("One.", "Two.", "I put you through.", after=2, rules=replace(RULES, max_reply_s=1.5))
    desk.wait(2.5)
    assert (transfers(desk), desk.sentences_heard) == (["office"], [0, 1])


# -- Whereto ----------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["", "+972501234567", "Office", "nobody"])
def test_to_whom_the_file_does_not_name_nobody_is_transferred(to: str) -> None:
    desk = transferring_desk(to=to)
    desk.wait(1.5)
    assert (transfers(desk), desk.ends[-1], desk.machine.call.over) == ([], "replied", False)


def test_what_is_refused_is_told_without_a_number() -> None:
    desk = transferring_desk(to="+972501234567")
    assert Report(1, "ACTION_REFUSED", (("action", "transfer"),)) in desk.all(Report)


def test_a_transfer_is_told_by_its_name() -> None:
    desk = transferring_desk()
    desk.wait(1.5)
    assert Report(1, "TRANSFER", (("to", "office"),)) in desk.all(Report)


# -- The caller -------------------------------------------------------------------------------


def test_who_cuts_in_before_the_sentence_was_heard_stays() -> None:
    desk = transferring_desk()
    desk.wait(0.4)
    desk.speak(1.0)
    desk.wait(0.8)
    desk.understand("no wait", piece="probe")
    desk.wait(2.0)
    assert (transfers(desk), "interrupted" in desk.ends) == ([], True)


def test_a_cough_over_the_sentence_puts_it_off() -> None:
    desk = transferring_desk()
    desk.wait(0.4)
    desk.speak(0.2)
    desk.wait(0.8)
    held = transfers(desk)
    desk.understand("", piece="probe")
    desk.wait(1.5)
    assert (held, transfers(desk)) == ([], ["office"])


# -- The end ----------------------------------------------------------------------------------


def test_the_call_ends_here_with_a_turn_that_was_transferred() -> None:
    desk = transferring_desk()
    desk.wait(1.5)
    assert (desk.ends, desk.closed[-1], desk.machine.call.over) == (
        ["replied", "replied", "transferred"],
        CloseTurn(2, "transferred", "", ""),
        True,
    )


def test_where_it_goes_is_told_before_its_turn_ends() -> None:
    desk = transferring_desk()
    desk.wait(1.5)
    kinds = [type(command) for command in desk.commands]
    assert kinds.index(TransferCall) < len(kinds) - 1 - kinds[::-1].index(CloseTurn) - 1


def test_a_person_comes_before_a_goodbye() -> None:
    desk = asked_desk(replace(RULES, destinations=frozenset({"office"})))
    desk.report(Action(head=desk.head(), after=0, name="hang_up"))
    desk.report(Action(head=desk.head(), after=0, name="transfer", argument="office"))
    desk.reply("I put you through.")
    desk.wait(1.5)
    assert (transfers(desk), desk.all(HangUp)) == (["office"], [])


# -- Nobody answers there ---------------------------------------------------------------------


def back(**known: object) -> Desk:
    """A call that came back."""
    return Desk(phrases=phrase_book(), begins=CallTaken(7, ended=6, unanswered=True, **known))  # type: ignore[arg-type]


def test_who_comes_back_is_told_that_nobody_answered() -> None:
    desk = back()
    desk.wait(1.5)
    assert (desk.ends, desk.machine.call.over) == (["replied"], False)


def test_that_nobody_answered_is_in_the_history_so_that_the_model_knows() -> None:
    desk = back()
    desk.wait(1.5)
    assert desk.closed == [CloseTurn(7, "replied", "", UNANSWERED)]


def test_what_was_asked_before_is_not_asked_again() -> None:
    desk = back(open=True, text="put me through")
    desk.wait(1.5)
    assert (desk.asked, desk.closed[0].heard) == ([], UNANSWERED)
