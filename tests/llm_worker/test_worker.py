"""The LLM stage: sentences in order, once, and what ends a reply."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from common.agents.file import read
from common.agents.in_use import InUse, in_use
from common.bus import Delivery, Emitted, Output, PastTurn, ToolRun, ToolStart
from common.config import Settings
from common.errors import VendorError
from common.messages import Action, Collect, Head, ReplyEnded, Sentence, Stage, Summarise, Summary, ToolEnded, ToolStarted, Transcript
from common.vendor_stream import Working
from llm_worker.conversation import Reply
from llm_worker.speaker import ANOTHER_STANDS, MAX_SENTENCES, NOT_ALLOWED, WILL_BE_DONE, Speaker
from llm_worker.tools import Occasion, Tool
from llm_worker.vendors.base import ActionRequest, Piece, Prompt, Round, ToolCall, ToolResult, Uninterruptible, UsedTool
from llm_worker.worker import IN_VAIN, MAX_CALLS, MAX_ROUNDS, TOO_MANY, LlmWorker
from tests.common.agents.files import write
from tests.recorded_bus import RecordedBus
from tests.virtual_clock import run

HEAD = Head(call="c1", turn=3, gateway="g1", language="en", trace="t")
HANG_UP = ActionRequest("hang_up")
TRANSFER = ActionRequest("transfer", argument="nobody")

Step = Piece | float | VendorError
"""Text, an action or a call, a pause in seconds, or a failure."""


class Scripted:
    """A model that follows its script."""

    def __init__(self, *script: Step) -> None:
        self.prompts: list[Prompt] = []
        self.closed = False
        self._script = script

    async def warm_up(self) -> None: ...

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self.prompts.append(prompt)
        try:
            for step in self._script:
                match step:
                    case float():
                        await asyncio.sleep(step)
                    case VendorError():
                        raise step
                    case _:
                        yield step
        finally:
            self.closed = True

    async def close(self) -> None: ...


def delivery(text: str = "when do you open?") -> Delivery:
    return Delivery("1-0", Transcript(head=HEAD, utterance=2, text=text))


def handle(model: Scripted, bus: RecordedBus, settings: Settings | None = None, given: Delivery | None = None) -> RecordedBus:
    run(LlmWorker(model, "fake", settings or Settings()).handle(given or delivery(), bus))
    return bus


def spoken(*script: Step, bus: RecordedBus | None = None, settings: Settings | None = None) -> list[str]:
    return handle(Scripted(*script), bus or RecordedBus(), settings).out


def ended(bus: RecordedBus) -> int:
    return next(message.sentences for message in bus.committed_to(None) if isinstance(message, ReplyEnded))


# --- Sentences


def test_a_reply_leaves_sentence_by_sentence() -> None:
    assert spoken("We open ", "at nine. ", "Come ", "in.") == ["We open at nine.", "Come in."]


def test_a_sentence_leaves_before_the_reply_is_complete() -> None:
    assert handle(Scripted("One. Two. ", 1.5, "Three."), RecordedBus()).sent_at_s == [0.0, 0.0, 1.5, 1.5, 1.5, 1.5]


def test_a_sentence_goes_to_the_voice_with_its_number() -> None:
    bus = handle(Scripted("One. Two."), RecordedBus())
    assert [(m.head.seq, m.text) for m in bus.sent_to("tts") if isinstance(m, Sentence)] == [(0, "One."), (1, "Two.")]


def test_a_sentence_is_told_to_the_gateway() -> None:
    bus = handle(Scripted("One. Two."), RecordedBus())
    assert bus.sent_to(None) == bus.sent_to("tts")


def test_a_sentence_carries_its_calls_head() -> None:
    bus = handle(Scripted("One."), RecordedBus())
    assert bus.sent_to("tts")[0].head == HEAD


def test_the_end_tells_how_many_sentences_there_are() -> None:
    assert ended(handle(Scripted("One. Two."), RecordedBus())) == 2


def test_the_end_tells_the_time_to_the_first_sentence() -> None:
    bus = handle(Scripted(0.5, "One. T", 1.0, "wo."), RecordedBus())
    assert bus.committed_to(None) == [ReplyEnded(head=HEAD, sentences=2, llm_ms=500)]


def test_the_model_hears_what_was_heard() -> None:
    model = Scripted("One.")
    handle(model, RecordedBus(history=[PastTurn(1, "hi", "Hello, how")]))
    assert model.prompts[0].history[0].bot == "Hello, how"


def test_a_finished_reply_is_not_made_again() -> None:
    model = Scripted("One.")
    handle(model, RecordedBus(is_done=True))
    assert model.prompts == []


def test_a_finished_reply_is_dropped() -> None:
    assert handle(Scripted("One."), RecordedBus(is_done=True)).dropped


def test_an_endless_reply_is_cut_off() -> None:
    assert len(spoken(*["Again. "] * 1000)) == MAX_SENTENCES


def test_the_stream_of_an_endless_reply_is_closed() -> None:
    model = Scripted(*["Again. "] * 1000)
    handle(model, RecordedBus())
    assert model.closed


def test_an_empty_transcript_is_not_answered() -> None:
    model = Scripted("One.")
    assert ended(handle(model, RecordedBus(), given=delivery(""))) == 0


# --- Actions


def test_an_action_follows_the_words_before_it() -> None:
    bus = handle(Scripted("Thanks. Goodbye", HANG_UP), RecordedBus())
    assert bus.committed_to(None)[0] == Action(head=HEAD, after=1, name="hang_up")


def test_an_action_is_known_before_the_reply_ends() -> None:
    bus = handle(Scripted("Goodbye.", HANG_UP), RecordedBus())
    assert [type(message) for message in bus.committed_to(None)] == [Action, ReplyEnded]


def test_keys_are_asked_for_by_an_action() -> None:
    bus = handle(Scripted("Your number?", ActionRequest("collect", collect=Collect(digits=9))), RecordedBus())
    assert bus.committed_to(None)[0] == Action(head=HEAD, after=0, name="collect", collect=Collect(digits=9))


def test_what_may_not_be_interrupted_says_so() -> None:
    bus = handle(Scripted("Hello there, caller. ", Uninterruptible(), "This call is recorded."), RecordedBus())
    assert [sentence.interruptible for sentence in bus.sent_to("tts") if isinstance(sentence, Sentence)] == [True, False]


def test_a_hang_up_without_words_says_goodbye() -> None:
    assert spoken(HANG_UP) == ["Thank you, and goodbye"]


def test_a_hang_up_without_words_waits_for_the_goodbye() -> None:
    assert handle(Scripted(HANG_UP), RecordedBus()).committed_to(None)[0] == Action(head=HEAD, after=0, name="hang_up")


def test_a_goodbye_that_is_said_twice_is_not_asked_about() -> None:
    assert spoken("Goodbye.", HANG_UP, bus=RecordedBus(history=[PastTurn(1, "bye", "Goodbye.")])) == ["Goodbye."]


# --- Tools


class Order(msgspec.Struct):
    dish: str = "soup"


async def cook(order: Order, occasion: Occasion) -> str:
    await asyncio.sleep(1)
    return f"{order.dish} at {occasion.now:%H:%M:%S}"


KITCHEN = {name: Tool(name, "", Order, effects, 5.0, cook) for name, effects in (("order", "once"), ("smell", "none"))}  # type: ignore[arg-type]
SMELL = ToolCall("c1", "smell", "{}")
SMELLED = 'smell {"dish":"soup"}'
ORDER = ToolCall("c2", "order", '{"dish":"fish"}')
NO_TOOL = ToolCall("c3", "dance", "{}")


class Rounds(Scripted):
    """A model with a script for each round."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        super().__init__()
        self._rounds = list(scripts)

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self._script = tuple(self._rounds[min(len(prompt.rounds), len(self._rounds) - 1)])
        async for piece in super().reply(prompt):
            yield piece


