"""The registry of LLM vendors: a vendor is one file, one line here, and the shared contract test."""

from common.vendors import Registered

VENDORS = {
    "openai": Registered("llm_worker.vendors.openai:OpenAIModel", slots=16),
    "openai_2": Registered("llm_worker.vendors.openai:second", slots=16),
    "scripted": Registered("llm_worker.vendors.scripted:ScriptedModel", slots=64),
}
