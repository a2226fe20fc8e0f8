"""Numbers as JSON has them <-> as DynamoDB has them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

_SMALLEST = 1e-125
"""What is nearer to zero than DynamoDB's smallest number is zero there."""


def with_decimals(value: Any) -> Any:
    """JSON's values with each float as the shortest Decimal that is read back as the same float.

    Raises ValueError for NaN and infinities, which neither side has.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number of JSON")
        return Decimal(repr(value)) if abs(value) >= _SMALLEST else Decimal(0)
    if isinstance(value, dict):
        return {name: with_decimals(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [with_decimals(part) for part in value]
    return value


def without_decimals(value: Any) -> Any:
    """A row's values as JSON has them: numbers as int where they are whole, as float where not."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: without_decimals(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_decimals(part) for part in value]
    return value
