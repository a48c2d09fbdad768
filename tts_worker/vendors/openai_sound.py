"""The samples in an answer of OpenAI's speech, or of a server that speaks like it (sans-I/O).

Asked for is PCM without a header: 16 bits, mono, 24 kHz. Servers of one's own may answer with a WAV file, whose header tells its rate,
or tell another rate in the type (``audio/pcm;rate=16000``). Anything else that they send, MP3 above all, which is the protocol's default,
would be heard as a roar: it is refused.
"""

import re
import struct

from common.errors import VendorError
from common.openai_client import VENDOR

RATE_HZ = 24_000
_RAW = ("audio/pcm", "audio/x-pcm", "audio/raw", "audio/l16", "application/octet-stream")
_WAV = ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave")
_RATE = re.compile(r"rate=(\d{4,6})\b")
_SAMPLE_BYTES = 2
_WAVE_BYTES = 12
"""What shows that a file is one."""
_LONGEST_HEADER_BYTES = 64 * 1024
_ENDLESS_BYTES = 0x7FFF_0000
"""What a writer says that streams, and does not know the length; 0 is another way to say so."""
_PCM, _EXTENSIBLE = 1, 0xFFFE
_LOWEST_HZ = 4000


class Samples:
    """Takes an answer as it comes."""

    def __init__(self, content_type: str) -> None:
        """Raises VendorError: it is no sound, or none that can be read."""
        kind = content_type.partition(";")[0].strip().lower()
        if not kind.startswith("audio/") and kind not in _RAW:
            raise VendorError(VENDOR, "bad_answer", retryable=True)
        self._raw = kind in _RAW
        if not self._raw and kind not in _WAV:
            raise _unreadable()
        told = _RATE.search(content_type)
        self.rate_hz = int(told[1]) if told else RATE_HZ
        """Known once ``push`` returned samples."""
        self._held = b""
        self._begun = False
        self._left_bytes = _ENDLESS_BYTES
        """Of the sound."""

    def push(self, data: bytes) -> bytes:
        """The whole samples that are there with ``data``; may be none.

        Raises:
            VendorError: the file has another kind of sound.
        """
        self._held += data
        if not self._begun and not self._begin():
            return b""
        whole = min(len(self._held), self._left_bytes) // _SAMPLE_BYTES * _SAMPLE_BYTES
        samples, self._held = self._held[:whole], self._held[whole:]
        if self._left_bytes < _ENDLESS_BYTES:
            self._left_bytes -= whole
        return samples

    def _begin(self) -> bool:
        """Leave a header out; whether the sound is reached."""
        if len(self._held) < _WAVE_BYTES and b"RIFF".startswith(self._held[:4]):
            return False
        if self._held[:4] == b"RIFF" and self._held[8:_WAVE_BYTES] == b"WAVE":
            self._begun = self._read_header()
            if not self._begun and len(self._held) > _LONGEST_HEADER_BYTES:
                raise _unreadable()
        elif self._raw:
            self._begun = True
        else:
            raise _unreadable()
        return self._begun

    def _read_header(self) -> bool:
        at = _WAVE_BYTES
        while at + 8 <= len(self._held):
            name, size = struct.unpack_from("<4sI", self._held, at)
            at += 8
            if name == b"data":
                self._held = self._held[at:]
                self._left_bytes = size if 0 < size < _ENDLESS_BYTES else _ENDLESS_BYTES
                return True
            if name == b"fmt " and at + 16 <= len(self._held):
                form, channels, self.rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", self._held, at)
                if form not in (_PCM, _EXTENSIBLE) or (channels, bits) != (1, 8 * _SAMPLE_BYTES) or self.rate_hz < _LOWEST_HZ:
                    raise _unreadable()
            at += size + size % 2  # chunks begin at even places
        return False


def _unreadable() -> VendorError:
    """Somebody has to have the server send PCM, or take another one."""
    return VendorError(VENDOR, "not_pcm", retryable=False, blame="settings")
