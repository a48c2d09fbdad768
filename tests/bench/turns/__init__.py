"""How well the bot takes turns, scored like the published benchmarks."""
