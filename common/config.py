"""Settings: read once from the environment, checked, frozen, handed down.

The environment variable of a field is its name in capitals. A bad value ends the start
with the variable's name and what it takes. ``.env.example`` is written from this file.
"""

import dataclasses
import math
import os
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from common.env_file import parse
from common.errors import ConfigError
from common.language import LANGUAGE_TAG

ENV_FILE = Path(__file__).resolve().parent.parent / ".env"

_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?/?")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def setting(
    default: Any,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    shape: re.Pattern[str] | None = None,
    takes: str = "",
    secret: bool = False,
) -> Any:
    """A field of ``Settings``: default, meaning, range; a text's shape, and that in words; whether it is masked when printed."""
    metadata = {"doc": doc, "low": low, "high": high, "shape": shape, "takes": takes, "secret": secret}
    return dataclasses.field(default=default, metadata=metadata)


def _fallback(default: str, vendors: str) -> Any:
    """A list of vendors that are asked when the one before fails."""
    name = f"(?:{vendors.replace(', ', '|')})"
    return setting(
        "",
        f"vendors that are asked, in this order, when the first fails: some of {vendors}, with commas; none = none; default: {default}",
        shape=re.compile(f"none|{name}(?:,{name})*"),
        takes="names of vendors with commas between them, or none",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every knob there is. Units stand in the names; seconds and milliseconds are wall time."""

    # Front door
    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(8080, "port to listen on", low=1, high=65535)
    public_url: str = setting("", "URL that Twilio sees, https://...; required with TWILIO_AUTH_TOKEN; default: the Host header")
    publish: str = setting("", "docker-compose.yml alone: address of this machine that it publishes PORT on; default there: 127.0.0.1")
    allow_unsigned: bool = setting(False, "serve beyond loopback without signatures (compose networks, test clients)")
    twilio_account_sid: str = setting("", "Twilio account, AC...")
    twilio_auth_token: str = setting("", "switches the signature checks on", secret=True)
    twilio_auth_token_2: str = setting("", "second token, accepted while tokens are rotated", secret=True)

    # Processes
    redis_url: str = setting(
        "", "Redis or Valkey, redis://...; a cluster: redis+cluster://host:port,...; default: an embedded one under `make run`", secret=True
    )
    gateways: int = setting(
        1, "gateway processes, which share PORT (SO_REUSEPORT; Linux spreads calls over them); compose has 2", low=1, high=64
    )
    asr_workers: int = setting(1, "ASR worker processes under supervisord; 0 = they run elsewhere", low=0, high=64)
    llm_workers: int = setting(1, "LLM worker processes under supervisord; 0 = they run elsewhere", low=0, high=64)
    tts_workers: int = setting(1, "TTS worker processes under supervisord; 0 = they run elsewhere", low=0, high=64)
    metrics_port: int | None = setting(
        None, "first port of the metrics (Prometheus): gateways from here, ASR workers from + 100, LLM + 200, TTS + 300", low=1, high=65_000
    )
    metrics_host: str = setting("127.0.0.1", "address that the metrics are told on; they need no password")
    process_number: int = setting(0, "which of its kind on this machine, added to the metrics' port; supervisord sets it", low=0, high=99)
    drain_sec: float | None = setting(
        None, "how long a process that got TERM may finish its work; default: workers 8, gateway 10", low=0, high=600
    )
    torim_stop: Literal["TERM", "INT"] = setting(
        "TERM", "how supervisord ends processes: TERM finishes calls first (DRAIN_SEC), INT ends them at once; `make run` sets INT"
    )
    torim_stop_wait: int | None = setting(
        None,
        "seconds that supervisord and compose wait from TERM to KILL, at least DRAIN_SEC + 5; default in compose: 15",
        low=1,
        high=3600,
    )
    torim_cache: Path = setting(Path("~/.cache/torim"), "folder of models and fixed phrases")

    # Load
    max_calls: int | None = setting(None, "calls that one gateway has at a time; more hear PHRASE_BUSY", low=1, high=100_000)
    busy_after_sec: float = setting(
        2.0, "work that no worker has read for so long: new calls hear PHRASE_BUSY; from 0.2 on no drafts are made", low=0.2, high=60
    )

    # The call
    ws_mode: Literal["AI", "ECHO"] = setting("AI", "AI runs the pipeline; ECHO plays the caller back, to test a line")
    language: str = setting(
        "he",
        "language of a call that does not name its own; desktops set a LANGUAGE of gettext, as en_US:en: LANGUAGE=he make run overrides it",
        shape=LANGUAGE_TAG,
        takes="a BCP 47 tag like he or en-US",
    )
    max_call_sec: float = setting(
        3600.0,
        "longest call: behind its next reply PHRASE_GOODBYE is said, and it ends; one that is connected again begins anew",
        low=10,
        high=86_400,
    )
    greeting: str | None = setting(None, 'first words of the bot; "" = none; default: שלום! איך אפשר לעזור?')
    agents_dir: Path | None = setting(None, "folder of agents, one file each (docs/agents.md); default: agents/ beside the code")

    # Turn-taking
    min_utt_sec: float = setting(0.7, "silence after the last voiced frame that ends an utterance; an early pause is 0.3", low=0.4, high=5)
    max_utt_sec: float = setting(6.0, "longest piece of speech that is transcribed at once", low=1, high=30)
    max_turn_sec: float = setting(30.0, "longest turn of the caller before the bot takes the floor", low=2, high=300)
    max_reply_sec: float = setting(45.0, "longest reply of the bot", low=2, high=600)
    vad: Literal["auto", "silero", "webrtc"] = setting(
        "auto", "who hears that somebody speaks; auto: silero where its model and onnxruntime are there, else webrtc"
    )
    vad_rms: float | None = setting(
        None, "energy floor of speech (RMS of 16-bit samples); default: the detector's own, silero 30, webrtc 60", low=1, high=32767
    )
    self_echo_guard: bool = setting(True, "whether the bot's own sound that a line returns is told from the caller's voice")
    barge_in: bool = setting(True, "whether the caller can interrupt the bot")
    barge_in_mode: Literal["hold", "duck"] = setting(
        "hold", "what an onset over the bot does: hold = silent at once; duck = quieter, and silent on words or BARGE_IN_DUCK_MS of voice"
    )
    uninterruptible: str = setting(
        "",
        "fixed phrases that a voice does not stop, of greeting, repeat, filler, still_working, fallback, still_there, goodbye, unanswered, "
        "spent (which none ever stops)",
    )
    barge_in_final_ms: int = setting(
        600, "voice over the bot that lasts this long is an interruption without words, too", low=100, high=5000
    )
    barge_in_duck_ms: int = setting(500, "voice that silences the bot without words, with BARGE_IN_MODE=duck", low=100, high=5000)
    endpointing: Literal["words", "fixed"] = setting(
        "words", "what ends an utterance: words = silence, what was said, and the caller's own pauses; fixed = silence alone"
    )
    speculate: Literal["full", "asr", "off"] = setting(
        "full", "in an early pause: full = transcribe and prepare the reply, asr = transcribe, off = nothing"
    )
    speculate_drafts: int = setting(2, "replies prepared in early pauses of one utterance, at most", low=1, high=10)
    dedup_sec: float = setting(6.0, "window in which the same words again are ignored; 0 = off", low=0, high=60)
    same_reply_suffix: str | None = setting(
        None, 'added to a reply that would repeat the last one to the letter; "" = off; default: " תרצה לפרט?"'
    )

    # Fixed phrases; the default of each is in the call's language (he, en)
    phrase_repeat: str | None = setting(None, "asks the caller to say it again; default: סליחה, לא שמעתי. אפשר לחזור?")
    phrase_filler: str | None = setting(None, "said when the answer takes long; default: רגע בבקשה")
    phrase_still_working: str | None = setting(None, "said again and again while a tool takes long; default: עוד רגע, זה עדיין בבדיקה")
    phrase_fallback: str | None = setting(None, "said when no answer can come; default: סליחה, יש תקלה. אפשר לנסות שוב?")
    phrase_still_there: str | None = setting(None, "said when the caller is silent; default: אתם עדיין על הקו?")
    phrase_goodbye: str | None = setting(None, "said before the bot hangs up; default: תודה ולהתראות")
    phrase_transferring: str | None = setting(None, "said before a transfer where the model said nothing; default: רגע, השיחה מועברת")
    phrase_unanswered: str | None = setting(
        None, "said after a transfer that nobody answered; default: אין מענה כרגע. אפשר לעזור במשהו אחר?"
    )
    phrase_empty_reply: str | None = setting(None, "said for an empty reply of the model; default: בסדר, איך אפשר לעזור?")
    phrase_busy: str | None = setting(
        None,
        "said by Twilio's voice to a new call that there is no room for; default: כל הקווים תפוסים כרגע. אפשר להתקשר שוב בעוד כמה דקות",
    )
    phrase_spent: str | None = setting(
        None,
        "said before a call ends that is beyond what may be spent a day, a new one in Twilio's voice; "
        "default: לא נוכל לעזור עוד היום. אפשר להתקשר שוב מחר",
    )

    # Vendors
    asr_vendor: Literal["auto", "openai", "openai_2", "whisper", "scripted"] = setting(
        "auto", "auto: openai with OPENAI_API_KEY or ASR_BASE_URL, else whisper"
    )
    llm_vendor: Literal["auto", "openai", "openai_2", "scripted"] = setting(
        "auto", "auto: openai with OPENAI_API_KEY or LLM_BASE_URL, else scripted"
    )
    tts_vendor: Literal["auto", "google", "google_unary", "openai", "local", "tone"] = setting(
        "auto", "auto: google with Google credentials, else local"
    )
    asr_fallback: str = _fallback("none", "openai, openai_2, whisper, scripted")
    llm_fallback: str = _fallback("none", "openai, openai_2, scripted")
    tts_fallback: str = _fallback("google_unary with TTS_VENDOR=google, else none", "google, google_unary, openai, local, tone")
    openai_api_key: str = setting("", "OpenAI account", secret=True)
    google_application_credentials: str = setting("", "file with Google Cloud credentials")
    openai_base_url: str = setting("", "OpenAI-compatible server for ASR and LLM")
    asr_base_url: str = setting("", "overrides OPENAI_BASE_URL for ASR")
    llm_base_url: str = setting("", "overrides OPENAI_BASE_URL for the LLM (Ollama, vLLM, llama.cpp)")
    tts_base_url: str = setting(
        "",
        "Google's server: https://eu-texttospeech.googleapis.com is a region's; http://... = without TLS and credentials, for tests",
        shape=_ADDRESS,
        takes="https:// or http:// and a host, with or without a port, and nothing behind it",
    )
    tts_openai_base_url: str = setting("", "overrides OPENAI_BASE_URL for TTS_VENDOR=openai")
    openai_2_base_url: str = setting("", "server of the vendor openai_2; default: the first one's")
    openai_2_api_key: str = setting("", "account of the vendor openai_2; default: OPENAI_API_KEY", secret=True)
    asr_model: str = setting("gpt-transcribe", "model of ASR_VENDOR=openai")
    tts_cache_mb: float = setting(
        16.0,
        "sound of sentences that an online voice spoke before, kept in Redis for a day after its last use; 0 = off",
        low=0,
        high=10_000,
    )
    asr_vocabulary: str = setting(
        "", "names and words that callers are likely to say, with commas, for ASR_VENDOR=openai and whisper; an agent's file has its own"
    )
    asr_2_model: str = setting("gpt-transcribe", "model of the vendor openai_2 for ASR")
    llm_model: str = setting("gpt-6-luna", "model of LLM_VENDOR=openai")
    llm_2_model: str = setting("gpt-5.6-luna", "model of the vendor openai_2 for the LLM")
    tts_model: str = setting("", "model of TTS_VENDOR=google where its voice needs one")
    tts_voice: str = setting("he-IL-Chirp3-HD-Aoede", "voice of TTS_VENDOR=google; its language part is replaced by the call's")
    tts_unary_voice: str = setting("he-IL-Wavenet-A", "voice of the vendor google_unary, which speaks in one piece")
    tts_openai_model: str = setting("gpt-4o-mini-tts", "model of TTS_VENDOR=openai; OpenAI's own ends on 2027-01-06 (docs/vendors.md)")
    tts_openai_voice: str = setting("coral", "voice of TTS_VENDOR=openai")
    whisper_model: str = setting("", "folder or hub name of a faster-whisper model; default: Systran/faster-whisper-base")
    llm_instructions: str = setting("", "system prompt of LLM_VENDOR=openai; default: a short polite phone assistant")

    llm_history_tokens: int = setting(
        6000,
        "of what was said in a call, in the prompt, estimated, and as many of what its tools did; the first of it is left out",
        low=100,
        high=1_000_000,
    )

    # Cost
    prices: Path | None = setting(None, "table of vendors' prices (docs/cost.md); default: common/prices.toml")

    spend_per_day_usd: float | None = setting(
        None, "US dollars a day beyond which calls hear PHRASE_SPENT and end: new ones at once, others behind the next reply", low=0
    )
    spend_agent_per_day_usd: float | None = setting(None, "the same for each agent; one's file may say another sum", low=0)
    spend_caller_per_day_usd: float | None = setting(None, "the same for each caller's number", low=0)
    spend_key: str = setting("", "key of the digests that callers are told apart by; default: TWILIO_AUTH_TOKEN", secret=True)

    # Scripted vendors (tests, benches, demonstration without an account)
    scripted_asr_text: str = setting("utterance of turn {turn}", "what ASR_VENDOR=scripted hears; {turn} is replaced")
    scripted_asr_delay_ms: int = setting(0, "how long ASR_VENDOR=scripted takes", low=0, high=60000)
    scripted_llm_reply: str | None = setting(
        None,
        "what LLM_VENDOR=scripted answers, {turn} is replaced; several, with | between them, are given in turn; default: its rules file",
    )
    scripted_llm_first_token_ms: int = setting(0, "delay before the first word of LLM_VENDOR=scripted", low=0, high=60000)
    scripted_llm_tokens_per_s: float = setting(50.0, "words a second of LLM_VENDOR=scripted", low=0.1, high=100000)
    tone_first_audio_ms: int = setting(0, "delay before the first sound of TTS_VENDOR=tone", low=0, high=60000)
    tone_real_time_factor: float = setting(0.05, "time that TTS_VENDOR=tone takes for a second of sound", low=0, high=10)
    tone_ms_per_char: int = setting(60, "sound that TTS_VENDOR=tone makes of a character", low=1, high=1000)

    # Tools of the model
    time_zone: str = setting("Asia/Jerusalem", "time zone of the house, for the tool that tells the time")
    messages_dir: Path | None = setting(None, "folder for the messages that callers leave; unset = none are taken")

    # Records and logs
    record_dir: Path | None = setting(
        None, "folder for records of calls (sound, words, decisions), for tools.replay; unset = none are made"
    )
    log_format: Literal["human", "json"] = setting("human", "how log lines look")
    log_texts: bool = setting(False, "log what callers and bot say; off = lengths only")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in ``environ`` (default: the process's environment).

    Raises:
        ConfigError: naming the variable, its value, and what it takes.
    """
    source = os.environ if environ is None else environ
    types_of = typing.get_type_hints(Settings)
    values = {
        field.name: _parse(field, types_of[field.name], source[field.name.upper()])
        for field in dataclasses.fields(Settings)
        if field.name.upper() in source
    }
    return Settings(**{name: value for name, value in values.items() if value is not dataclasses.MISSING})


def value_of(name: str, raw: str) -> Any:
    """``raw`` as the value of the setting whose field is ``name``; its default where it is empty and that stands for it.

    Raises:
        ConfigError: as ``load``.
    """
    field = next(field for field in dataclasses.fields(Settings) if field.name == name)
    value = _parse(field, typing.get_type_hints(Settings)[name], raw)
    return field.default if value is dataclasses.MISSING else value


def environment(env_file: Path = ENV_FILE) -> dict[str, str]:
    """What ``make run`` and ``make call`` go by: the real environment, and what ``env_file`` adds to it.

    Raises:
        ConfigError: the file cannot be read, or a line of it.
    """
    return {**_in_file(env_file), **os.environ}


def secret(name: str) -> str:
    """The secret that an agent's file names; "" if the environment does not have it."""
    return os.environ.get(name, "")


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY; not for NO_PROXY), as for all of Python."""
    address, named = urlsplit(url), getproxies()
    proxy = named.get(address.scheme) or named.get("all")
    if not proxy or proxy_bypass(address.netloc):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def unknown_names(env_file: Path = ENV_FILE) -> list[str]:
    """What stands in ``env_file`` and is no setting: misspelt, or meant for another program.

    Raises:
        ConfigError: as ``environment``.
    """
    known = {field.name.upper() for field in dataclasses.fields(Settings)}
    return [name for name in _in_file(env_file) if name not in known]


def _in_file(env_file: Path) -> dict[str, str]:
    try:
        text = env_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{env_file}: cannot be read: {error}") from None
    return parse(text, env_file.name)


def _parse(field: "dataclasses.Field[Any]", kind: Any, raw: str) -> Any:
    """``raw`` as a ``kind``; MISSING where an empty value stands for the default."""
    optional = isinstance(kind, types.UnionType)
    plain = next(arg for arg in typing.get_args(kind) if arg is not types.NoneType) if optional else kind
    shape: re.Pattern[str] | None = field.metadata["shape"]
    if raw == "" and (plain is not str or shape):
        return dataclasses.MISSING
    try:
        value = _convert(plain, raw)
    except ValueError:
        raise _bad(field, raw, _takes(field, plain)) from None
    low, high = field.metadata["low"], field.metadata["high"]
    if (low is not None and value < low) or (high is not None and value > high):
        raise _bad(field, raw, _takes(field, plain))
    if shape and not shape.fullmatch(raw):
        raise _bad(field, raw, field.metadata["takes"])
    return value


def _convert(kind: Any, raw: str) -> Any:
    if kind is bool:
        if raw.lower() not in _TRUE | _FALSE:
            raise ValueError
        return raw.lower() in _TRUE
    if typing.get_origin(kind) is Literal:
        if raw not in typing.get_args(kind):
            raise ValueError
        return raw
    if kind is float and not math.isfinite(float(raw)):
        raise ValueError
    return Path(raw) if kind is Path else kind(raw)


def _takes(field: "dataclasses.Field[Any]", kind: Any) -> str:
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(typing.get_args(kind))
    plainly = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "a text")
    low, high = field.metadata["low"], field.metadata["high"]
    if low is None:
        return plainly
    if high is None:
        return f"{plainly} from {low:g}"
    return f"{low:g}" if low == high else f"{plainly} from {low:g} to {high:g}"


def _bad(field: "dataclasses.Field[Any]", raw: str, takes: str) -> ConfigError:
    shown = "***" if field.metadata["secret"] else repr(raw)
    return ConfigError(f"{field.name.upper()}={shown}: takes {takes} ({field.metadata['doc']})")
