# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the tests are dealt to three processes (`make test`): a file stays together, as its tests share what is slow to build, and every file that
needs real MySQL servers goes to the same one, as these exist once.

pytest-xdist's own groups are no help: it looks for a test's group in its name, and pytest 9.2 does not let it write there.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = "tests/contract/"
SERVERS = "servers"
PAIRS = frozenset({"pair", "alone", "twins", "spare"})       # fixtures of tests/contract/conftest.py that are such servers


@cache
def group(file: str) -> str:
    """`file`: as tests are named, from the root of the clone."""
    return SERVERS if file.startswith(CONTRACT) and any(asks & _stands_on_servers() for _, asks in _functions(file)) else file


@cache
def _stands_on_servers() -> frozenset[str]:
    """Names of fixtures, those that are shared by files included, that ask for servers or for a fixture that does."""
    shared = [function for path in sorted((ROOT / CONTRACT).glob("*.py")) if not path.name.startswith("test_")
              for function in _functions(str(path.relative_to(ROOT)))]
    found = PAIRS
    while more := {name for name, asks in shared if asks & found} - found:
        found |= more
    return found


@cache
def _functions(file: str) -> tuple[tuple[str, frozenset[str]], ...]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return tuple((each.name, frozenset(argument.arg for argument in each.args.args)) for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


class Dealing(LoadScopeScheduling):
    """A scope is a group."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid.partition("::")[0])
