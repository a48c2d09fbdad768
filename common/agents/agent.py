"""What stands in an agent's file: types, ranges, and the words that say what is expected.

It travels to the workers as it is (``Snapshot``), and versions are mixed while an upgrade rolls: a key may be added, with a default,
and none changes its meaning.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from common.language import LANGUAGE_TAG

ToolName = Literal["look_up_time", "leave_message", "opening_hours", "hang_up", "collect_digits", "transfer"]
"""What a model may be allowed beside the webhooks and functions of its own; ``llm_worker`` makes them."""
ACTIONS = ("hang_up", "collect_digits", "transfer")
"""What the gateway does, of those: a transfer goes to a name of the file, the others take nothing."""
TAKES: dict[str, tuple[str, ...]] = {"look_up_time": ("what", "zone"), "leave_message": ("text", "name"), "opening_hours": ("day",)}
"""The parameters of those tools."""
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Language = Annotated[str, Meta(pattern=f"^{LANGUAGE_TAG.pattern}$", description="a BCP 47 tag like he or en-US")]
Number = Annotated[str, Meta(pattern=r"^(\*|\+\d{6,15})$", description='a number like "+97231234567", or "*" for all that no agent has')]
Span = Annotated[
    str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$", description='from and to, like "09:00-17:30"')
]
Day = Annotated[tuple[Span, ...], Meta(description='times like ["09:00-13:00", "16:00-19:00"]; [] is closed')]
_Text = Annotated[str, Meta(description="a text", min_length=1)]


class Phrases(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fixed phrases of one language; what is not there is the default of the language."""

    greeting: Annotated[str | None, Meta(description='the first words; "" is none')] = None
    repeat: Annotated[str | None, Meta(description="asks the caller to say it again")] = None
    filler: Annotated[str | None, Meta(description="said when the answer takes long")] = None
    still_working: Annotated[str | None, Meta(description="said again and again while a tool takes long")] = None
    tools: Annotated[dict[str, _Text], Meta(description='by tool, the first words while it runs: book_table = "I look at the book."')] = {}
    fallback: Annotated[str | None, Meta(description="said when no answer can come")] = None
    still_there: Annotated[str | None, Meta(description="said when the caller is silent")] = None
    goodbye: Annotated[str | None, Meta(description="said before the bot hangs up")] = None
    transferring: Annotated[str | None, Meta(description="said before a transfer where the model said nothing")] = None
    unanswered: Annotated[str | None, Meta(description="said after a transfer that nobody answered")] = None
    empty_reply: Annotated[str | None, Meta(description="said for an empty reply of the model")] = None
    busy: Annotated[str | None, Meta(description="said to a new call that there is no room for")] = None
    spent: Annotated[str | None, Meta(description="said before a call ends that is beyond what may be spent a day")] = None
    same_reply_suffix: Annotated[str | None, Meta(description="added to a reply that would repeat the last one")] = None


