"""Small mistakes made on purpose: every way in which one place of a source file could be wrong.

A mutant replaces one piece of the text and leaves the rest as it was written, so that its diff is what a reviewer
would have seen. Nothing random here: the same source gives the same mutants in the same order.
"""

from __future__ import annotations

import ast
import copy
import difflib
from collections import Counter
from dataclasses import dataclass, replace

SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
# The next member stands in for the one that is meant.
ENUMS: dict[str, tuple[str, ...]] = {
    "State": ("CHAT", "QUEUED", "VIDEO_LOBBY", "IN_VIDEO", "CLOSED"),
    "Party": ("NONE", "BOT", "AGENT"),
    "Need": ("CHAT", "VIDEO"),
    "Purpose": ("OFFER", "TRANSFER"),
    "Consent": ("NONE", "VISITOR", "CARD"),
    "TimerName": (
        "BOT",
        "IDLE",
        "QUEUE",
        "ROUND",
        "INVITATION",
        "LOBBY",
        "RECONNECT",
        "RESUME",
        "AGENT_AWAY",
    ),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """``source[start:end]`` (in bytes) becomes ``after``."""

    path: str
    line: int
    within: str
    """The function or class, so that a mutant is found again when lines move."""
    what: str
    before: str
    after: str
    start: int
    end: int
    nth: int = 1
    """Of those in the same function that read the same."""

    @property
    def key(self) -> str:
        again = f" ({self.nth})" if self.nth > 1 else ""
        before, after = " ".join(self.before.split()), " ".join(self.after.split())
        return f"{self.path} {self.within}: {before} => {after}{again}"

    def apply(self, source: str) -> str:
        raw = source.encode()
        return (raw[: self.start] + self.after.encode() + raw[self.end :]).decode()

    def diff(self, source: str) -> str:
        old, new = source.splitlines(), self.apply(source).splitlines()
        lines = list(difflib.unified_diff(old, new, lineterm="", n=0))[3:]
        return f"{self.path}:{self.line} ({self.what}) in {self.within}\n" + "\n".join(lines)


def mutants_of(path: str, source: str) -> list[Mutant]:
    """Every mutant of a file that reads differently, in the order of the text."""
    found: dict[str, Mutant] = {}
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    for mutant in sorted(finder.found, key=lambda one: (one.start, one.end, one.after)):
        found.setdefault(mutant.apply(source), mutant)
    found.pop(source, None)
    times: Counter[str] = Counter()
    numbered: list[Mutant] = []
    for mutant in found.values():
        times[mutant.key] += 1
        numbered.append(replace(mutant, nth=times[mutant.key]))
    return numbered


class _Finder(ast.NodeVisitor):
    """Walks the code that runs: no annotations, no docstrings, no imports."""

    def __init__(self, path: str, source: str) -> None:
        self._path = path
        self._raw = source.encode()
        lines = self._raw.splitlines(keepends=True)
        self._starts = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
        self._within: list[str] = []
        self.found: list[Mutant] = []

    def _replace(self, node: ast.AST, after: str | ast.AST, what: str) -> None:
        text = after if isinstance(after, str) else ast.unparse(after)
        if isinstance(after, ast.expr) and not isinstance(after, ast.Constant | ast.Attribute | ast.Call):
            text = f"({text})"
        self._cut(node, *self._span(node), text, what)

    def _span(self, node: ast.AST) -> tuple[int, int]:
        """Where the text of a node begins and ends, in bytes."""
        start = self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return start, end

    def _cut(self, node: ast.AST, start: int, end: int, text: str, what: str) -> None:
        self.found.append(
            Mutant(
                path=self._path,
                line=node.lineno,  # type: ignore[attr-defined]
                within=".".join(self._within) or "module",
                what=what,
                before=self._raw[start:end].decode(),
                after=text,
                start=start,
                end=end,
            )
        )

    def _without(self, node: ast.AST, attribute: str, what: str, least: int = 1) -> None:
        """One mutant for each element that ``attribute`` can lose."""
        for index in range(len(getattr(node, attribute))):
            less = copy.deepcopy(node)
            del getattr(less, attribute)[index]
            if len(getattr(less, attribute)) >= least:
                self._replace(node, less, what)

    # --- what is entered ------------------------------------------------------------------------------------

    def _scope(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self._within.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._within.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scope(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scope(node)

    def visit_Import(self, node: ast.Import) -> None: ...

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None: ...

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if "Literal" not in ast.unparse(node.value):
            self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring
        self._replace(node, "pass", "statement dropped")
        self.visit(node.value)

    # --- what is mutated ------------------------------------------------------------------------------------

    def visit_Compare(self, node: ast.Compare) -> None:
        for index, operator in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[index] = SWAPPED[type(operator)]()
            self._replace(node, other, "comparison swapped")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = copy.deepcopy(node)
        other.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        self._replace(node, other, "and/or swapped")
        for value in node.values:
            self._replace(node, value, "only one of the conditions")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._replace(node, node.operand, "not dropped")
        self.generic_visit(node)

    def _negate(self, test: ast.expr) -> None:
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1) and not isinstance(test, ast.UnaryOp):
            self._replace(test, ast.UnaryOp(ast.Not(), test), "condition negated")

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            self._negate(node.test)
        super().generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._negate(test)
        self.generic_visit(node)

    def visit_match_case(self, node: ast.match_case) -> None:
        if node.guard is not None:
            self._negate(node.guard)
            self._replace(node.guard, "True", "guard dropped")
        self.generic_visit(node)

    def visit_MatchOr(self, node: ast.MatchOr) -> None:
        self._without(node, "patterns", "pattern dropped")

    def visit_MatchClass(self, node: ast.MatchClass) -> None: ...

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace(node, "return None", "answer dropped")
        self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "pass", "statement dropped")

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace(node, "pass", "statement dropped")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name) or node.func.id not in ("dataclass", "lru_cache", "field"):
            self._without(node, "keywords", "argument dropped", least=0)
            self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        self._elements(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        if isinstance(node.ctx, ast.Load):
            self._elements(node)

    def _elements(self, node: ast.Set | ast.Tuple) -> None:
        """One mutant without each element; the rest of a long list stays as it was written."""
        if len(node.elts) < 2:
            return
        spans = [self._span(element) for element in node.elts]
        rest = self._raw[spans[-1][1] :]
        comma = len(rest) - len(rest.lstrip()) + 1 if rest.lstrip().startswith(b",") else 0
        for index, (element, (start, end)) in enumerate(zip(node.elts, spans, strict=True)):
            if index + 1 == len(spans):
                self._cut(element, start, end + comma, "", "element dropped")
            elif len(spans) == 2 and not comma:  # what is left must still be a tuple
                left = self._raw[slice(*spans[1])].decode() + ","
                self._cut(element, start, spans[1][1], left, "element dropped")
            else:
                self._cut(element, start, spans[index + 1][0], "", "element dropped")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Name) and node.value.id in ("dict", "set", "list", "frozenset"):
            return  # a type
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add | ast.Sub):
            other = copy.deepcopy(node)
            other.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            self._replace(node, other, "plus/minus swapped")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        members = ENUMS.get(node.value.id, ()) if isinstance(node.value, ast.Name) else ()
        if node.attr in members:
            other = copy.deepcopy(node)
            other.attr = members[(members.index(node.attr) + 1) % len(members)]
            self._replace(node, other, "another member")
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None: ...

    def visit_Constant(self, node: ast.Constant) -> None:
        match node.value:
            case bool():
                self._replace(node, str(not node.value), "constant changed")
            case int():
                self._replace(node, str(node.value + 1), "constant changed")
            case str():
                self._replace(node, repr(node.value + "x"), "constant changed")
