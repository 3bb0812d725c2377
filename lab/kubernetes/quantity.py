# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resource quantities: `250m`, `64Mi`, `1`. Read as exact numbers, written in the canonical form the API stores."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

DECIMAL = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
SHAPE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")


def parse(text: str) -> Decimal:
    """The quantity in its base unit (cores, bytes). Raises ValueError naming the text when it is none."""
    match = SHAPE.fullmatch(text)
    if not match:
        raise ValueError(f"quantities must match the regular expression '{SHAPE.pattern}', got {text!r}")
    number, exponent, suffix = match.groups()
    try:
        value = Decimal(number + (exponent or ""))
    except InvalidOperation as error:
        raise ValueError(f"not a quantity: {text!r}") from error
    if suffix in BINARY:
        return value * 1024 ** BINARY[suffix]
    return value * Decimal(1000) ** DECIMAL[suffix or ""]


def canonical(text: str) -> str:
    """As the API stores it: no fraction, the largest suffix of the same family that needs none (`0.5` is `500m`, `1024Mi` is `1Gi`)."""
    value = parse(text)
    match = SHAPE.fullmatch(text)
    binary = bool(match and match[3] in BINARY)
    if value == 0:
        return "0"
    family = BINARY if binary else DECIMAL
    for suffix, power in sorted(family.items(), key=lambda item: -item[1]):
        unit = Decimal(1024) ** power if binary else Decimal(1000) ** power
        if value % unit == 0:
            return f"{int(value / unit)}{suffix}"
    return str(int(value)) if value == int(value) else canonical(f"{value.normalize():f}")
