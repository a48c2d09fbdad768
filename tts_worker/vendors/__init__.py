"""The registry of TTS vendors: a vendor is one file, one line here, and the shared contract test."""

from common.vendors import Registered

VENDORS = {
    "google": Registered("tts_worker.vendors.google:GoogleVoice", slots=8),
    "google_unary": Registered("tts_worker.vendors.google:unary", slots=8),
    "openai": Registered("tts_worker.vendors.openai:OpenAIVoice", slots=8),
    "local": Registered("tts_worker.vendors.local:LocalVoice", slots=2),  # two calls take turns at their clauses
    "tone": Registered("tts_worker.vendors.tone:ToneVoice", slots=16),
}
