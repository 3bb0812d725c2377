# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the files beside this one change moto: by putting methods of ours onto its classes, once, before the first request."""

from __future__ import annotations


def graft(onto: type, ours: type) -> None:
    """Put every attribute that `ours` defines itself onto moto's class, replacing what is there.

    moto finds the handler of an API action by looking its name up on the response class, so a new method there is a new action.
    """
    for name, value in vars(ours).items():
        if not name.startswith("__") or name == "__init__":
            setattr(onto, name, value)