def cooked(model: Scripted, bus: RecordedBus) -> RecordedBus:
    """What a worker with a kitchen does."""

    async def work() -> None:
        worker = LlmWorker(model, "fake", Settings(), KITCHEN)
        async with asyncio.TaskGroup() as group:
            worker.effects.begin(group, lambda: None)
            await worker.handle(delivery(), bus)

    run(work())
    return bus


def test_the_model_is_told_what_may_be_called() -> None:
    model = Rounds(["No."])
    cooked(model, RecordedBus())
    assert [tool.name for tool in model.prompts[0].tools] == ["order", "smell"]


def test_a_reply_goes_on_with_the_results_of_its_calls() -> None:
    model = Rounds(["Let me see", SMELL, ORDER], ["Fish."])
    cooked(model, RecordedBus())
    results = (ToolResult("soup at 00:00:00", ok=True), ToolResult("fish at 00:00:01", ok=True))
    assert model.prompts[1].rounds == (Round("Let me see", (SMELL, ORDER), results),)


def decided(model: Scripted) -> list[tuple[str, str]]:
    """What the model heard of its actions, by name."""
    pairs = [pair for each in model.prompts[-1].rounds for pair in zip(each.actions, each.decisions, strict=True)]
    return [(action.name, decision.text) for action, decision in pairs]


def test_a_reply_goes_on_with_what_became_of_its_actions() -> None:
    model = Rounds(["Noted, goodbye.", TRANSFER, ORDER, HANG_UP], ["Goodbye."])
    cooked(model, RecordedBus())
    assert decided(model) == [("transfer", NOT_ALLOWED), ("hang_up", WILL_BE_DONE)]


