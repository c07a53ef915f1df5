"""Arithmetic over named rewards: checked when it is written, computed without Python's `eval`."""

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

Values = Mapping[str, float]
_Compute = Callable[[Values], float]

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: float.__add__,
    ast.Sub: float.__sub__,
    ast.Mult: float.__mul__,
    ast.Div: float.__truediv__,
    ast.Pow: math.pow,
}
_OF_ONE: Mapping[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "sqrt": math.sqrt,
}
_OF_MANY: Mapping[str, Callable[[Iterable[float]], float]] = {"max": max, "min": min}
MAX_DEPTH = 100
"""Levels of brackets and operators; a long sum has one for each of its terms."""
_ALLOWED = ", ".join(sorted({*_OF_ONE, *_OF_MANY}))


class FormulaError(Exception):
    """A text that is no formula."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column
        """Counted from 1."""


class Formula:
    """One expression, e.g. `0.7 * correct + 0.3 * min(short, polite)`; `^` is a power, as `**`.

    Raises:
        FormulaError: It is no expression of these.
    """

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        """Those it needs a value of."""
        try:
            tree = ast.parse(text.strip().replace("^", "**"), mode="eval")
            self._compute = self._build(tree.body, MAX_DEPTH)
        except SyntaxError as error:
            raise _fault("it is not an expression", error.offset or 1) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise _fault("it is too long, or a number in it is", 1) from error

    def compute(self, values: Values) -> float:
        """The value of the expression.

        Raises:
            ArithmeticError: It has none, e.g. because something is divided by zero.

        Example:
            >>> Formula("2 * a - b^2").compute({"a": 0.5, "b": 0.5})
            0.75
        """
        try:
            return float(self._compute(values))
        except ValueError as error:  # e.g. the root of a negative number
            raise ArithmeticError(str(error)) from error

    def _build(self, node: ast.expr, depth: int) -> _Compute:
        if not depth:
            raise _fault(f"it is nested more than {MAX_DEPTH} levels deep", node.col_offset + 1)
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                number = _to_float(value)
                return lambda _: number
            case ast.Name(id=name):
                self.names.add(name)
                return itemgetter(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                positive = self._build(operand, depth - 1)
                return lambda values: -positive(values)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                join = _OPERATORS[type(op)]
                one, other = self._build(left, depth - 1), self._build(right, depth - 1)
                return lambda values: join(one(values), other(values))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if args:
                return self._build_call(node, name, args, depth)
            case _:
                raise _unknown(node)

    def _build_call(self, node: ast.expr, name: str, args: list[ast.expr], depth: int) -> _Compute:
        parts = [self._build(arg, depth - 1) for arg in args]
        if name in _OF_MANY:
            choose = _OF_MANY[name]
            return lambda values: choose([part(values) for part in parts])
        if name in _OF_ONE and len(parts) == 1:
            apply, [part] = _OF_ONE[name], parts
            return lambda values: float(apply(part(values)))
        raise _unknown(node)


def _to_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError from None


def _unknown(node: ast.expr) -> FormulaError:
    text = ast.unparse(node)[:40]
    return _fault(
        f"`{text}` is not known; there are names, numbers, + - * / ^, brackets and {_ALLOWED}",
        node.col_offset + 1,
    )


def _fault(message: str, column: int) -> FormulaError:
    return FormulaError(f"The formula cannot be used: {message} (column {column}).", column)
