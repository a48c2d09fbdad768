"""Every guard and step of the sans-I/O core, found in its source: guards to be counted, and all to be removed (``make mutants``).

Rules
    A *guard* is a condition that decides something: the test of an ``if``, ``while``, ternary or comprehension,
    each operand of ``and`` and ``or``, a comparison or ``not`` that is returned or kept, an arm of a ``match``,
    what else an arm's pattern asks for, and each argument of ``min`` and ``max``, which is a bound. Assertions decide nothing.
    It is *removed* by making it always true or always false; an arm by never matching; a bound, a part of a pattern, or an
    operand of an ``or`` that chooses a value, by leaving it out.
    A *step* is a statement that is there for its effect alone: a call, what is kept beyond its function, an early return,
    a value that is yielded; but for those that make an object. It decides nothing, but is what guards guard, and is left out, too.
    A guard is *hit* when it decided: true or false; of an arm, when it matched; of a bound, when it was the one that bound.

Cosmic Ray and mutmut change operators and constants, but force no operand and count nothing, and Cosmic Ray starts
a pytest for each mutant: hence our own. ``guards_in_place.py`` counts and removes them.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

ROOT = Path(__file__).parent.parent
MODULES = (
    "gateway.clip",
    "gateway.playout",
    "gateway.vad.hangover",
    *(f"gateway.turn.{path.stem}" for path in sorted((ROOT / "gateway/turn").glob("[a-z]*.py"))),
)
"""What decides whose turn it is: its guards are counted in random calls, and removed."""
ESTIMATES = ("gateway.spoken",)
"""What is removed alone: random calls have too few kinds of words to hit it all."""

Kind = Literal["condition", "operand", "case", "bound", "part", "step"]
Removal = Literal["True", "False", "gone"]
_GONE: tuple[Removal, ...] = ("gone",)


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard."""

    name: str
    """``turn.reply:Reply._give_up: clip.audio``, with #2, #3 … where the same text stands in one function again."""
    module: str
    function: str
    line: int
    kind: Kind
    rules: tuple[str, ...]
    """Rules of a turn that the nearest docstring cites: R1 …"""
    sides: tuple[bool, ...]
    """What it can be, as far as the source tells."""

    @property
    def removals(self) -> tuple[Removal, ...]:
        """The ways in which it can be removed."""
        return ("True", "False") if self.kind == "condition" else _GONE


Replace = Callable[[Guard, ast.AST], ast.AST | None]
"""What stands in a guard's place; None leaves it out."""
Clamp = Callable[[list[Guard], ast.Call], ast.expr]
"""What stands in the place of a ``min`` or ``max`` of these bounds."""


def guards_of(module: str, source: str) -> list[Guard]:
    """The guards of a module, in the order of its source."""
    found: list[Guard] = []

    def note(guard: Guard, node: ast.AST) -> ast.AST:
        found.append(guard)
        return node

    Walk(module, note).visit(ast.parse(source))
    return found


def all_guards() -> list[Guard]:
    """The guards of all modules."""
    return [guard for module in MODULES + ESTIMATES for guard in guards_of(module, source_of(module))]


@cache
def source_of(module: str) -> str:
    """The text of a module of the core, as it was when the run began."""
    return (ROOT / f"{module.replace('.', '/')}.py").read_text()


# -- Finding ----------------------------------------------------------------------------------------


_Scope = ast.Module | ast.ClassDef | ast.FunctionDef
_Node = TypeVar("_Node", bound=ast.AST)


