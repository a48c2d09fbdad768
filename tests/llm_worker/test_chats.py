"""The chats in the documents are what the agents say and do today."""

import pytest

from tests.e2e.gateway_process import ROOT
from tests.llm_worker.chats import Held, document, hold_all
from tests.llm_worker.injections import SECRET


@pytest.fixture
async def calls(monkeypatch: pytest.MonkeyPatch) -> list[Held]:
    """All of them."""
    monkeypatch.setenv(SECRET, "s3cret")
    return await hold_all()


async def test_the_document_is_what_is_said_today(calls: list[Held]) -> None:
    written = (ROOT / "docs" / "chats.md").read_text(encoding="utf-8")
    assert document(calls) == written, "INJECTIONS_SECRET=any .venv/bin/python -m tests.llm_worker.chats docs/chats.md"
