"""What a voice says in tests of its vendor."""

import struct

from common.audio import silence

SOUND = silence(100)
"""As much as is sent at once; of silence nothing is made louder."""


def wav(mulaw: bytes) -> bytes:
    """Mu-law in a WAV file, as Google answers in one piece."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 7, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(mulaw)) + mulaw
    return struct.pack("<4sI", b"RIFF", len(body)) + body
