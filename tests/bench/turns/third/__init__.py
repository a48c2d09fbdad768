"""A third part of the material: three speakers whom nobody had heard when the bot was finished.

The held-out half was looked at more than once (docs/turn-taking.md says for what). These voices came after all choices,
and nothing may be chosen from them: who wants to try again needs a fourth part.

::

    packages ─▶ voices ─┐
    cuts.json ──────────┼─▶ one studio a language ─▶ scenes, by the same rules as the two halves
    core sounds ────────┘   (the others in the room speak the caller's language)
"""