class Models(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which model of the vendor's; "": the one of the settings."""

    asr: Annotated[str, Meta(description="the model that hears, like gpt-transcribe")] = ""
    llm: Annotated[str, Meta(description="the model that answers, like gpt-6-luna")] = ""
    tts: Annotated[str, Meta(description="the model that speaks, where the voice needs one")] = ""


class Limit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a tool may be used for, whatever the model wants."""

    times: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="how often a tool may be used in a call with other arguments, or a call transferred, from 1 to 1000",
        ),
    ] = 1000
    arguments: Annotated[dict[str, str], Meta(description="by argument, a regular expression that all of it must match")] = {}
    numbers: Annotated[
        tuple[Number, ...] | None,
        Meta(description='the only telephone numbers that arguments may hold, like ["+97231234567"]; ["*"] is any'),
    ] = None


class Parameter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a webhook takes from the model."""

    type: Annotated[Literal["text", "integer", "number", "boolean"], Meta(description='"text", "integer", "number" or "boolean"')] = "text"
    description: Annotated[_Text, Meta(description="what it is, for the model")]
    required: Annotated[bool, Meta(description="whether the model must give it: true or false")] = True
    one_of: Annotated[tuple[_Text, ...], Meta(description='the only texts that it may be, like ["small", "large"]')] = ()


class Webhook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tool that is an HTTP server of the owner's (``llm_worker/webhooks.py``)."""

    description: Annotated[_Text, Meta(description="what it does and when to use it, for the model")]
    url: Annotated[str, Meta(description="an address that begins with https://, or with http:// on this very machine")]
    method: Annotated[Literal["POST", "GET"], Meta(description='"POST" or "GET"')] = "POST"
    effects: Annotated[bool, Meta(description="whether it changes anything in the world: true or false")] = True
    timeout_s: Annotated[float, Meta(ge=0.1, le=15, description="how long an answer may take, from 0.1 to 15 seconds")] = 5.0
    secret: Annotated[
        str, Meta(pattern="^[A-Z][A-Z0-9_]*$", description="the environment variable of the secret that signs it, like BOOKING_SECRET")
    ]
    parameters: Annotated[dict[str, Parameter], Meta(description="what it takes, by name")] = {}


class Lookup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An HTTP server of the owner's that knows callers by their numbers (``gateway/lookup.py``)."""

    url: Annotated[str, Meta(description="an address that begins with https://, or with http:// on this very machine")]
    secret: Annotated[
        str, Meta(pattern="^[A-Z][A-Z0-9_]*$", description="the environment variable of the secret that signs it, like CALLERS_SECRET")
    ]
    timeout_s: Annotated[float, Meta(ge=0.1, le=5, description="how long the caller may hear it ring for it, from 0.1 to 5 seconds")] = 1.0
    variables: Annotated[dict[str, str], Meta(description='what it may tell, with what stands where it does not: name = "unknown"')]


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An HTTP server of the owner's that is told what came of a call (``gateway/outcomes.py``)."""

    url: Annotated[str, Meta(description="an address that begins with https://, or with http:// on this very machine")]
    secret: Annotated[
        str, Meta(pattern="^[A-Z][A-Z0-9_]*$", description="the environment variable of the secret that signs it, like REPORTS_SECRET")
    ]
    texts: Annotated[bool, Meta(description="whether it is told what caller and bot said: true or false")] = False
    summary: Annotated[bool, Meta(description="true or false: whether the model sums the call up for it, in a few words")] = False
    number: Annotated[bool, Meta(description="whether it is told the caller's number: true or false")] = False


class Destination(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody a call may be transferred to: the model says the name, and never a number."""

    number: Annotated[str, Meta(pattern=r"^\+\d{6,15}$", description='a number like "+97231234567"')]
    when: Annotated[_Text, Meta(description="whom it reaches and when to use it, for the model")]
    ring_s: Annotated[int, Meta(ge=5, le=45, description="how long it rings there, from 5 to 45 seconds")] = 20
    caller_id: Annotated[
        str, Meta(pattern=r"^\+\d{6,15}$", description="the number that is shown there, one of yours; absent: the caller's own")
    ] = ""


RANGE = ".."
"""Between the first and the last day of a range."""


class Hours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When somebody is there. A weekday that is not named is closed."""

    time_zone: Annotated[str, Meta(description="an IANA name like Asia/Jerusalem; absent: TIME_ZONE")] = ""
    holidays: Annotated[str, Meta(description="the country whose public holidays are closed, like IL or US; absent: none are")] = ""
    holiday_eves: Annotated[Day | None, Meta(description='times of the day before a holiday, like ["08:00-12:00"]')] = None
    monday: Day = ()
    tuesday: Day = ()
    wednesday: Day = ()
    thursday: Day = ()
    friday: Day = ()
    saturday: Day = ()
    sunday: Day = ()
    dates: Annotated[
        dict[str, Day],
        Meta(description='times of single days and of ranges: "2026-12-31" = ["09:00-12:00"], "2027-04-23..2027-04-27" = []'),
    ] = {}
    """By day, or first and last day with ``RANGE`` between them. A day's own go before those of a range; ranges have no day in common."""


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent's file. What has no default must be there."""

    name: Annotated[_Text, Meta(description="whom the caller reaches: the business, or the bot's own name")]
    languages: Annotated[tuple[Language, ...], Meta(min_length=1, description='BCP 47 tags like ["he", "en"]; a call begins in the first')]
    gender: Annotated[Literal["female", "male"], Meta(description='"female" or "male": how the bot speaks of itself')]
    address: Annotated[
        Literal["female", "male", "plural"], Meta(description='"female", "male" or "plural": how the bot addresses the caller')
    ]
    numbers: Annotated[tuple[Number, ...], Meta(description='the numbers that it answers, like ["+97231234567"], or ["*"]')] = ()
    greeting: Annotated[str | None, Meta(description='the first words, in the first language; "" is none')] = None
    instructions: Annotated[str, Meta(description="what the model is told: who it is, what it may say and do, what not")] = ""
    tools: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="what the model may use, of look_up_time, leave_message, opening_hours, hang_up, collect_digits, transfer, "
            "and the names of this file's webhooks and functions"
        ),
    ] = None
    transfers: Annotated[dict[str, Destination], Meta(description="where calls may be transferred to, like [transfers.reception]")] = {}
    webhooks: Annotated[dict[str, Webhook], Meta(description="tools that are HTTP servers, like [webhooks.book_table]")] = {}
    lookup: Lookup | None = None
    report: Report | None = None
    functions: Annotated[
        dict[str, Annotated[str, Meta(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]],
        Meta(description='tools that are written in Python: their name and where they are, like find_order = "bakery_tools:FIND_ORDER"'),
    ] = {}
    limits: Annotated[dict[str, Limit], Meta(description="by tool, like [limits.leave_message] times = 2")] = {}
    spend_per_day_usd: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="a number from 0, like 2.5: US dollars a day beyond which callers are told to call again tomorrow"),
    ] = None
    voice: Annotated[str, Meta(description="a voice of the TTS vendor's, like he-IL-Chirp3-HD-Aoede; absent: TTS_VOICE")] = ""
    models: Models = Models()
    turns: Annotated[dict[str, Any], Meta(description="settings of turn-taking, like min_utt_sec = 0.8")] = {}
    phrases: Annotated[dict[str, Phrases], Meta(description="fixed phrases by language, like [phrases.en]")] = {}
    switch: Annotated[
        dict[str, tuple[_Text, ...]], Meta(description='what a caller says to change the language, like en = ["English please"]')
    ] = {}
    hours: Hours | None = None
    vocabulary: Annotated[
        tuple[_Text, ...], Meta(description='names and words that callers say, for the model that hears, like ["Karmiel", "MRI"]')
    ] = ()
    pronunciations: Annotated[dict[str, str], Meta(description='how the voice says a word: "IBM" = "איי בי אם"')] = {}
    rules: Annotated[dict[str, str], Meta(description="rules of the scripted model by language, files beside this one")] = {}

    @property
    def language(self) -> str:
        """The language that a call begins in."""
        return self.languages[0]

    @property
    def destinations(self) -> Mapping[str, Destination]:
        """Where its calls may be transferred to, by name."""
        return self.transfers if self.tools is None or "transfer" in self.tools else {}

    @property
    def known_tools(self) -> tuple[str, ...]:
        """The names of all tools that its file may allow."""
        return (*get_args(ToolName), *self.webhooks, *self.functions)

    def parameters(self, tool: str) -> tuple[str, ...] | None:
        """What a tool of its takes, by name; None: only the module that makes it knows."""
        return tuple(self.webhooks[tool].parameters) if tool in self.webhooks else TAKES.get(tool)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as a call goes by it to its end, whatever is saved meanwhile."""

    key: str
    """The file's name without its ending; "": the agent that the settings make."""
    agent: Agent
    rules: dict[str, str] = {}
    """The texts of its files of rules, by language."""
    variables: dict[str, str] = {}
    """What a lookup told of the caller."""


HOUSE = ""
"""The key of the agent that the settings make."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Snapshot)


def encode(snapshot: Snapshot) -> bytes:
    """How it travels."""
    return _encoder.encode(snapshot)


def decode(data: bytes) -> Snapshot:
    """The snapshot in ``data``; keys of a newer version are ignored.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _decoder.decode(data)


def reference(snapshot: Snapshot, data: bytes) -> str:
    """What messages of its calls bear: its key, and a digest of all that stands in it; "" for that of the settings."""
    return f"{snapshot.key}-{sha256(data).hexdigest()[:12]}" if snapshot.key else HOUSE


def base_keys(table: Mapping[str, Any]) -> list[str]:
    """The languages of a table by language, without regions."""
    return [language.split("-")[0].lower() for language in table]
