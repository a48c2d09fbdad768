"""Which detector calls get: chosen once, before any call, since a model takes its time to load.

::

    VAD=webrtc ──────────────────────────────▶ webrtcvad
    VAD=auto ─── model in TORIM_CACHE? ── no ─▶ webrtcvad, and the log says why
    VAD=silero ─ fetched if need be ── yes ──▶ silero
"""

import logging
from collections.abc import Callable

from common import catalogue, models
from common.config import Settings
from common.errors import SetupError
from gateway.vad.base import Detector
from gateway.vad.webrtc import FLOOR_RMS, WebrtcDetector

logger = logging.getLogger("torim.gateway")


def choose_detector(settings: Settings) -> Callable[[], Detector]:
    """What makes each call's detector.

    Raises:
        SetupError: VAD=silero, and it cannot be had.
    """
    if settings.vad != "webrtc":
        try:
            return _silero(settings)
        except SetupError as error:
            if settings.vad == "silero":
                raise
            logger.warning("vad=webrtc: %s", error)
    floor_rms = FLOOR_RMS if settings.vad_rms is None else settings.vad_rms
    return lambda: WebrtcDetector(floor_rms)


def _silero(settings: Settings) -> Callable[[], Detector]:
    try:
        from gateway.vad.silero import FLOOR_RMS, SileroDetector, SileroModel
    except ImportError as error:
        raise SetupError(f"VAD=silero needs onnxruntime, which this Python cannot load: {error}") from None
    fetch = models.ensure if settings.vad == "silero" else models.present
    model = SileroModel(fetch(catalogue.SILERO, settings.torim_cache))
    floor_rms = FLOOR_RMS if settings.vad_rms is None else settings.vad_rms
    logger.info("vad=silero floor_rms=%g", floor_rms)
    return lambda: SileroDetector(model, floor_rms)