class Walk(ast.NodeTransformer):
    """Hands each guard to ``replace``, innermost first."""

    def __init__(self, module: str, replace: Replace, clamp: Clamp = lambda _, node: node) -> None:
        self._module = module
        self._replace = replace
        self._clamp = clamp
        self._scopes: list[_Scope] = []
        self._seen: Counter[str] = Counter()

    # -- Where we are

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._inside(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._inside(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._inside(node)

    def _inside(self, node: _Scope) -> ast.AST:
        self._scopes.append(node)
        self.generic_visit(node)
        self._scopes.pop()
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return node

    # -- Conditions

    def visit_If(self, node: ast.If) -> ast.AST:
        return self._tested(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        return self._tested(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return self._tested(node)

    def _tested(self, node: Any) -> ast.AST:
        test, node.test = node.test, ast.Constant(None)
        test = self._condition(test)
        self.generic_visit(node)
        node.test = test
        return cast("ast.AST", node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        ifs, node.ifs = node.ifs, []
        self.generic_visit(node)
        node.ifs = [self._condition(test) for test in ifs]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        return self._condition(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return self._condition(node) if isinstance(node.op, ast.Not) else self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if node.value is None:
            return self._step(node)
        if isinstance(node.value, ast.BoolOp) and self._returns_bool():
            node.value = self._condition(node.value)
            return node
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Not a test: a condition if any operand shows it, else a choice of values."""
        return self._condition(node) if any(_is_boolean(value) for value in node.values) else self._choice(node)

    def _condition(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.BoolOp):
            node.values = [self._condition(value) for value in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.BoolOp):
            node.operand = self._condition(node.operand)
            return node
        guard = self._guard("condition", ast.unparse(node), node, (False, True))
        inner = self.generic_visit(node) if isinstance(node, ast.Compare | ast.UnaryOp) else self.visit(node)
        return self._kept(guard, cast("ast.expr", inner))

    def _choice(self, node: ast.BoolOp) -> ast.expr:
        whole, last = ast.unparse(node), node.values[-1]
        kept: list[ast.expr] = []
        for value in node.values:
            guard = self._guard("operand", f"{ast.unparse(value)} in {whole}", value, () if value is last else (False, True))
            other = self._replaced(guard, cast("ast.expr", self.visit(value)))
            kept += [other] if other is not None else []
        node.values = kept
        return node if len(kept) > 1 else kept[0]

    # -- Calls and arms

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id="min" | "max"), args=[_, _, *_]):
                return self._bounds(node)
            case ast.Call(func=ast.Name(id="all" | "any"), args=[ast.GeneratorExp() as each]):
                each.generators = [self.visit(generator) for generator in each.generators]
                each.elt = self._condition(each.elt)
            case _:
                self.generic_visit(node)
        return node

    def _bounds(self, node: ast.Call) -> ast.expr:
        whole, kept, guards = ast.unparse(node), list[ast.expr](), list[Guard]()
        for argument in node.args:
            guards.append(self._guard("bound", f"{ast.unparse(argument)} in {whole}", argument, (True,)))
            other = self._replaced(guards[-1], cast("ast.expr", self.visit(argument)))
            kept += [other] if other is not None else []
        node.args = kept
        return self._clamp(guards, node) if len(kept) > 1 else kept[0]

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        if node.guard is not None:
            node.guard = self._condition(node.guard)
        if not (isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None):
            guard = self._guard("case", f"case {ast.unparse(node.pattern)}", node.pattern, (True,))
            node.guard = self._kept(guard, node.guard or ast.Constant(True))
        node.pattern = self.visit(node.pattern)
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_MatchOr(self, node: ast.MatchOr) -> ast.pattern:
        whole = ast.unparse(node)
        kept = [self._part(f"{ast.unparse(part)} in {whole}", part) for part in node.patterns]
        node.patterns = [part for part in kept if part is not None]
        return node if len(node.patterns) > 1 else node.patterns[0]

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.pattern:
        whole = ast.unparse(node)
        parts = list(zip(node.kwd_attrs, node.kwd_patterns, strict=True))
        kept = [(name, self._wanted(f"{name} in {whole}", part)) for name, part in parts]
        node.kwd_attrs = [name for name, part in kept if part is not None]
        node.kwd_patterns = [part for _, part in kept if part is not None]
        return node

    def _wanted(self, text: str, part: ast.pattern) -> ast.pattern | None:
        return self._part(text, part) if isinstance(part, ast.MatchValue | ast.MatchSingleton) else cast("ast.pattern", self.visit(part))

    def _part(self, text: str, part: ast.pattern) -> ast.pattern | None:
        return self._replaced(self._guard("part", text, part, ()), cast("ast.pattern", self.visit(part)))

    # -- Steps

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return self.generic_visit(node) if isinstance(node.value, ast.Constant) else self._step(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return self._step(node) if all(_is_kept(target) for target in node.targets) else self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        return self._step(node)

    def visit_Delete(self, node: ast.Delete) -> ast.AST:
        return self._step(node)

    def visit_Break(self, node: ast.Break) -> ast.AST:
        return self._step(node)

    def _step(self, node: ast.stmt) -> ast.AST:
        scope = self._scopes[-1]
        if not isinstance(scope, ast.FunctionDef) or scope.name == "__init__":
            return self.generic_visit(node)
        guard = self._guard("step", f"do {ast.unparse(node)}", node, ())
        return self._replaced(guard, self.generic_visit(node)) or ast.copy_location(ast.Pass(), node)

    # -- The guard itself

    def _kept(self, guard: Guard, node: ast.expr) -> ast.expr:
        other = self._replaced(guard, node)
        assert other is not None, "conditions and arms are not left out"
        return other

    def _replaced(self, guard: Guard, node: _Node) -> _Node | None:
        return cast("_Node | None", self._replace(guard, node))

    def _guard(self, kind: Kind, text: str, node: ast.expr | ast.pattern | ast.stmt, sides: tuple[bool, ...]) -> Guard:
        function = ".".join(scope.name for scope in self._scopes if not isinstance(scope, ast.Module))
        name = f"{self._module.removeprefix('gateway.')}:{function}: {' '.join(text.split())}"
        self._seen[name] += 1
        name += f" #{self._seen[name]}" if self._seen[name] > 1 else ""
        return Guard(name, self._module, function, node.lineno, kind, self._rules(), sides)

    def _rules(self) -> tuple[str, ...]:
        texts = (ast.get_docstring(scope) or "" for scope in reversed(self._scopes))
        return next((tuple(sorted(set(rules))) for text in texts if (rules := re.findall(r"\bR\d+", text))), ())

    def _returns_bool(self) -> bool:
        scope = self._scopes[-1]
        return isinstance(scope, ast.FunctionDef) and isinstance(scope.returns, ast.Name) and scope.returns.id == "bool"


def _is_kept(target: ast.expr) -> bool:
    """Whether what is assigned outlasts the function."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return all(isinstance(part, ast.Attribute | ast.Subscript) for part in parts)


def _is_boolean(node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp(values=values):
            return any(_is_boolean(value) for value in values)
        case _:
            return False