def test_a_refused_action_is_no_silence_behind_its_announcement() -> None:
    model = Rounds(["I put you through.", TRANSFER], ["I can't, I'm sorry."])
    bus = cooked(model, RecordedBus())
    assert (bus.out, decided(model)) == (["I put you through.", "I can't, I'm sorry."], [("transfer", NOT_ALLOWED)])


def test_who_asks_for_a_refused_action_on_and_on_is_stopped() -> None:
    model = Rounds([TRANSFER])
    bus = cooked(model, RecordedBus())
    assert (len(model.prompts), bus.out) == (MAX_ROUNDS, ["All right, how can I help you?"])


def test_an_action_that_is_done_needs_no_other_round() -> None:
    model = Rounds(["Bye.", HANG_UP], ["Anything else?"])
    cooked(model, RecordedBus())
    assert len(model.prompts) == 1


@pytest.mark.parametrize(("call", "done", "told"), [(ORDER, [Action], WILL_BE_DONE), (NO_TOOL, [], IN_VAIN.text)], ids=["worked", "failed"])
def test_an_action_behind_a_call_is_done_if_that_worked(call: ToolCall, done: list[type], told: str) -> None:
    model = Rounds(["Noted, goodbye.", call, HANG_UP], ["Well."])
    bus = cooked(model, RecordedBus())
    actions = [type(message) for message in bus.committed_to(None) if isinstance(message, Action)]
    assert (actions, decided(model)) == (done, [("hang_up", told)])


def test_an_action_behind_a_call_is_kept_before_the_model_goes_on() -> None:
    bus = cooked(Rounds(["Noted, goodbye.", ORDER, HANG_UP], [VendorError("fake", "gone", retryable=False)]), RecordedBus())
    assert [action.name for action in bus.kept] == ["hang_up"]


def test_what_stands_is_not_asked_for_otherwise() -> None:
    asked = Action(head=HEAD, after=0, name="transfer", argument="reception")

    async def again() -> tuple[str, list[Action]]:
        speaker = Speaker(RecordedBus(), delivery(), HEAD, Reply(["One."]), destinations=("reception", "sales"), asked=[asked])
        return (await speaker.request(replace(TRANSFER, argument="sales"))).text, speaker.asked

    assert run(again()) == (ANOTHER_STANDS, [asked])


def test_sentences_are_numbered_over_the_rounds() -> None:
    bus = cooked(Rounds(["Let me see", SMELL], ["Fish. Good."]), RecordedBus())
    assert (bus.out, ended(bus)) == (["Let me see", "Fish.", "Good."], 3)


def test_what_is_said_before_a_call_leaves_before_it() -> None:
    bus = cooked(Rounds(["Let me see", SMELL], ["Fish."]), RecordedBus())
    assert [type(message) for message in bus.sent_to(None)] == [Sentence, ToolStarted, ToolEnded, Sentence]


def test_the_model_has_its_time_again_after_a_tool() -> None:
    assert cooked(Rounds([3.4, SMELL], [3.4, "Fish."]), RecordedBus()).out == ["Fish."]


def test_a_model_that_never_stops_calling_is_stopped() -> None:
    model = Rounds([SMELL])
    bus = cooked(model, RecordedBus())
    told = [result for each in model.prompts[-1].rounds for result in each.results]
    assert (len(model.prompts), told[-1], bus.out) == (MAX_ROUNDS, TOO_MANY, ["All right, how can I help you?"])


def test_a_reply_makes_no_more_calls_than_is_decent() -> None:
    bus = cooked(Rounds([SMELL] * (MAX_CALLS + 1), ["Fish."]), RecordedBus())
    assert sum(isinstance(message, ToolStarted) for message in bus.sent_to(None)) == MAX_CALLS


def test_a_call_beside_a_hang_up_is_made() -> None:
    bus = cooked(Rounds(["Bye.", HANG_UP, ORDER], []), RecordedBus())
    assert ([run.name for run in bus.tools_ended], type(bus.committed_to(None)[0])) == (["order"], Action)


def test_a_reply_that_was_raised_past_before_its_tool_is_acknowledged_with_nothing() -> None:
    model = Rounds([ORDER], ["Fish."])
    bus = cooked(model, RecordedBus(tool_answers=[ToolStart("stale")]))
    assert (len(model.prompts), bus.out, bus.committed) == (1, [], [])


def test_a_second_attempt_is_told_what_the_first_one_did() -> None:
    left = ToolRun(id="a", turn=3, entry="1-0", name="order", arguments='{"dish":"fish"}', started_s=0.0, timeout_s=5.0)
    model = Rounds(["Perhaps."])
    cooked(model, RecordedBus(history=[PastTurn(3, "", "", tools=(left,))]))
    assert model.prompts[0].used == (UsedTool("order", '{"dish":"fish"}', "unknown"),)


