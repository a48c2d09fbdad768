"""The fixed phrases: from disk, else from the TTS stage, else the beep."""

import asyncio
from math import inf
from pathlib import Path

import pytest

from common.agents.file import read
from common.agents.in_use import InUse, in_use
from common.audio import beep
from common.bus import Delivery
from common.config import Settings
from common.errors import ConfigError
from common.messages import Head, Message, Sentence, SpeechChunk, Stage, StageFailed
from gateway.fixed_phrases import FixedPhrases
from tests import virtual_clock
from tests.common.agents.files import snapshot


class FakeTtsStage:
    """Answers each sentence with its own words as sound, in two chunks; deaf to the first ``deaf`` sentences."""

    def __init__(self, deaf: int = 0, asleep: int = 0, speechless: float = 0) -> None:
        self.asked: list[str] = []
        self.languages: list[tuple[str, str]] = []
        self.phrases: FixedPhrases | None = None
        self.kept: list[str] = []
        """Agents that workers can find."""
        self.agents: list[str] = []
        self._deaf = deaf
        self._asleep = asleep
        self.speechless = speechless
        """The answers of which it can speak none."""
        self.another_voice = False
        """Whether another voice than the wanted one speaks."""

    async def stages_alive(self) -> frozenset[Stage]:
        """No worker lives the first ``asleep`` times that somebody asks."""
        self._asleep -= 1
        assert self._asleep < 0 or not self.asked, "asked although nobody was there"
        return frozenset[Stage]() if self._asleep >= 0 else frozenset[Stage]({"tts"})

    async def keep_agent(self, call: str, reference: str, data: bytes) -> None:
        self.kept.append(reference)

    async def publish(self, stage: Stage, message: Message, audio: bytes = b"") -> None:
        assert stage == "tts"
        assert isinstance(message, Sentence)
        self.asked.append(message.text)
        self.agents.append(message.head.agent)
        self.languages.append((message.head.language, message.text))
        if len(self.asked) > self._deaf:
            asyncio.get_running_loop().call_later(0.1, self._speak, message)

    def _speak(self, message: Sentence) -> None:
        assert self.phrases is not None
        self.speechless -= 1
        if self.speechless >= 0:
            self.phrases.worker_reported(Delivery("1-0", StageFailed(head=message.head, stage="tts", error="script")))
            return
        sound = message.text.encode()
        for offset, last in ((0, False), (3, True)):
            chunk = SpeechChunk(head=message.head, offset_bytes=offset, last=last, stand_in=self.another_voice)
            self.phrases.worker_reported(Delivery("1-0", chunk, sound[offset:] if last else sound[:3]))


def phrases_made(folder: Path, stage: FakeTtsStage, **settings: str) -> FixedPhrases:
    phrases = FixedPhrases(Settings(torim_cache=folder, **settings), stage, "gw1")  # type: ignore[arg-type]
    stage.phrases = phrases
    virtual_clock.run(phrases.make())
    return phrases


def test_a_phrase_has_the_voice_of_the_replies(tmp_path: Path) -> None:
    book = phrases_made(tmp_path, FakeTtsStage()).book("he")
    assert book.goodbye.audio == "תודה ולהתראות".encode()


def test_a_call_has_the_phrases_of_its_language(tmp_path: Path) -> None:
    book = phrases_made(tmp_path, FakeTtsStage()).book("en-US")
    assert book.filler.text == "One moment, please"


def test_phrases_on_disk_are_not_asked_for_again(tmp_path: Path) -> None:
    phrases_made(tmp_path, FakeTtsStage())
    second = FakeTtsStage()
    phrases_made(tmp_path, second)
    assert second.asked == []


def test_another_voice_makes_the_phrases_anew(tmp_path: Path) -> None:
    phrases_made(tmp_path, FakeTtsStage(), tts_vendor="google")
    second = FakeTtsStage()
    phrases_made(tmp_path, second, tts_vendor="google", tts_voice="he-IL-Wavenet-A")
    assert len(second.asked) == 14


def test_phrases_that_did_not_come_are_asked_for_again(tmp_path: Path) -> None:
    assert phrases_made(tmp_path, FakeTtsStage(deaf=5)).missing == 0


