"""The others' figures: whether each is what it is said to be among them."""

from operator import attrgetter

from tests.bench.turns.published import CASCADE, IGNORING, TAU_VOICE, TAU_VOICE_CHOICE, YIELDING

STANDARD = [each for each in TAU_VOICE if each.standard]
YIELDS, IGNORES = attrgetter("r_y"), attrgetter("ignored")


def test_each_row_says_why_it_is_there() -> None:
    assert all(f"{each.system}: {each.why}" in TAU_VOICE_CHOICE for each in TAU_VOICE)
    assert f"A choice of {len(TAU_VOICE)} " in TAU_VOICE_CHOICE


def test_who_is_said_to_be_best_is() -> None:
    assert max(STANDARD, key=YIELDS) is YIELDING
    assert max(STANDARD, key=IGNORES) is IGNORING
    assert max((each for each in TAU_VOICE if "cascade" in each.system), key=YIELDS) is CASCADE
    best = {each.why: each for each in TAU_VOICE}
    assert max(TAU_VOICE, key=YIELDS) is best["yields best of all, in one domain"]
    assert max(TAU_VOICE, key=IGNORES) is best["ignores best of all"]


def test_who_is_in_between_is_neither() -> None:
    between = [each for each in TAU_VOICE if each.why == "in between"]
    assert between
    assert all(
        YIELDS(IGNORING) < YIELDS(each) < YIELDS(YIELDING) and IGNORES(YIELDING) < IGNORES(each) < IGNORES(IGNORING) for each in between
    )