def test_a_second_attempt_is_told_what_the_first_one_looked_up() -> None:
    model = Rounds([SMELL], ["Soup."])
    bus = cooked(model, RecordedBus(found={SMELLED: "soup"}))
    assert (model.prompts[1].rounds[0].results, bus.found) == ((ToolResult("soup", ok=True),), {SMELLED: "soup"})


# --- S11, S12


def test_s12_an_empty_reply_says_the_phrase_for_it() -> None:
    assert spoken("😀", "  ", settings=Settings(phrase_empty_reply="Yes?", language="en")) == ["Yes?"]


def test_s12_the_phrase_can_be_switched_off() -> None:
    assert ended(handle(Scripted(), RecordedBus(), Settings(phrase_empty_reply=""))) == 0


def test_s11_the_same_reply_again_gets_the_suffix() -> None:
    bus = RecordedBus(history=[PastTurn(1, "hours?", "We open at nine. Come in.")])
    assert spoken("We open at nine. Come in.", bus=bus) == ["We open at nine.", "Come in.", "Would you like to tell me more?"]


def test_s11_the_suffix_is_counted() -> None:
    bus = RecordedBus(history=[PastTurn(1, "hours?", "We open at nine.")])
    assert ended(handle(Scripted("We open at nine."), bus)) == 2


def test_s11_an_empty_suffix_leaves_the_reply_alone() -> None:
    bus = RecordedBus(history=[PastTurn(1, "hours?", "We open at nine.")])
    assert spoken("We open at nine.", bus=bus, settings=Settings(same_reply_suffix="")) == ["We open at nine."]


# --- A second attempt


def test_a_second_attempt_tells_the_model_what_is_out() -> None:
    model = Scripted("Two.")
    handle(model, RecordedBus(emitted=["One."]))
    assert model.prompts[0].spoken == ("One.",)


def test_a_second_attempt_goes_on_after_what_is_out() -> None:
    assert spoken("Two.", bus=RecordedBus(emitted=["One."])) == ["One.", "Two."]


def test_a_second_attempt_drops_what_it_repeats() -> None:
    assert spoken("One. Two.", bus=RecordedBus(emitted=["One."])) == ["One.", "Two."]


def test_a_second_attempt_with_nothing_new_ends_the_reply() -> None:
    assert ended(handle(Scripted("One."), RecordedBus(emitted=["One."]))) == 1


def test_a_second_attempt_that_only_acts_acts_behind_what_is_out() -> None:
    bus = handle(Scripted(HANG_UP), RecordedBus(emitted=["Goodbye."]))
    assert (bus.out, bus.committed_to(None)[0]) == (["Goodbye."], Action(head=HEAD, after=0, name="hang_up"))


ASKED = Action(head=HEAD, after=0, name="hang_up")
FAILURE = VendorError("fake", "reset", retryable=True)


def test_what_is_asked_for_is_kept_with_the_sentence_before_it() -> None:
    bus = handle(Scripted("One. ", "Bye.", HANG_UP), RecordedBus())
    assert bus.kept == [Action(head=HEAD, after=1, name="hang_up")]


def test_what_is_asked_for_behind_a_sentence_that_is_out_is_kept_with_it() -> None:
    bus = handle(Scripted("Bye.\n", HANG_UP), RecordedBus())
    assert (bus.kept, bus.out, len(bus.sent_to("tts"))) == ([ASKED], ["Bye."], 1)


@pytest.mark.parametrize("script", [["Bye.", HANG_UP], ["Bye.\n", HANG_UP]], ids=["with its sentence", "behind it"])
def test_the_gateway_is_told_what_is_asked_for_with_the_sentence_before_it(script: list[Step]) -> None:
    told = [message.asked for message in handle(Scripted(*script), RecordedBus()).sent_to(None) if isinstance(message, Sentence)]
    assert told[-1] == (ASKED,)


def test_no_sentence_tells_what_is_asked_for_behind_a_later_one() -> None:
    told = [
        message.asked for message in handle(Scripted("One. Bye.", HANG_UP), RecordedBus()).sent_to(None) if isinstance(message, Sentence)
    ]
    assert told == [(), (Action(head=HEAD, after=1, name="hang_up"),)]


def test_a_hang_up_without_words_is_kept_with_the_goodbye() -> None:
    assert handle(Scripted(HANG_UP), RecordedBus()).kept == [ASKED]


def test_a_second_attempt_does_what_the_first_asked_for() -> None:
    bus = handle(Scripted(), RecordedBus(emitted=["Bye."], asked=[ASKED]))
    assert [type(message) for message in bus.committed_to(None)] == [Action, ReplyEnded]


