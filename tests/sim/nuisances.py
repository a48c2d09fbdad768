"""What the line, the workers and the caller's hand do in a situation: some every 20 ms, some once, before the call begins."""

from dataclasses import replace
from typing import TYPE_CHECKING

from common.messages import Collect, Head, ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolEnded, fingerprint
from gateway.turn.events import CallTaken, LanguageChanged, MarkEchoed, WorkerReported
from gateway.turn.machine import BotState
from tests.sim.sound import LATE_ATTEMPT, sound
from tests.sim.workers import OTHER_WORDS

if TYPE_CHECKING:
    from tests.sim.world import World

# -- The line and the workers ---------------------------------------------------------------------


def sleeps(world: "World") -> None:
    """The recogniser sleeps for a while, and then tells all at once."""
    if world.rng.random() < 0.02:
        world.workers.sleep(world.rng.choice((world.rng.uniform(1, 5), world.rng.uniform(5.5, 9))), world.now)


def sleeps_in_holds(world: "World") -> None:
    """The recogniser tells what a hold is about when it is too late."""
    if world.machine.holding.hold is not None and world.rng.random() < 0.1:
        world.workers.sleep(world.rng.choice((world.rng.uniform(0.5, 4), world.rng.uniform(6.1, 7.5))), world.now)


def sleeps_in_long_turns(world: "World") -> None:
    """The recogniser knows the beginning of what the caller says, and the rest when the bot has taken the floor."""
    said = world.machine.call.open
    if said is not None and world.now > said.began_at + 2.6:
        world.workers.sleep(world.rng.uniform(6.5, 10), world.now)


def sleeps_through_holds(world: "World") -> None:
    """The recogniser tells what a hold was about over the reply."""
    if world.machine.holding.hold is not None and world.machine.call.turn.committed:
        world.workers.sleep(world.rng.uniform(2.5, 4.5), world.now)


def sleeps_too_long(world: "World") -> None:
    """The recogniser is not waited for any longer, and then tells all."""
    if world.machine.state is BotState.THINKING and not world.machine.call.turn.committed and world.rng.random() < 0.1:
        world.workers.sleep(world.rng.uniform(6.8, 8.5), world.now)


def stops(world: "World") -> None:
    """No frames for a while; now and then for so long that the line counts as lost."""
    if world.rng.random() < 0.003:
        world.stall(world.rng.choice((2.0, 4.0, 25.0, 25.0)))


def stops_in_holds(world: "World") -> None:
    """No frames for a while, after a part of the voice was sent to the recogniser, and a little more was said."""
    hold = world.machine.holding.hold
    if hold is not None and hold.probes and hold.probes[-1].end < world.machine.call.floor.end:
        world.stall(2.0)


def paces_badly(world: "World") -> None:
    """The gateway does nothing for a while."""
    if world.rng.random() < 0.03:
        world.gateway_stalls(world.rng.uniform(0.1, 1.0))


def strange_marks(world: "World") -> None:
    """Marks that nobody sent: of another turn or epoch, without a place, of a place where none was."""
    if world.rng.random() < 0.05:
        run = f"{world.machine.call.turn.number}.{world.machine.call.playout.epoch}"
        world.feed(MarkEchoed(world.rng.choice(("", "x", "0.0:160", f"{run}:", f"{run}:abc", f"{run}:1", f"{run}:99999999"))))


def strange_messages(world: "World") -> None:
    """Messages that nobody asked for: of turns that are over, or that no worker has anything to do with."""
    turn, rng = world.machine.call.turn, world.rng
    number = turn.number if turn.utterance is None and not turn.drafted else turn.number - 1
    if number >= 0 and rng.random() < 0.05:
        head = Head(call="sim", turn=number, seq=rng.randint(0, 99))
        sound = SpeechChunk(head=head, offset_bytes=0)
        failed = StageFailed(head=head, stage=rng.choice(("asr", "llm", "tts")), error="Timeout")
        others = (Sentence(head=head, text=OTHER_WORDS), ReplyEnded(head=head, sentences=1), ToolEnded(head=head, name="", ok=True))
        world.feed(WorkerReported(rng.choice((sound, failed, *others)), bytes(160)))


def other_replies(world: "World") -> None:
    """What another attempt makes of the reply, as where Redis lost its tail: its words alone, before any of it is here, or as it sounds."""
    turn, rng = world.machine.call.turn, world.rng
    if (turn.utterance is None and not turn.drafted) or turn.reply.forked or rng.random() > 0.02:
        return
    sentences = [clip for clip in world.machine.call.playout.clips if clip.kind in ("reply", "beep")]
    sounding = [number for number, clip in enumerate(sentences) if clip.audio]
    numbers = [rng.choice(sounding)] if sounding else range(0 if sentences else rng.randint(1, 3))
    for number in numbers:
        world.feed(WorkerReported(Sentence(head=Head(call="sim", turn=turn.number, seq=number), text=OTHER_WORDS)))