def test_a_missing_phrase_is_a_beep_and_no_words(tmp_path: Path) -> None:
    phrases = FixedPhrases(Settings(torim_cache=tmp_path), FakeTtsStage(), "gw1")  # type: ignore[arg-type]
    greeting = phrases.book("he").greeting
    assert greeting is not None
    assert (greeting.text, greeting.audio) == ("", beep())


def test_an_empty_greeting_is_none(tmp_path: Path) -> None:
    assert phrases_made(tmp_path, FakeTtsStage(), greeting="").book("he").greeting is None


def test_nothing_is_asked_for_before_somebody_can_speak(tmp_path: Path) -> None:
    stage = FakeTtsStage(asleep=20)
    phrases_made(tmp_path, stage)
    assert len(stage.asked) == 14


def test_bytes_of_two_attempts_do_not_mix(tmp_path: Path) -> None:
    phrases = phrases_made(tmp_path, FakeTtsStage())
    head = Head(call=phrases.key, turn=0, seq=5, take=9)
    chunks = [(1, 0, b"abc"), (2, 0, b"ABC"), (1, 3, b"def"), (2, 3, b"DEF")]
    for attempt, offset, audio in chunks:
        chunk = SpeechChunk(head=head, offset_bytes=offset, last=offset > 0, attempt=attempt)
        phrases.worker_reported(Delivery("1-0", chunk, audio))
    assert phrases.book("he").goodbye.audio == b"ABCDEF"


def test_a_phrase_that_cannot_be_spoken_is_a_beep_and_nothing_waits_for_it(tmp_path: Path) -> None:
    phrases = phrases_made(tmp_path, FakeTtsStage(speechless=inf))
    assert (phrases.book("he").filler.audio, phrases.missing) == (beep(), 0)


def test_a_phrase_that_the_voice_could_not_speak_is_asked_for_again_once_a_minute(tmp_path: Path) -> None:
    stage = FakeTtsStage(speechless=14 + 14 + 3)
    phrases = phrases_made(tmp_path, stage)
    with pytest.raises(TimeoutError):
        virtual_clock.run(asyncio.wait_for(phrases.try_again(), 3600))
    assert (phrases.book("he").filler.audio != beep(), len(stage.asked)) == (True, 3 * 14 + 3)


def spoken_by_another(folder: Path) -> tuple[FixedPhrases, FakeTtsStage]:
    stage = FakeTtsStage()
    stage.another_voice = True
    return phrases_made(folder, stage), stage


def an_hour(phrases: FixedPhrases) -> None:
    with pytest.raises(TimeoutError):
        virtual_clock.run(asyncio.wait_for(phrases.try_again(), 3601))


def test_what_another_voice_spoke_is_heard_and_not_kept_for_the_next_start(tmp_path: Path) -> None:
    phrases, _ = spoken_by_another(tmp_path)
    again = FakeTtsStage()
    phrases_made(tmp_path, again)
    assert (phrases.book("en").filler.audio, len(again.asked)) == (b"One moment, please", 14)


def test_the_wanted_voice_is_asked_every_ten_minutes_for_what_another_spoke(tmp_path: Path) -> None:
    phrases, stage = spoken_by_another(tmp_path)
    an_hour(phrases)
    assert len(stage.asked) == 14 + 6 * 14


def test_once_the_wanted_voice_spoke_it_is_kept_and_asked_for_no_more(tmp_path: Path) -> None:
    phrases, stage = spoken_by_another(tmp_path)
    stage.another_voice = False
    an_hour(phrases)
    assert (len(stage.asked), len(list((tmp_path / "phrases").iterdir()))) == (2 * 14, 14)


def test_what_nobody_can_speak_meanwhile_is_heard_as_it_was(tmp_path: Path) -> None:
    phrases, stage = spoken_by_another(tmp_path)
    stage.speechless = inf
    an_hour(phrases)
    assert phrases.book("en").filler.audio == b"One moment, please"


