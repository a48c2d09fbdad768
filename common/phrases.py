"""The bot's fixed phrases, in the language of the call.

Each language has defaults. A phrase of the settings (``GREETING``, ``PHRASE_*``,
``SAME_REPLY_SUFFIX``) is written in the operator's language, so it replaces the default of
``LANGUAGE`` alone; an empty one switches the phrase off in every language.
"""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from common.config import Settings
from common.errors import ConfigError
from common.language import base_language


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the bot says without a model. An empty text is not said."""

    greeting: str
    repeat: str
    """Asks the caller to say it again."""
    filler: str
    still_working: str
    """Said again and again while a tool takes long."""
    fallback: str
    still_there: str
    goodbye: str
    transferring: str
    """Said before a transfer where the model said nothing."""
    unanswered: str
    """Said after a transfer that nobody answered."""
    empty_reply: str
    busy: str
    """Said by the provider's own voice to a new call that there is no room for."""
    spent: str
    """Said beyond what may be spent a day: to a new call by the provider's own voice, to one on the line by the bot."""
    same_reply_suffix: str
    """Makes a reply differ from the last one (S11)."""


_DEFAULTS = {
    "he": Phrases(
        greeting="שלום! איך אפשר לעזור?",
        repeat="סליחה, לא שמעתי. אפשר לחזור?",
        filler="רגע בבקשה",
        still_working="עוד רגע, זה עדיין בבדיקה",
        fallback="סליחה, יש תקלה. אפשר לנסות שוב?",
        still_there="אתם עדיין על הקו?",
        goodbye="תודה ולהתראות",
        transferring="רגע, השיחה מועברת",
        unanswered="אין מענה כרגע. אפשר לעזור במשהו אחר?",
        empty_reply="בסדר, איך אפשר לעזור?",
        busy="כל הקווים תפוסים כרגע. אפשר להתקשר שוב בעוד כמה דקות",
        spent="לא נוכל לעזור עוד היום. אפשר להתקשר שוב מחר",
        same_reply_suffix=" תרצה לפרט?",
    ),
    "en": Phrases(
        greeting="Hello! How can I help you?",
        repeat="Sorry, I didn't hear you. Could you say that again?",
        filler="One moment, please",
        still_working="Just a moment more, I am still looking",
        fallback="Sorry, something went wrong. Could you try again?",
        still_there="Are you still there?",
        goodbye="Thank you, and goodbye",
        transferring="One moment, I am putting you through",
        unanswered="Nobody answers there right now. Can I help you with anything else?",
        empty_reply="All right, how can I help you?",
        busy="All our lines are busy. Please call again in a few minutes",
        spent="We cannot help you any further today. Please call again tomorrow",
        same_reply_suffix=" Would you like to tell me more?",
    ),
}
Address = Literal["", "female", "male", "plural"]
"""How the caller is addressed; "": as the defaults always were."""
_ADDRESSED: dict[str, dict[Address, dict[str, str]]] = {
    "he": {
        "female": {"still_there": "את עדיין על הקו?", "same_reply_suffix": " תרצי לפרט?"},
        "male": {"still_there": "אתה עדיין על הקו?", "same_reply_suffix": " תרצה לפרט?"},
        "plural": {"still_there": "אתם עדיין על הקו?", "same_reply_suffix": " תרצו לפרט?"},
    }
}
"""The defaults in which a language tells to whom it speaks."""
_SETTINGS = {
    "greeting": "greeting",
    "repeat": "phrase_repeat",
    "filler": "phrase_filler",
    "still_working": "phrase_still_working",
    "fallback": "phrase_fallback",
    "still_there": "phrase_still_there",
    "goodbye": "phrase_goodbye",
    "transferring": "phrase_transferring",
    "unanswered": "phrase_unanswered",
    "empty_reply": "phrase_empty_reply",
    "busy": "phrase_busy",
    "spent": "phrase_spent",
    "same_reply_suffix": "same_reply_suffix",
}
FIXED = ("greeting", "repeat", "filler", "fallback", "still_there", "goodbye", "still_working", "unanswered", "spent")
"""Those that gateways keep as sound."""


def uninterruptible(named: str) -> frozenset[str]:
    """The fixed phrases that a voice does not stop, of a text of names with commas between them.

    Raises:
        ConfigError: a name is none.
    """
    names = frozenset(name.strip() for name in named.split(",") if name.strip())
    if unknown := sorted(names - set(FIXED)):
        raise ConfigError(f"UNINTERRUPTIBLE={named!r}: {unknown[0]} is no fixed phrase; takes any of {', '.join(FIXED)}")
    return names


def phrases(settings: Settings, language: str, address: Address = "") -> Phrases:
    """The phrases of a call in ``language`` (BCP 47); a language without defaults speaks English."""
    spoken = base_language(language)
    own = spoken == base_language(settings.language)
    chosen = {phrase: getattr(settings, name) for phrase, name in _SETTINGS.items()}
    replaced = {phrase: text for phrase, text in chosen.items() if text == "" or (own and text is not None)}
    addressed = _ADDRESSED.get(spoken, {}).get(address, {})
    return dataclasses.replace(_DEFAULTS.get(spoken, _DEFAULTS["en"]), **{**addressed, **replaced})


def language_of_words(settings: Settings, language: str, phrase: str) -> str:
    """The language that a phrase (a field of ``Phrases``) of a call in ``language`` is written in: the voice must speak it."""
    spoken = base_language(language)
    replaced = spoken == base_language(settings.language) and getattr(settings, _SETTINGS[phrase]) is not None
    return spoken if replaced or spoken in _DEFAULTS else "en"