def late_sound(world: "World") -> None:
    """Of words that gave way to those that are here, from a voice that began before they did."""
    turn, rng = world.machine.call.turn, world.rng
    clips = [clip for clip in world.machine.call.playout.clips if clip.kind in ("reply", "beep")]
    known = [number for number, clip in enumerate(clips) if clip.text not in ("", OTHER_WORDS)]
    if known and not turn.only_phrase and rng.random() < 0.1:
        head = Head(call="sim", turn=turn.number, seq=rng.choice(known))
        audio = sound(turn.number, head.seq, 0, LATE_ATTEMPT, 1600)
        chunk = SpeechChunk(head=head, offset_bytes=0, attempt=LATE_ATTEMPT, words=fingerprint(OTHER_WORDS))
        world.feed(WorkerReported(chunk, audio))


def drops_in_mid_word(world: "World") -> None:
    if world.machine.call.caller_speaks and world.rng.random() < 0.02:
        world.hang_up()


def hangs_up_while(world: "World") -> None:
    held = world.machine.holding.hold is not None
    if world.rng.random() < (0.02 if held or world.machine.state is BotState.THINKING else 0.0):
        world.hang_up()


# -- How a call begins ------------------------------------------------------------------------------


def asleep(world: "World") -> None:
    world.workers.sleep(world.rng.uniform(60, 100), world.now)
    world.caller.talk_for(5000)


def talks_on(world: "World") -> None:
    world.caller.talk_for(2500)


def many_tools(world: "World") -> None:
    world.workers.uses_tools = 0.75


def slow_model(world: "World") -> None:
    world.workers.sentence_s = 3.0


def no_reply(world: "World") -> None:
    world.workers.says_nothing = 0.7


def parrot(world: "World") -> None:
    world.workers.parrot = world.rng.choice(("what is the number?", "is it so?", "is it so?", "is it?", "how which is it?"))


def asks_for_a_number(world: "World") -> None:
    world.workers.parrot = "number?"
    world.workers.sentences = (1, 1, 1)


def transfers(world: "World") -> None:
    """The model puts callers through, two in three."""
    world.workers.transfers = 0.7
    world.workers.sentences = (1, 2, 3) if world.rng.random() < 0.5 else (3, 3, 2)
    world.workers.sentence_s = world.rng.choice((0.3, 3.0))


def transfers_late(world: "World") -> None:
    """When it is known that the sentence that says so is too much."""
    transfers(world)
    world.workers.transfers_last = True
    world.workers.sentences, world.workers.sentence_s = (3, 3, 3), 3.0


def no_question_words(world: "World") -> None:
    """The language has lists, but none of words that begin a question."""
    call = world.machine.call
    call.lexicon = replace(call.lexicon, question_words=frozenset())


def language_changes(world: "World") -> None:
    """The model goes by another language now and then; what is said and understood in it is here the same."""
    if world.rng.random() < 0.01:
        world.feed(LanguageChanged(world.machine.call.phrases, world.machine.call.lexicon))


def asks_for_keys(world: "World") -> None:
    world.workers.collects = 0.9


def asks_for_keys_anew(world: "World") -> None:
    """Another stream had some of them."""
    asks_for_keys(world)
    world.opening = CallTaken(1, 0, open=True, collect=Collect(digits=4))


def terse(world: "World") -> None:
    world.workers.parrot = world.rng.choice(("it is so.", "it is so.", "it is so?"))
    world.workers.sentences = (1, 1, 1)


def asks_tersely(world: "World") -> None:
    world.workers.parrot = "so?"
    world.workers.sentences = (1, 1, 1)


def forgets_to_end(world: "World") -> None:
    world.workers.forgets_to_end = 0.5


def fails_late(world: "World") -> None:
    world.workers.fails_late_s = 4.0


def tells_text_late(world: "World") -> None:
    world.workers.text_late_s = 3.0
    world.workers.forgets_to_end = 0.5


def talks_much(world: "World") -> None:
    world.workers.sentences = (4, 6, 6)


def long_call(world: "World") -> None:
    talks_on(world)
    talks_much(world)


def protects(world: "World") -> None:
    world.workers.protects = 0.5


def protects_every_other(world: "World") -> None:
    world.workers.protects_every_other = True
    talks_much(world)
