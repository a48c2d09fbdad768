"""The samples in an answer of OpenAI's speech, or of a server that speaks like it (sans-I/O).

Asked for is PCM without a header: 16 bits, mono, 24 kHz. Servers of one's own may answer with a WAV file, whose header tells its rate,
or tell another rate in the type (``audio/pcm;rate=16000``). ``audio/L16`` is big-endian (RFC 2586), unless its type says otherwise, as
that of Gemini's voices does (``codec=pcm``). Anything else that they send, MP3 above all, which is the protocol's default, would be heard
as a roar: it is refused.
"""

import re

import numpy as np

from common.audio import WavHeader, is_wav, wav_header
from common.errors import VendorError
from common.openai_client import VENDOR

RATE_HZ = 24_000
_BIG_ENDIAN = "audio/l16"
_RAW = ("audio/pcm", "audio/x-pcm", "audio/raw", _BIG_ENDIAN, "application/octet-stream")
_WAV = ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave")
_RATE = re.compile(r"\brate=\"?(\d{1,7})")
_CHANNELS = re.compile(r"\bchannels=\"?(\d{1,7})")
_LITTLE_ENDIAN = re.compile(r"codec=\"?pcm\b|endian(?:ness)?=\"?little")
_SAMPLE_BYTES = 2
_RIFF_BYTES = 12
_LONGEST_HEADER_BYTES = 64 * 1024
_LONGEST_TYPE = 80
_OTHERS = {b"ID3": "MP3", b"OggS": "Ogg", b"fLaC": "FLAC", b'{"error"': "JSON", b"<!DOCTYPE": "HTML", b"<html": "HTML"}
"""How what is no PCM begins that servers send under a name of PCM. An MP3 file may begin as sound does."""
_PCM, _EXTENSIBLE = 1, 0xFFFE
_LOWEST_HZ, _HIGHEST_HZ = 4000, 192_000
TAKES = "16-bit mono PCM or WAV"


class Samples:
    """Takes an answer as it comes."""

    def __init__(self, content_type: str) -> None:
        """Raises VendorError: it is no sound, or none that can be read."""
        told = content_type.lower()
        kind = told.partition(";")[0].strip()
        if not kind.startswith("audio/") and kind not in _RAW:
            raise VendorError(VENDOR, "bad_answer", retryable=True)
        self._type = content_type[:_LONGEST_TYPE]
        self._raw = kind in _RAW
        self._swapped = kind == _BIG_ENDIAN and not _LITTLE_ENDIAN.search(told)
        rate, channels = _RATE.search(told), _CHANNELS.search(told)
        self.rate_hz = int(rate[1]) if rate else RATE_HZ
        """Known once ``push`` returned samples."""
        if kind not in (*_RAW, *_WAV) or not _fits(int(channels[1]) if channels else 1, self.rate_hz):
            raise _unreadable(self._type)
        self._held = b""
        self._begun = False
        self._left_bytes: int | None = None
        """Of the sound; None: all that comes."""

    def push(self, data: bytes) -> bytes:
        """The whole samples that are there with ``data``, little-endian; may be none.

        Raises:
            VendorError: the file has another kind of sound.
        """
        self._held += data
        if not self._begun and not self._begin():
            return b""
        whole = len(self._held[: self._left_bytes]) // _SAMPLE_BYTES * _SAMPLE_BYTES
        samples, self._held = self._held[:whole], self._held[whole:]
        if self._left_bytes is not None:
            self._left_bytes -= whole
        return np.frombuffer(samples, ">i2").astype("<i2").tobytes() if self._swapped else samples

    def _begin(self) -> bool:
        """Leave a header out; whether the sound is reached."""
        if len(self._held) < _RIFF_BYTES and any(mark.startswith(self._held[: len(mark)]) for mark in (b"RIFF", *_OTHERS)):
            return False
        if other := next((name for mark, name in _OTHERS.items() if self._held.startswith(mark)), ""):
            raise _unreadable(f"{other} as {self._type}")
        if is_wav(self._held):
            self._begun = self._leave_out(wav_header(self._held))
        elif self._raw:
            self._begun = True
        else:
            raise _unreadable(f"{self._type} without a header")
        return self._begun

    def _leave_out(self, header: WavHeader | None) -> bool:
        if header is None:
            if len(self._held) > _LONGEST_HEADER_BYTES:
                raise _unreadable("WAV without sound")
            return False
        pcm = header.encoding in (_PCM, _EXTENSIBLE) and header.bits == 8 * _SAMPLE_BYTES
        if not pcm or not _fits(header.channels, header.rate_hz):
            raise _unreadable(f"WAV of encoding {header.encoding}, {header.channels} channels, {header.bits} bits, {header.rate_hz} Hz")
        self.rate_hz, self._left_bytes, self._swapped = header.rate_hz, header.sound_bytes, False
        self._held = self._held[header.length :]
        return True


def _fits(channels: int, rate_hz: int) -> bool:
    return channels == 1 and _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ


def _unreadable(came: str) -> VendorError:
    """Somebody has to have the server send PCM, or take another one."""
    return VendorError(VENDOR, "not_pcm", retryable=False, blame="settings", why=f"came {came}; takes {TAKES}")
