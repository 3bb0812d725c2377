# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands for a Python package that is not installed: nothing is wrong before it is used, and then the fault tells what to install where.

So every file can be imported by whoever only wants to read its documentation, and by whoever needs something else of it.
"""

from __future__ import annotations

import sys
from typing import Any

from .faults import Fault


class NotInstalled(Exception):
    """The Python that runs this lacks a package, by the name it is installed by. No Fault: whoever goes on when a cloud gives no answer must not
    take this for silence."""

    def __init__(self, package: str) -> None:
        self.fault = Fault(
            f"use the Python package {package}", left=f"{sys.executable or 'This Python'} does not have it. Nothing was touched.",
            then=f"Install {package} for that Python, or name another in ansible_python_interpreter, then run again.")
        super().__init__(self.fault.told())


class _StandIn(type):
    """Classes whose attributes are classes like them, and that nobody can make anything of: whoever tries is told."""

    package: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(name, (Exception,), {"package": cls.package})

    def __call__(cls, *_args: Any, **_named: Any) -> Any:
        raise NotInstalled(cls.package)


def absent(package: str) -> Any:
    """Stands for a module, class or function of that package, and for all that is below it: may be inherited from and caught; a call raises
    NotInstalled."""
    return _StandIn("absent", (Exception,), {"package": package})