def test_a_phrase_that_nobody_says_any_more_is_not_asked_for_again(tmp_path: Path) -> None:
    stage = FakeTtsStage()
    phrases = phrases_made(tmp_path / "cache", stage)
    for greeting, speechless in (("Clinc", inf), ("Clinic", 0)):
        stage.speechless = speechless
        virtual_clock.run(phrases.make([in_use(snapshot(tmp_path, f'greeting = "{greeting}"'), Settings())]))
    with pytest.raises(TimeoutError):
        virtual_clock.run(asyncio.wait_for(phrases.try_again(), 3600))
    assert stage.asked.count("Clinc") == 1


def test_a_phrase_of_the_settings_is_asked_for_again_after_an_agent_was_saved(tmp_path: Path) -> None:
    stage = FakeTtsStage(speechless=14)
    phrases = phrases_made(tmp_path / "cache", stage)
    virtual_clock.run(phrases.make([in_use(snapshot(tmp_path, 'greeting = "Clinic"'), Settings())]))
    with pytest.raises(TimeoutError):
        virtual_clock.run(asyncio.wait_for(phrases.try_again(), 3600))
    greeting = phrases.book("he").greeting
    assert greeting is not None
    assert greeting.text


def test_a_language_without_phrases_hears_english(tmp_path: Path) -> None:
    book = phrases_made(tmp_path, FakeTtsStage()).book("fr")
    assert book.filler.audio == b"One moment, please"


def test_the_operators_own_words_are_spoken_in_the_operators_language(tmp_path: Path) -> None:
    stage = FakeTtsStage()
    phrases_made(tmp_path, stage, language="fr", greeting="Bonjour")
    assert ("fr", "Bonjour") in stage.languages


def phrases_of(folder: Path, stage: FakeTtsStage, agent: InUse, **settings: str) -> FixedPhrases:
    """With the phrases of the settings and of an agent."""
    phrases = phrases_made(folder, stage, **settings)
    virtual_clock.run(phrases.make([agent]))
    return phrases


def test_an_agent_has_phrases_of_its_own(tmp_path: Path) -> None:
    clinic = in_use(snapshot(tmp_path, 'greeting = "Clinic"'), Settings())
    book = phrases_of(tmp_path, FakeTtsStage(), clinic).book("he", clinic)
    assert book.greeting is not None
    assert book.greeting.audio == b"Clinic"


def test_only_what_differs_is_made_for_an_agent(tmp_path: Path) -> None:
    stage = FakeTtsStage()
    phrases_of(tmp_path, stage, in_use(snapshot(tmp_path, 'greeting = "Clinic"'), Settings()))
    assert stage.asked[14:] == ["Clinic"]


def test_an_agents_voice_speaks_its_phrases(tmp_path: Path) -> None:
    google = Settings(tts_vendor="google")
    stage, clinic = FakeTtsStage(), in_use(snapshot(tmp_path, 'voice = "he-IL-Chirp3-HD-Leda"', google), google)
    phrases_of(tmp_path, stage, clinic, tts_vendor="google")
    assert set(stage.agents[14:]) == set(stage.kept) == {clinic.carried.reference}


@pytest.mark.parametrize(
    ("greeting", "written"), [("Acme here", "Acme"), ("Acme here", "ACME"), ("שלום, ד״ר כהן", "ד״ר כהן"), ("שלום, ד״ר כהן", 'ד\\"ר כהן')]
)
def test_a_pronunciation_that_is_changed_is_heard_in_the_phrases(tmp_path: Path, greeting: str, written: str) -> None:
    stage, asked = FakeTtsStage(), []
    for said in ("kohen", "cohen", "cohen"):
        more = f'greeting = "{greeting}"\n[pronunciations]\n"{written}" = "{said}"'
        before = len(stage.asked)
        phrases_of(tmp_path, stage, in_use(snapshot(tmp_path, more), Settings()))
        asked.append(greeting in stage.asked[before:])
    assert asked == [True, True, False]


def test_a_save_leaves_the_gateway_ready(tmp_path: Path) -> None:
    phrases, clinic = phrases_made(tmp_path, FakeTtsStage()), in_use(snapshot(tmp_path, 'greeting = "Clinic"'), Settings())
    phrases._want([clinic])
    assert phrases.missing == 0


