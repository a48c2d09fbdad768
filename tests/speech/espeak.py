"""espeak-ng reading plain Hebrew: what the local voice is compared with. GPL, so it is here and nowhere else."""

import ctypes
from typing import Any

from common.audio import SAMPLE_RATE_HZ, pcm_to_mulaw, resample

_RETRIEVAL = 1
_BUFFER_MS = 500
_UTF8 = 1
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """The library; there can be one in a process."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ModuleNotFoundError:
            raise AssertionError("espeak-ng is missing; type: make setup-dev") from None
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self._rate_hz: int = self._library.espeak_Initialize(_RETRIEVAL, _BUFFER_MS, espeakng_loader.get_data_path().encode(), 0)
        assert self._rate_hz > 0, "espeak-ng does not find its data"
        self._pcm = bytearray()
        self._callback = _Callback(self._on_sound)  # kept, since C calls it
        self._library.espeak_SetSynthCallback(self._callback)
        assert self._library.espeak_SetVoiceByName(b"he") == 0, "espeak-ng has no Hebrew"

    def speak(self, text: str) -> bytes:
        """Mu-law at 8 kHz."""
        self._pcm.clear()
        written = text.encode()
        failed = self._library.espeak_Synth(written, ctypes.c_size_t(len(written) + 1), 0, 0, 0, _UTF8, None, None)
        assert failed == 0
        return pcm_to_mulaw(resample(bytes(self._pcm), self._rate_hz, SAMPLE_RATE_HZ))

    def _on_sound(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, 2 * count)
        return 0
