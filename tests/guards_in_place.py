"""The guards of the core, removed or counted in this process.

Theory
    A module's source is parsed, the expressions of its guards are replaced, and the code that is compiled from that is put
    into the functions that are already there (``__code__``). Nothing is imported anew, so that costs milliseconds, and all
    who hold a function or an instance hold the changed one.
"""

import ast
import importlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import cast

from tests.guards import ESTIMATES, MODULES, Clamp, Guard, Removal, Replace, Walk, guards_of, source_of

_HIT, _BOUND = "_guard_hit", "_guard_bound"
_ORIGINALS: dict[FunctionType, CodeType] = {}

# -- Removing ---------------------------------------------------------------------------------------


def without(guard: Guard, removal: Removal) -> None:
    """Remove ``guard`` in this process."""

    def remove(other: Guard, node: ast.AST) -> ast.AST | None:
        if other != guard:
            return node
        if guard.kind not in ("condition", "case"):
            return None
        forced = ast.Constant(removal == "True")
        binds = any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))
        return ast.Subscript(ast.Tuple([cast("ast.expr", node), forced], ast.Load()), ast.Constant(1), ast.Load()) if binds else forced

    _put(guard.module, remove, only=guard.function)


def without_nothing() -> None:
    """Compile every module anew as it is: what fails then fails for having been compiled."""
    for name in MODULES + ESTIMATES:
        _put(name, lambda _, node: node)


# -- Counting ---------------------------------------------------------------------------------------


class Hits:
    """How often each guard was false and true, from ``start`` on, in this process."""

    def __init__(self, modules: Sequence[str] = MODULES) -> None:
        self._modules = modules
        self._guards: list[Guard] = []
        self._counts: list[int] = []

    def start(self) -> None:
        """Count from now on."""
        self._guards = [guard for name in self._modules for guard in guards_of(name, source_of(name))]
        self._counts = [0] * (2 * len(self._guards))
        places = {guard.name: 2 * place for place, guard in enumerate(self._guards)}

        def counted(guard: Guard, node: ast.AST) -> ast.AST:
            if not guard.sides or guard.kind == "bound":
                return node
            return _call(_HIT, ast.Constant(places[guard.name]), cast("ast.expr", node))

        def clamped(guards: list[Guard], node: ast.Call) -> ast.expr:
            which = ast.Tuple([ast.Constant(places[guard.name]) for guard in guards], ast.Load())
            return _call(_BOUND, which, node.func, *node.args)

        for name in self._modules:
            vars(importlib.import_module(name)).update({_HIT: self._hit(), _BOUND: self._bound()})
            _put(name, counted, clamped)

    def counts(self) -> Counter[tuple[str, bool]]:
        """Hits by name and side, for every side that is possible."""
        every = ((guard, 2 * place) for place, guard in enumerate(self._guards))
        return Counter({(guard.name, side): self._counts[place + side] for guard, place in every for side in guard.sides})

    def _hit(self) -> Callable[[int, object], object]:
        counts = self._counts

        def hit(place: int, value: object) -> object:
            counts[place + 1 if value else place] += 1
            return value

        return hit

    def _bound(self) -> Callable[..., float]:
        counts = self._counts

        def bound(places: tuple[int, ...], choose: Callable[[tuple[float, ...]], float], *values: float) -> float:
            chosen = choose(values)
            if values.count(chosen) == 1:
                counts[places[values.index(chosen)] + 1] += 1
            return chosen

        return bound


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


# -- Putting code in place --------------------------------------------------------------------------


def restore() -> None:
    """Nothing is counted or removed any more."""
    while _ORIGINALS:
        function, code = _ORIGINALS.popitem()
        function.__code__ = code


def _put(name: str, replace: Replace, clamp: Clamp = lambda _, node: node, only: str = "") -> None:
    """Give the functions of a module, or ``only`` one, the code that ``replace`` makes of their source."""
    module = importlib.import_module(name)
    tree = ast.fix_missing_locations(Walk(name, replace, clamp).visit(ast.parse(source_of(name))))
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compile(tree, str(module.__file__), "exec"))}
    functions = [function for function in _functions(module) if only in ("", function.__qualname__)]
    assert functions or not only, f"{name} has no function {only!r} whose code could be changed"
    for function in functions:
        _ORIGINALS.setdefault(function, function.__code__)
        function.__code__ = codes[function.__qualname__, function.__code__.co_firstlineno]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _codes(part)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """The functions and methods that stand in the module's own source."""
    own = [thing for thing in vars(module).values() if getattr(thing, "__module__", None) == module.__name__]
    methods = [member for thing in own if isinstance(thing, type) for member in vars(thing).values()]
    for thing in own + methods:
        function = thing.fget if isinstance(thing, property) else thing
        if isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__:
            yield function
