"""What the small benches found is what the page says."""

from dataclasses import dataclass, replace

import pytest

from tests.bench import metrics_cost, redis_share, scaling
from tests.bench.kept import PAGE, Bench, Kept
from tests.bench.load.result import Machine

MACHINE = Machine("a processor", 2, "6.1", "3.11.7", (0.1, 0.2, 0.3))


@dataclass(frozen=True, slots=True)
class Found:
    """Of a small bench."""

    took_ms: float


BENCH: Bench[Found] = Bench(
    "small", Kept[Found], lambda kept: [f"It took {kept.found.took_ms:g} ms."], lambda found: {"took, ms": found.took_ms}
)
KEPT = Kept("2026-11-23T10:12Z", MACHINE, "abc", Found(2.0))


@pytest.mark.parametrize("bench", [scaling.BENCH, redis_share.BENCH, metrics_cost.BENCH], ids=lambda bench: bench.name)
def test_the_page_has_what_is_kept(bench: Bench[object]) -> None:
    kept = bench.load()
    assert kept is not None
    page = PAGE.read_text()
    assert bench.put(page, kept) == page


def test_a_part_of_the_page_is_made_anew_and_nothing_else() -> None:
    page = "before\n<!-- python -m tests.bench.small --docs -->\nold\nolder\n<!-- end of small -->\nbehind\n"
    made = "before\n<!-- python -m tests.bench.small --docs -->\nIt took 2 ms.\n<!-- end of small -->\nbehind\n"
    assert BENCH.put(page, KEPT) == made


def test_a_page_without_a_place_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places for small"):
        BENCH.put("nothing", KEPT)


def test_what_differs_by_more_than_a_tenth_is_told() -> None:
    lines = list(BENCH.since(KEPT, replace(KEPT, found=Found(3.0))))
    assert lines[1:] == ["  took, ms: 2 -> 3 (1.50)"]
    assert "23 November 2026, commit abc" in lines[0]
    assert list(BENCH.since(None, KEPT)) == ["No earlier result is kept."]


def test_a_run_is_told_and_kept_only_if_that_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    BENCH.report(lambda: Found(2.0), BENCH.parser(None).parse_args([]))
    assert capsys.readouterr().out == "It took 2 ms.\n\nNo earlier result is kept.\n"
    assert not BENCH.path.exists()
