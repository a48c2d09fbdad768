"""Guards of every kind, for the tests of what finds, counts and removes them."""


def small(number: int) -> bool:
    """A condition."""
    return number < 10


def first(number: int, other: int) -> int:
    """Two bounds."""
    return min(number, other)


def chosen(number: int, other: int) -> int:
    """Two operands."""
    return number or other


class Sample:
    """A method and a property have guards, too."""

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def name(self) -> str:
        """An arm."""
        match self.number:
            case 1:
                return "one"
            case _:
                return "many"

    @property
    def parity(self) -> str:
        """Parts of patterns."""
        match self:
            case Sample(number=5):
                return "five"
            case Sample(number=(2 | 4)):
                return "even"
            case _:
                return "odd"

    def add(self, other: int) -> None:
        """A step."""
        self.number += other