def test_what_both_attempts_ask_for_is_done_once() -> None:
    bus = handle(Scripted("Bye.", HANG_UP), RecordedBus(emitted=["Bye."], asked=[ASKED]))
    assert (bus.out, bus.committed_to(None)[:-1]) == (["Bye."], [ASKED])


def test_a_second_attempt_tells_the_model_what_is_asked_for() -> None:
    model = Scripted()
    handle(model, RecordedBus(emitted=["Bye."], asked=[msgspec.structs.replace(ASKED, name="collect")]))
    assert model.prompts[0].asked == ("collect_digits",)


def test_a_second_attempt_that_parts_gets_no_suffix() -> None:
    bus = RecordedBus(emitted=["Bye."], asked=[ASKED], history=[PastTurn(1, "bye", "Bye.")])
    assert handle(Scripted(), bus).out == ["Bye."]


def test_a_hang_up_that_is_asked_for_needs_no_model_in_the_last_attempt() -> None:
    bus = RecordedBus(emitted=["Bye."], asked=[ASKED])
    assert handle(Scripted(FAILURE), bus, given=replace(delivery(), attempt=2)).committed_to(None)[:-1] == [ASKED]


def test_a_model_that_fails_is_asked_again_while_it_may_be() -> None:
    with pytest.raises(VendorError):
        handle(Scripted(FAILURE), RecordedBus(emitted=["Bye."], asked=[ASKED]))


def test_keys_that_are_asked_for_end_no_reply_whose_model_fails() -> None:
    bus = RecordedBus(emitted=["Press one."], asked=[msgspec.structs.replace(ASKED, name="collect")])
    with pytest.raises(VendorError):
        handle(Scripted(FAILURE), bus, given=replace(delivery(), attempt=2))


# --- What emit answers


def test_a_stale_reply_stops() -> None:
    model = Scripted("One. Two. Three.", 100.0)
    bus = handle(model, RecordedBus(emit_answer=lambda number, out: -1 if number == 1 else number + 1))
    assert (bus.out, model.closed) == (["One."], True)


def test_a_stale_reply_is_acknowledged_with_nothing() -> None:
    assert handle(Scripted("One."), RecordedBus(emit_answer=lambda number, out: -1)).committed == []


def test_an_overtaken_reply_is_left_to_the_one_that_is_further() -> None:
    assert handle(Scripted("One. Two."), RecordedBus(emit_answer=lambda number, out: number + 2)).committed is None


def test_the_entry_of_an_overtaken_reply_is_dropped_so_that_nobody_gives_it_up() -> None:
    assert handle(Scripted("One. Two."), RecordedBus(emit_answer=lambda number, out: number + 2)).dropped


def test_sentences_that_redis_forgot_are_emitted_again() -> None:
    forgets = iter([True])

    def answer(number: int, out: list[str]) -> int:
        if number == 2 and next(forgets, False):
            out.clear()
        return min(number + 1, len(out) + 1) if number == len(out) else len(out)

    assert spoken("One. Two. Three.", bus=RecordedBus(emit_answer=answer)) == ["One.", "Two.", "Three."]


def test_what_redis_forgot_before_the_end_is_emitted_again_before_it() -> None:
    class Forgetful(RecordedBus):
        """Forgets the last sentence when the reply is ended first."""

        async def commit(self, stage: Stage, delivery: Delivery, outputs: Sequence[Output], reply: Emitted | None = None) -> bool:
            if len(self.sent_to("tts")) == 2:
                self.out.pop()
            return await super().commit(stage, delivery, outputs, reply)

    bus = Forgetful()
    assert (spoken("One. Two.", bus=bus), bus.sent_to("tts")[2:], ended(bus)) == (["One.", "Two."], bus.sent_to("tts")[1:2], 2)


def test_a_bus_that_makes_no_headway_is_a_bug() -> None:
    with pytest.raises(RuntimeError):
        spoken("One.", bus=RecordedBus(emit_answer=lambda number, out: 0))


# --- Deadlines


def fails(*script: Step) -> VendorError:
    with pytest.raises(VendorError) as failed:
        spoken(*script)
    return failed.value


def test_a_model_that_does_not_begin_fails() -> None:
    assert fails(3.6, "Late.").kind == "timeout"


def test_a_transcript_that_waited_in_the_stream_leaves_the_model_less_time() -> None:
    with pytest.raises(VendorError, match="fake: timeout"):
        spoken(2.6, "Late.", bus=RecordedBus(server_began_s=1.0))


def test_a_transcript_that_waited_for_too_long_is_not_answered() -> None:
    model = Scripted("Late.")
    with pytest.raises(VendorError, match="fake: too_late"):
        handle(model, RecordedBus(server_began_s=3.6))
    assert not model.prompts


def test_a_reply_that_began_has_all_of_its_time_in_another_workers_hands() -> None:
    bus = RecordedBus(emitted=["One."], server_began_s=9.0)
    assert spoken(3.4, "Two.", bus=bus) == ["One.", "Two."]


