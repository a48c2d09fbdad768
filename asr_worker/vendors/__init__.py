"""The registry of ASR vendors: a vendor is one file, one line here, and the shared contract test."""

from common.vendors import Registered

VENDORS = {
    "openai": Registered("asr_worker.vendors.openai:OpenAITranscriber", slots=8),
    "openai_2": Registered("asr_worker.vendors.openai:second", slots=8),
    "whisper": Registered("asr_worker.vendors.whisper:WhisperTranscriber", slots=1),  # two at once are not faster on the same cores
    "scripted": Registered("asr_worker.vendors.scripted:ScriptedTranscriber", slots=16),
}
