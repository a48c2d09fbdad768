"""What was done in a call beside talking, turn by turn: what tools brought about, and the bot's actions (no clock, no sockets).

    effect    once        it was done
              undone      the caller was told that it is done, and it was not
              twice       done once more, whatever was told
              unknown     not done; the caller was told that nobody knows, or cut in
    action    done        carried out once the reply that it belongs to was heard whole
              left        not carried out, though it was
              redone      carried out twice
              unasked     carried out, though the caller had cut in, or the reply was never heard
              unknown     not carried out, and the reply was not heard whole; or there is no telling

That the bot asked for keys shows in what came of those that were pressed: in full, and without the key that ends them. That it may end a
call is the last reply's to say; else the call was dropped.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.chaos.callers import Heard
from tests.chaos.desk import Errand
from tests.chaos.judge import Verdict
from tests.chaos.talk import EFFECTS, LEAVES, TERMINATOR, TURNS, ActionName, part

Outcome = Literal["once", "undone", "twice", "unknown", "done", "left", "redone", "unasked"]
_FAULTS: frozenset[Outcome] = frozenset({"undone", "twice", "left", "redone", "unasked"})


@dataclass(frozen=True, slots=True)
class Deed:
    """One of them."""

    what: str
    """A tool's name, or an action's."""
    outcome: Outcome

    @property
    def complaint(self) -> str:
        """As the judge's: the first word is its kind; "": there is none."""
        return f"{self.outcome} {self.what}" if self.outcome in _FAULTS else ""


def deeds_of(heard: Heard, verdicts: Sequence[Verdict], errands: Sequence[Errand]) -> list[tuple[Deed, ...]]:
    """Of each of a call's turns; ``errands``: the call's own."""
    whose = _whose(verdicts, errands)
    return [
        (
            *_effects(verdict, [errand for errand in errands if whose[errand.turn] == number]),
            *_actions(heard, verdicts, number, errands),
        )
        for number, verdict in enumerate(verdicts)
    ]


def was_dropped(heard: Heard, verdicts: Sequence[Verdict]) -> bool:
    """Whether the call ended though neither its caller wanted it nor the last reply said so, or there was no room for it."""
    last = _action(verdicts[-1]) if verdicts else ""
    return not (heard.hung_up or heard.turned_away or (heard.ended_by_bot and last in LEAVES))


def _whose(verdicts: Sequence[Verdict], errands: Sequence[Errand]) -> dict[int, int]:
    """Which of the caller's turns each of the bot's belongs to; of one that was never heard, the one before.

    Where the bot counts turns anew, the later one of two with a pitch is heard later.
    """
    found, places = dict[int, int](), defaultdict[int, list[int]](list)
    for number, verdict in enumerate(verdicts):
        if verdict.code is not None:
            places[verdict.code].append(number)
    for turn in sorted({errand.turn for errand in errands}):
        heard = places[turn % TURNS]
        earlier = [place for code, numbers in places.items() if code < turn % TURNS for place in numbers]
        found[turn] = heard.pop(0) if heard else max(earlier, default=0)
    return found


def _effects(verdict: Verdict, errands: Sequence[Errand]) -> Iterator[Deed]:
    found = [errand for errand in errands if errand.tool in EFFECTS]
    for (tool, _), times in Counter((errand.tool, errand.key) for errand in found).items():
        yield Deed(tool, "once" if times == 1 else "twice")
    about = None if verdict.code is None else part(verdict.code)
    if about is not None and about.has_effects and all(errand.turn % TURNS != verdict.code for errand in found):
        yield Deed(about.tool, "unknown" if verdict.unsure or verdict.cut_in_on else "undone")


def _action(verdict: Verdict) -> ActionName | Literal[""]:
    return "" if verdict.code is None else part(verdict.code).action


def _actions(heard: Heard, verdicts: Sequence[Verdict], number: int, errands: Sequence[Errand]) -> Iterator[Deed]:
    """What one of these turns was to have done."""
    verdict, following = verdicts[number], verdicts[number + 1] if number + 1 < len(verdicts) else None
    match _action(verdict):
        case "collect":
            yield Deed("collect", _collected(following, errands))
        case "transfer":
            of = [place for place, other in enumerate(verdicts) if _action(other) == "transfer"]
            yield Deed("transfer", _transferred(heard.dials, of.index(number), len(of), verdict))
        case "hang_up":
            yield Deed("hang_up", _carried_out(heard.ended_by_bot and following is None, verdict))
        case "":
            pass


def _collected(following: Verdict | None, errands: Sequence[Errand]) -> Outcome:
    """What became of the keys that were pressed next."""
    if following is None or not following.keys:
        return "unknown"
    said = {errand.said for errand in errands if errand.tool == "book" and errand.turn % TURNS == following.code}
    if not said:
        return "unknown"
    return "done" if following.keys.removesuffix(TERMINATOR) in said else "left"


def _transferred(dials: int, place: int, of: int, verdict: Verdict) -> Outcome:
    """The transfer of one of so many turns that were to have one."""
    if place == of - 1 and dials > of:
        return "redone"
    return "unasked" if dials > place and verdict.cut_in_on else _carried_out(dials > place, verdict)


def _carried_out(done: bool, verdict: Verdict) -> Outcome:
    if done:
        return "done"
    return "left" if verdict.answered and not verdict.cut_in_on else "unknown"
