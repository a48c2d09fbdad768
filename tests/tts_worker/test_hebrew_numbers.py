"""How the local voice reads the words that the front end writes, from vowel model to sounds."""

import phonikud
import pytest

from common import catalogue, models
from common.config import Settings
from tts_worker.front_end import speakable
from tts_worker.hebrew.known import repointed
from tts_worker.hebrew.reading import marked
from tts_worker.hebrew.vowels import Vowels

READ = [
    ("1 2 3 4 5", "ʔaχˈat ʃtˈajim ʃalˈoʃ ʔaʁbˈa χamˈeʃ"),
    ("6 7 8 9 10", "ʃˈeʃ ʃˈeva ʃmonˈe tˈeʃa ʔˈeseʁ"),
    ("8 דקות", "ʃmonˈe dakˈot"),
    ("8 שקלים", "ʃmonˈa ʃkalˈim"),
    ("108 שקלים", "meʔˈa uʃmonˈa ʃkalˈim"),
    ("8 במרץ", "ʃmonˈa bemˈeʁts"),
    ("18 שקלים", "ʃmonˈa ʔasˈaʁ ʃkalˈim"),
    ("18 דקות", "ʃmonˈe ʔesʁˈe dakˈot"),
    ("9 ימים", "tiʃʔˈa jamˈim"),
    ("90 דקות", "tiʃʔˈim dakˈot"),
    ("1,000 ₪", "ʔˈelef ʃkalˈim"),
    ("3,000 ₪", "ʃlˈoʃet ʔalafˈim ʃkalˈim"),
    ("בשעה 17:30", "beʃaʔˈa χamˈeʃ vaχˈetsi ʔaχˈaʁ hatsohoʁˈajim"),
    ("10:15", "ʔˈeseʁ vaʁˈeva"),
    ("ב-9:45", "betˈeʃa ʔaʁbaʔˈim veχamˈeʃ"),
    ("נדבר ב", "nedabˈeʁ bˈe"),
    ("ה", "ˈa"),
    ("22 ילדים", "ʔesʁˈim uʃnˈajim jeladˈim"),
    ("3/8", "ʃalˈoʃ ʃminijˈot"),
    ("3/4 שעה", "ʃlˈoʃet ʁivʔˈej ʃaʔˈa"),
    ("25°C", "ʔesʁˈim veχamˈeʃ maʔalˈot tsˈelzjus"),
    ("-3°", "mˈinus ʃalˈoʃ maʔalˈot"),
    ("1.5 ל'", "lˈiteʁ vaχˈetsi"),
    ("100 גר'", "meʔˈa ɡʁˈam"),
    ('250 מ"ל', "matˈajim vaχamiʃˈim mililˈiteʁ"),
    ('500 מ"ג', "χamˈeʃ meʔˈot miliɡʁˈam"),
    ('120 מ"ר', "meʔˈa veʔesʁˈim mˈeteʁ ʁavˈua"),
    ("20 60 70", "ʔesʁˈim ʃiʃˈim ʃivʔˈim"),
    ("3 דולר", "ʃloʃˈa dˈolaʁ"),
    ("ואז #", "veʔˈaz sulamˈit"),
]


@pytest.fixture(scope="module")
def vowels() -> Vowels:
    return Vowels(models.ensure(catalogue.HEBREW_VOWELS, Settings().torim_cache) / "Nakdimon.h5")


@pytest.mark.speech
@pytest.mark.parametrize(("written", "phonemes"), READ)
def test_what_the_front_end_writes_is_read_right(written: str, phonemes: str, vowels: Vowels) -> None:
    pointed = vowels.add(f"{speakable(written, 'he').text}.").removesuffix(".")
    assert phonikud.phonemize(marked(repointed(pointed)), use_expander=False) == phonemes


def test_a_word_that_begins_like_a_known_one_is_left_alone() -> None:
    assert repointed("תִּשְׁעָה, שׁוֹקְלִים") == "תִּשְׁעָה, שׁוֹקְלִים"
