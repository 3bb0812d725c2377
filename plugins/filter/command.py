# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters for what was said on the command line: what is misspelt, and whom a limit leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

DOCUMENTATION = """
name: command_faults
author: The multicloud.dr contributors
short_description: What was said on the command line and is none of the known words
version_added: 0.1.0
description:
  - Ansible takes every word that it does not know for false, and an operator's C(ture) for the opposite of what was meant. Returns a sentence for
    each variable whose value is none of the words that it may have.
  - Beside it, C(command_unreached) takes names of groups or hosts, all groups, and the hosts that a limit leaves, and returns the names of which it
    leaves nobody.
options:
  _input:
    description: The variables by their names; C(not given) for one that was not, as an empty one was.
    type: dict
    required: true
  known:
    description: For each of them the words that it may have; empty for one that is true or false.
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: ({'fail_over_home': 'true'} | multicloud.dr.command_faults({'fail_over_home': []})) == []
"""

RETURN = """
_value:
  description: Sentences; empty when all can be understood.
  type: list
  elements: str
"""

# As Ansible's own filter `bool` knows them, in any case of letters; that one takes everything else for false.
NOT_GIVEN = "not given"
FLAGS = ("true", "yes", "on", "1", "false", "no", "off", "0")


def command_faults(said: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> list[str]:
    """Every fault, as "variable: what is wrong"."""
    found = []
    for name, value in said.items():
        words = [str(word) for word in known[name]]
        if value != NOT_GIVEN and str(value) not in words and (words or str(value).lower() not in FLAGS):
            found.append(f"{name}: {str(value)!r} is not {' or '.join(words or ['true', 'false'])}")
    return found


def command_unreached(names: Iterable[str], groups: Mapping[str, Sequence[str]], within: Iterable[str]) -> list[str]:
    """The names of which nobody is `within`. A name is a group's, or a host's; a group that nobody has filled is none."""
    left = set(within)
    return [name for name in names if not left & set(groups.get(name, [name]))]


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"command_faults": command_faults, "command_unreached": command_unreached}
