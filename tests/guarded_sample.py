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
        self._number = number

    @property
    def name(self) -> str:
        """An arm."""
        match self._number:
            case 1:
                return "one"
            case _:
                return "many"
