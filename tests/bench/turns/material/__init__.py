"""The material of the turn-taking bench: scenes of recorded, synthesised and made-up callers (docs/benchmarks/turns/material.md).

::

    packages ─▶ speakers ─▶ voices ─┐
    cuts.json (words in them) ──────┤
    local voice ─▶ hebrew ──────────┼─▶ studio ─▶ events (one function a kind) ─▶ scenes, in TORIM_CACHE/bench/turns
    vocal noises, noises ───────────┘

All of it is drawn from ``scenes.SEED``, each event from a generator of its own, so that more events change none of
those that were there.
"""

from tests.bench.turns.material.shelf import scenes

__all__ = ["scenes"]