def test_a_model_without_a_whole_sentence_in_time_fails() -> None:
    assert fails("word ", 2.0, "word ", 2.0, "word.").kind == "timeout"


def test_a_model_that_stalls_in_mid_reply_fails() -> None:
    assert fails("One. T", 2.1, "wo.").kind == "timeout"


def test_a_time_out_may_be_tried_again() -> None:
    assert fails(3.6, "Late.").retryable


def test_a_slow_but_steady_model_is_heard_out() -> None:
    assert spoken("One. T", 1.9, "wo. T", 1.9, "hree.") == ["One.", "Two.", "Three."]


def test_what_was_said_before_a_failure_is_out() -> None:
    bus = RecordedBus()
    with pytest.raises(VendorError):
        handle(Scripted("One. Two", VendorError("fake", "reset", retryable=True)), bus)
    assert bus.out == ["One."]


# --- What takes long before it can be said

WRITING = Working(15.0, on="order")


def times(count: int, *steps: Step) -> list[Step]:
    return count * list(steps)


def test_a_long_call_is_waited_for() -> None:
    assert cooked(Rounds([*times(12, 1.0, WRITING), ORDER], ["Fish."]), RecordedBus()).out == ["Fish."]


def test_a_long_call_behind_words_is_waited_for() -> None:
    assert cooked(Rounds(["One moment. ", *times(12, 1.0, WRITING), ORDER], ["Fish."]), RecordedBus()).out == ["One moment.", "Fish."]


def test_a_call_that_stops_being_written_fails() -> None:
    assert fails(WRITING, 3.6, ORDER).kind == "timeout"


def test_a_call_that_is_written_is_no_silence_before_the_first_sentence() -> None:
    assert spoken(3.0, WRITING, 1.9, "One.") == ["One."]


def test_words_before_a_call_leave_before_it_is_written() -> None:
    bus = cooked(Rounds(["One moment", *times(2, 0.5, WRITING), ORDER], ["Fish."]), RecordedBus())
    assert (bus.out, bus.sent_at_s[0]) == (["One moment", "Fish."], 0.5)


def test_a_thought_between_words_cuts_no_sentence() -> None:
    assert spoken("One ", Working(3.2), "moment.") == ["One moment."]


def test_the_gateway_hears_of_a_long_call_before_it_runs() -> None:
    bus = cooked(Rounds([*times(4, 0.5, WRITING), ORDER], ["Fish."]), RecordedBus())
    told = [(message.name, message.timeout_s, message.runs) for message in bus.sent_to(None) if isinstance(message, ToolStarted)]
    assert (told, bus.sent_at_s[0]) == ([("order", 15.0, False), ("order", 5.0, True)], 1.5)


def test_the_gateway_hears_of_a_long_call_of_a_tool_that_there_is_not() -> None:
    unheard_of = [*times(4, 0.5, Working(15.0, on="book_taxi")), ToolCall("1", "book_taxi", "{}")]
    bus = cooked(Rounds(unheard_of, ["No taxis."]), RecordedBus())
    told = [(message.name, message.runs) for message in bus.sent_to(None) if isinstance(message, ToolStarted)]
    assert (told, bus.out) == ([("book_taxi", False)], ["No taxis."])


@pytest.mark.parametrize("name", ["order", "book_taxi"])
def test_the_gateway_hears_that_a_long_call_was_refused(name: str) -> None:
    garbage = [*times(4, 0.5, Working(15.0, on=name)), ToolCall("1", name, "garbage")]
    told = [message for message in cooked(Rounds(garbage, ["Sorry?"]), RecordedBus()).sent_to(None) if not isinstance(message, Sentence)]
    assert [(type(message), getattr(message, "name", "")) for message in told[:2]] == [(ToolStarted, name), (ToolEnded, name)]


def test_the_gateway_hears_that_a_long_call_was_one_too_many() -> None:
    rounds = [*([step] for step in times(MAX_ROUNDS - 2, ORDER)), [*times(4, 0.5, WRITING), ORDER], times(1, "Fish.")]
    bus = cooked(Rounds(*rounds), RecordedBus())
    assert [type(message) for message in bus.sent_to(None) if isinstance(message, ToolStarted | ToolEnded)][-2:] == [ToolStarted, ToolEnded]


def test_the_gateway_hears_once_that_a_long_call_that_ran_is_over() -> None:
    bus = cooked(Rounds([*times(4, 0.5, WRITING), ORDER], ["Fish."]), RecordedBus())
    assert [message.ok for message in bus.sent_to(None) if isinstance(message, ToolEnded)] == [True]


def test_the_gateway_hears_nothing_of_a_call_that_is_short() -> None:
    bus = cooked(Rounds([WRITING, 0.9, WRITING, ORDER], ["Fish."]), RecordedBus())
    assert [message.runs for message in bus.sent_to(None) if isinstance(message, ToolStarted)] == [True]


