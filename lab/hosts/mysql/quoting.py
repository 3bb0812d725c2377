# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL literals for statements that go through the mysql client or an init file, where nothing binds parameters for us."""

from __future__ import annotations


def text(value: str) -> str:
    """A string literal. Newlines and NUL cannot be in a name or a password of either service and would end a line: refused."""
    if any(character in value for character in "\0\r\n"):
        raise ValueError("line breaks and NUL are not allowed in names and passwords")
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def account(user: str, host: str) -> str:
    """'user'@'host', each part quoted."""
    return f"{text(user)}@{text(host)}"


def name(identifier: str) -> str:
    """A schema or table name in backquotes."""
    return "`" + identifier.replace("`", "``") + "`"