def test_an_empty_file_is_no_phrase(tmp_path: Path) -> None:
    phrases_made(tmp_path, FakeTtsStage())
    for path in (tmp_path / "phrases").iterdir():
        path.write_bytes(b"")
    second = FakeTtsStage()
    phrases_made(tmp_path, second)
    assert len(second.asked) == 14


def test_an_unwritable_folder_costs_the_file_not_the_phrase(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert phrases_made(blocked, FakeTtsStage()).missing == 0


def test_a_phrase_that_may_not_be_interrupted_says_so(tmp_path: Path) -> None:
    stage = FakeTtsStage()
    book = phrases_made(tmp_path, stage, uninterruptible="goodbye").book("he")
    assert (book.goodbye.interruptible, book.repeat.interruptible) == (False, True)


@pytest.mark.parametrize(("turns", "held"), [("", "goodbye"), ('[turns]\nuninterruptible = "greeting"', "greeting")])
def test_an_agent_says_which_of_its_phrases_may_not_be_interrupted(tmp_path: Path, turns: str, held: str) -> None:
    settings = Settings(torim_cache=tmp_path, uninterruptible="goodbye")
    agent = in_use(snapshot(tmp_path, turns), settings)
    book = phrases_of(tmp_path, FakeTtsStage(), agent).book("he", agent)
    assert [name for name in ("greeting", "repeat", "goodbye") if not getattr(book, name).interruptible] == [held]


def test_a_name_that_is_no_phrase_ends_the_start() -> None:
    with pytest.raises(ConfigError, match="UNINTERRUPTIBLE='hello': hello is no fixed phrase; takes any of greeting, repeat"):
        FixedPhrases(Settings(uninterruptible="hello"), FakeTtsStage(), "gw1")  # type: ignore[arg-type]


OFFICE = """
[transfers.office]
number = "+97245550101"
when = "people"
"""
BOOKING = """
[webhooks.book_table]
description = "Books."
url = "https://example.org/book"
secret = "BOOKING_SECRET"
[phrases.en.tools]
book_table = "Looking at the book."
"""


@pytest.mark.parametrize(("more", "asked"), [("", []), (OFFICE, ["Nobody answers there right now."]), (BOOKING, ["Looking at the book."])])
def test_only_what_an_agent_can_come_to_is_made_for_it(tmp_path: Path, more: str, asked: list[str]) -> None:
    stage = FakeTtsStage()
    phrases_of(tmp_path, stage, in_use(snapshot(tmp_path, more), Settings()))
    said = [text for language, text in stage.languages if language == "en"]
    rare = ("Nobody", "Looking")
    assert sorted(text[: len(start)] for text in said for start in asked if text.startswith(start)) == sorted(asked)
    assert len([text for text in said if text.startswith(rare)]) == len(asked)


@pytest.mark.parametrize(("more", "has"), [("", True), ('tools = ["leave_message"]', True), ("tools = []", False)])
def test_whoever_has_a_tool_can_say_that_it_takes_long(tmp_path: Path, more: str, has: bool) -> None:
    agent = in_use(snapshot(tmp_path, more), Settings())
    said = phrases_of(tmp_path, FakeTtsStage(), agent).book("en", agent).still_working
    assert bool(said.text and said.audio) is has


@pytest.mark.parametrize("name", ["clinic", "shop"])
def test_the_example_agents_can_say_that_a_tool_takes_long(tmp_path: Path, name: str) -> None:
    agent = in_use(read(Path(__file__).parents[2] / "agents" / f"{name}.toml", Settings()), Settings())
    book = phrases_of(tmp_path, FakeTtsStage(), agent).book("he", agent)
    assert book.still_working.text == "עוד רגע, זה עדיין בבדיקה"


def test_a_tool_has_a_filler_in_the_language_whose_words_the_file_has(tmp_path: Path) -> None:
    agent = in_use(snapshot(tmp_path, BOOKING), Settings())
    phrases = phrases_of(tmp_path, FakeTtsStage(), agent)
    tools = [{tool: said.audio for tool, said in phrases.book(language, agent).tools.items()} for language in ("en", "he")]
    assert tools == [{"book_table": b"Looking at the book."}, {}]
