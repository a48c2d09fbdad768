"""A house of real processes under fire, judged by its callers' ears: ``make chaos``.

    plan ──▶ director ──▶ kills, stalls, duplicates, cuts, restarts ──▶ house (gateways, workers, Redis, a proxy for each process)
                                                                          ▲ │
                                            callers, who speak and listen ┘ ▼ tones
                          judge: what each caller heard of each turn ──▶ report

What a fault may cost is said in ``costs.py``, before it happens; anything else is a complaint, and tells its story (``story.py``).
"""
