"""What goes into a row as JSON comes out as the same JSON."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serverless_dicom.stores.ledger import from_item, to_item
from serverless_dicom.stores.numbers import with_decimals, without_decimals

NUMBERS = st.floats(-(2.0**53), 2.0**53).filter(lambda number: not 0 < abs(number) < 1e-100)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def through_a_row(value: Any) -> Any:
    return without_decimals(from_item(to_item({"Results": with_decimals(value)}))["Results"])


@given(VALUES)
@example({"confidence": 99.8, "box": {"left": 0.1 + 0.2, "top": 1 / 3, "width": 1.0, "height": 5e-5}})
def test_values_come_back_as_the_same_json(value: Any) -> None:
    assert through_a_row(value) == value
    assert json.loads(json.dumps(through_a_row(value))) == value


def test_whole_numbers_stay_whole_and_tuples_become_lists() -> None:
    assert json.dumps(through_a_row({"a": 512, "b": (1, 2.5), "c": True})) == '{"a": 512, "b": [1, 2.5], "c": true}'


def test_what_is_too_near_to_zero_for_a_row_is_zero() -> None:
    assert through_a_row([5e-324, -1e-300, 1e-125]) == [0, 0, 1e-125]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_does_not_have_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no number of JSON"):
        through_a_row(value)


def test_rows_of_headers_are_told_as_json_too() -> None:
    row = {"SliceThickness": Decimal("0.50"), "Rows": Decimal(512), "PixelSpacing": [Decimal("0.488281"), Decimal(1)]}
    assert without_decimals(row) == {"SliceThickness": 0.5, "Rows": 512, "PixelSpacing": [0.488281, 1]}
