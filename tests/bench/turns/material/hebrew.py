"""Hebrew by synthesis: no free human telephone Hebrew was found, so the local voice says it. Held out whole.

The voice's model is asked when each word ends (``tests.bench.timed_voice``), so its pauses stand exactly between words.
It was trained on American English: its Hebrew serves for turns, and a recogniser reads it worse than a human's.
"""

from itertools import pairwise
from pathlib import Path

import msgspec
import onnxruntime

from common.config import Settings
from tests.bench.phone_line import samples
from tests.bench.timed_voice import Spoken, TimedVoice
from tests.bench.turns.material.sound import Sound, Word, sounding

SENTENCES = (
    "אני רוצה לקבוע תור לרופא שיניים ביום רביעי בבוקר",
    "אפשר לדעת מה שעות הפתיחה שלכם ביום שישי",
    "הזמנתי אצלכם ספה לפני שבועיים והיא עוד לא הגיעה",
    "אני צריך להחליף את הטלפון שלי כי המסך נשבר אתמול",
    "תגידי לי בבקשה כמה עולה התוכנית החודשית הזולה",
    "אני מתקשרת בקשר לחשבון שקיבלתי היום בדואר",
    "יש לי בעיה עם האינטרנט בבית כבר שלושה ימים",
    "אני רוצה לבטל את ההזמנה ולקבל את הכסף בחזרה",
    "אפשר להעביר את הפגישה ממחר בעשר ליום חמישי אחר הצהריים",
    "מספר ההזמנה שלי הוא ארבע שמונה שתיים אחת שלוש",
    "רציתי לשאול אם יש לכם חניה ליד הבניין",
    "הטכנאי היה אמור להגיע הבוקר ואף אחד לא בא",
    "אני גרה ברחוב הגן עשרים ושבע בקומה השנייה",
    "אנחנו ארבעה אנשים ואנחנו רוצים שולחן ליד החלון",
    "שילמתי פעמיים על אותו חשבון ואני רוצה זיכוי",
    "המזוודה שלי לא הגיעה איתי בטיסה מאתונה",
)
"""Said whole, or with pauses."""
SHORTER = (
    "לא זה לא מה ששאלתי",
    "רגע אני רוצה לשאול משהו אחר",
    "אפשר לדבר עם נציג בבקשה",
    "סליחה התכוונתי ליום שלישי",
    "לא תודה אני לא מעוניין",
    "כמה זה עולה בסך הכול",
    "תעצור אני כבר יודע את זה",
    "אני צריך את הכתובת שלכם",
    "מתי אתם נפתחים מחר בבוקר",
    "תשלח לי את זה בהודעה",
    "זה לא המספר שלי",
    "יש לכם משהו זול יותר",
)
"""Said over the bot, and before it."""
SHORTEST = ("לא", "רגע", "תעצור", "די", "חכי רגע", "סליחה", "נציג", "לא לא", "שנייה", "ביטול", "מספיק", "לא נכון")
"""The same, in a word or two."""
NODS = ("כן", "כן כן", "בסדר", "טוב", "נכון", "אוקיי", "הבנתי", "ברור", "אהה", "יופי", "בסדר גמור", "מצוין")
"""Said while listening."""
WORDS = ("כן", "לא", "מחר", "היום", "שלוש", "חמש", "שבע", "עשר", "בוקר", "ערב", "טוב", "אולי")
"""Short answers are cut from them."""
_SEED = 7


class Hebrew:
    """What the local voice said once, kept in the cache."""

    def __init__(self, settings: Settings, cache: Path) -> None:
        self._kept = cache / "hebrew.msgpack"
        self._settings = settings

    def said(self) -> dict[str, Sound]:
        """Every text, spoken. The same on one machine: the voice draws its melody from a seed."""
        wanted = tuple(dict.fromkeys((*SENTENCES, *SHORTER, *NODS, *WORDS, *SHORTEST)))
        kept = spoken_before(self._kept)
        if tuple(spoken.text for spoken in kept) != wanted:
            kept = self._speak(wanted)
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            self._kept.write_bytes(msgspec.msgpack.encode(kept))
        return {spoken.text: _sound(spoken) for spoken in kept}

    def _speak(self, wanted: tuple[str, ...]) -> list[Spoken]:
        onnxruntime.set_seed(_SEED)
        voice = TimedVoice(self._settings)
        spoken = [voice.speak(text, "he") for text in wanted]
        return [one or Spoken(text, "he", b"", ()) for text, one in zip(wanted, spoken, strict=True)]


def spoken_before(file: Path) -> list[Spoken]:
    """What is kept; nothing if there is nothing, or half of it, as a full disk leaves."""
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=list[Spoken])
    except (FileNotFoundError, msgspec.DecodeError):
        return []


def _sound(spoken: Spoken) -> Sound:
    words = spoken.text.split()
    places = pairwise((0, *spoken.word_ends))
    marked = tuple(Word(word, start, end) for word, (start, end) in zip(words, places, strict=True))
    return sounding("-".join(words[:3]), samples(spoken.sound), spoken.text, "synthesised by the local voice", marked)
