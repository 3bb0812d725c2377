# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Formulas in the place of a parameter's value, of what an instance is: `ramSizeByte * 3 / 4`, `max(vCPU * 50, 200)`, in braces or without."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

VARIABLES = ("ramSizeByte", "vCPU", "dbPort", "serverId", "readOnly")
FUNCTIONS: dict[str, Callable[..., Any]] = {"max": max, "min": min, "sum": sum}
SIGNS: dict[type, Callable[[Any, Any], Any]] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
SOME = {name: 1 << 30 for name in VARIABLES}        # an instance to try a formula on


class NoFormula(ValueError):
    """The text is none."""


def is_formula(text: str) -> bool:
    """Whether it is of the documented words and signs, and names something of the instance or a function."""
    try:
        worked_out(text, SOME)
    except NoFormula:
        return False
    return any(word in text for word in (*VARIABLES, *FUNCTIONS))


def worked_out(text: str, instance: Mapping[str, int]) -> str:
    """What it comes to for an instance, a whole number. Raises NoFormula."""
    plain = text.strip()
    if plain.startswith("{") and plain.endswith("}"):
        plain = plain[1:-1].strip()
    try:
        return str(int(_value(ast.parse(plain, mode="eval").body, instance)))
    except (SyntaxError, TypeError, ValueError, ArithmeticError, KeyError) as error:
        raise NoFormula(text) from error


def _value(node: ast.AST, instance: Mapping[str, int]) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name):
        return instance[node.id]
    if isinstance(node, ast.List):
        return [_value(each, instance) for each in node.elts]
    if isinstance(node, ast.BinOp):
        return SIGNS[type(node.op)](_value(node.left, instance), _value(node.right, instance))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return FUNCTIONS[node.func.id](*(_value(each, instance) for each in node.args))
    raise NoFormula(ast.dump(node))