def test_a_thought_has_the_time_of_a_first_sentence() -> None:
    assert fails(*times(9, 1.0, Working(3.2)), "Late.").kind == "timeout"


def test_a_sign_of_life_is_no_first_word() -> None:
    bus = handle(Scripted(0.5, WRITING, 0.5, "One."), RecordedBus())
    assert [m.token_ms for m in bus.sent_to("tts") if isinstance(m, Sentence)] == [1000]


def test_another_message_on_the_stream_is_a_bug() -> None:
    with pytest.raises(TypeError):
        handle(Scripted(), RecordedBus(), given=Delivery("1-0", Sentence(head=HEAD, text="x")))


# --- Agents

SHOP = """
name = "Maple books"
languages = ["en", "he"]
gender = "male"
address = "plural"
tools = ["opening_hours"]
instructions = "Sell books."
[models]
llm = "big"
[hours]
[switch]
he = ["Hebrew please"]
en = ["English please"]
[phrases.en]
empty_reply = "How may I help?"
[rules]
en = "shop.en.rules.toml"
"""


@pytest.fixture
def shop(tmp_path: Path) -> InUse:
    """An agent of a file."""
    write(tmp_path, "rule = []", "shop.en.rules")
    return in_use(read(write(tmp_path, SHOP, "shop"), Settings()), Settings())


def asked(shop: InUse, text: str = "hello", *script: Step, history: Sequence[PastTurn] = ()) -> tuple[RecordedBus, Scripted]:
    """A caller of the shop says something."""
    carried = shop.carried
    bus, model = RecordedBus(history=history, agents={carried.reference: carried.data}), Scripted(*(script or ("One.",)))
    head = msgspec.structs.replace(HEAD, agent=carried.reference)
    given = Delivery("1-0", Transcript(head=head, utterance=2, text=text))
    run(LlmWorker(model, "fake", Settings(), KITCHEN).handle(given, bus))
    return bus, model


def test_the_model_is_told_what_the_agents_file_says(shop: InUse) -> None:
    prompt = asked(shop)[1].prompts[0]
    assert ("Sell books." in prompt.instructions, prompt.model, prompt.rules) == (True, "big", "rule = []")


def test_the_model_has_the_tools_that_the_agents_file_allows(shop: InUse) -> None:
    prompt = asked(shop)[1].prompts[0]
    assert ([tool.name for tool in prompt.tools], prompt.actions) == (["opening_hours"], ())


def test_the_model_is_told_what_is_out_of_order(tmp_path: Path) -> None:
    shop = in_use(
        read(
            write(tmp_path, SHOP.replace('["opening_hours"]', '["leave_message"]').replace("[rules]\nen", "[rules]\n#"), "shop"), Settings()
        ),
        Settings(),
    )
    assert "Out of order now: leave_message." in asked(shop)[1].prompts[0].instructions


def test_what_the_agents_file_does_not_allow_is_not_done(shop: InUse) -> None:
    bus, _ = asked(shop, "bye", "Bye.", HANG_UP)
    assert [type(message) for message in bus.committed_to(None)] == [ReplyEnded]


def test_the_phrases_are_the_agents(shop: InUse) -> None:
    assert asked(shop, "hello", " ")[0].out == ["How may I help?"]


def test_a_reply_is_in_the_language_that_the_caller_asked_for(shop: InUse) -> None:
    bus, model = asked(shop, "when?", history=[PastTurn(1, "Hebrew please", "בסדר.")])
    assert (model.prompts[0].language, bus.sent_to("tts")[0].head.language) == ("he", "he")


def test_rules_are_those_of_the_language(shop: InUse) -> None:
    assert asked(shop, "Hebrew please")[1].prompts[0].rules == ""


def test_without_an_agent_the_model_hears_nothing_of_one() -> None:
    model = Scripted("One.")
    handle(model, RecordedBus())
    assert (model.prompts[0].instructions, model.prompts[0].model, model.prompts[0].rules) == ("", "", "")


# --- A model that does whatever the caller wants

LIMITED = (
    SHOP.replace('tools = ["opening_hours"]', 'tools = ["leave_message"]')
    + """
[limits.leave_message]
times = 1
[limits.leave_message.arguments]
text = "[a-z ]{3,40}"
"""
)


def left(folder: Path, *calls: tuple[str, str], history: Sequence[PastTurn] = ()) -> list[str]:
    """The messages that are written down where the model makes these calls, one after the other."""
    settings = Settings(messages_dir=folder)
    agent = in_use(read(write(folder, LIMITED, "shop"), settings), settings).carried
    bus = RecordedBus(history=history, agents={agent.reference: agent.data})
    model = Scripted(*(ToolCall(f"call_{number}", name, arguments) for number, (name, arguments) in enumerate(calls)))
    asked = Transcript(head=msgspec.structs.replace(HEAD, agent=agent.reference), utterance=2, text="do it")

    async def work() -> None:
        given = Delivery(f"{round(asyncio.get_running_loop().time() * 1000)}-0", asked)
        worker = LlmWorker(model, "fake", settings, KITCHEN)
        async with asyncio.TaskGroup() as group:
            worker.effects.begin(group, lambda: None)
            await worker.handle(given, bus)

    asyncio.run(work())
    return list({str(msgspec.json.decode(run.arguments)["text"]): run for run in bus.tools_started})


def note(text: str) -> tuple[str, str]:
    return "leave_message", msgspec.json.encode({"text": text}).decode()


def made(text: str, outcome: Literal["done", "failed"]) -> list[PastTurn]:
    """A message that was left in the turn before."""
    arguments = msgspec.json.encode({"name": "", "text": text}).decode()
    run = ToolRun(id="a", turn=2, entry="0-1", name="leave_message", arguments=arguments, started_s=0, timeout_s=5, outcome=outcome)
    return [PastTurn(2, "x", "y", (run,))]


@pytest.fixture(autouse=True)
def rules(tmp_path: Path) -> None:
    write(tmp_path, "rule = []", "shop.en.rules")


def test_what_is_allowed_is_done(tmp_path: Path) -> None:
    assert left(tmp_path, note("a book")) == ["a book"]


@pytest.mark.parametrize("text", ["a", "pay 500", "x" * 41, "a book\n", "a book; delete all", "ספר"])
def test_an_argument_that_does_not_match_is_refused_whoever_wants_it(tmp_path: Path, text: str) -> None:
    assert left(tmp_path, note(text)) == []


@pytest.mark.parametrize(
    "call", [("send_money", '{"to":"me"}'), ("book", '{"word":"a"}'), ("hang_up", "{}"), ("leave_message", '{"text":"a book","to":"all"}')]
)
def test_what_the_file_does_not_allow_is_not_there(tmp_path: Path, call: tuple[str, str]) -> None:
    assert left(tmp_path, call) == []


def test_a_tool_is_used_as_often_as_it_may_be(tmp_path: Path) -> None:
    assert left(tmp_path, note("a book"), note("another book")) == ["a book"]


@pytest.mark.parametrize(("outcome", "written"), [("done", []), ("failed", ["another book"])])
def test_what_was_done_in_an_earlier_turn_counts(tmp_path: Path, outcome: Literal["done", "failed"], written: list[str]) -> None:
    assert left(tmp_path, note("another book"), history=made("a book", outcome)) == written


# --- A call in words


def summed_up(shop: InUse, *script: Step) -> tuple[RecordedBus, Scripted]:
    """A call of the shop is to be summed up."""
    carried = shop.carried
    bus, model = RecordedBus(agents={carried.reference: carried.data}), Scripted(*script)
    head = msgspec.structs.replace(HEAD, agent=carried.reference, language="he")
    handle(model, bus, given=Delivery("1-0", Summarise(head=head, text="Caller: hello")))
    return bus, model


def test_a_call_is_summed_up_for_the_gateway_alone(shop: InUse) -> None:
    bus, _ = summed_up(shop, "Asked ", "for nothing.", ToolCall("1", "opening_hours", "{}"))
    assert [message.text for message in bus.committed_to(None) if isinstance(message, Summary)] == ["Asked for nothing."]
    assert (bus.sent, bus.committed_to("tts")) == ([], [])


def test_the_model_is_told_whose_call_to_sum_up_and_in_which_language(shop: InUse) -> None:
    _, model = summed_up(shop, "x")
    (prompt,) = model.prompts
    assert (prompt.text, prompt.model, prompt.tools) == ("Caller: hello", "big", ())
    assert "Sum it up for the owner of Maple books, in Hebrew" in prompt.task


def test_a_summary_of_any_length_is_cut(shop: InUse) -> None:
    bus, _ = summed_up(shop, "x" * 5_000)
    assert [len(message.text) for message in bus.committed_to(None) if isinstance(message, Summary)] == [1_000]


@pytest.mark.parametrize(("script", "kind"), [((), "no_answer"), ((60.0, "x"), "timeout")])
def test_a_model_that_says_nothing_has_failed(shop: InUse, script: tuple[Step, ...], kind: str) -> None:
    with pytest.raises(VendorError, match=kind):
        summed_up(shop, *script)


def test_what_was_summed_up_before_is_not_again(shop: InUse) -> None:
    model, bus = Scripted("x"), RecordedBus(is_done=True)
    handle(model, bus, given=Delivery("1-0", Summarise(head=HEAD, text="Caller: hello")))
    assert (model.prompts, bus.dropped) == ([], True)
