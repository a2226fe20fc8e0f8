"""Values as people and as programs read them."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_dicom_cli.text import encoded, shown

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | DECIMALS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(DOCUMENTS)
def test_json_gives_back_what_it_was_made_of(document: object) -> None:
    assert json.loads(encoded(document), parse_float=Decimal, parse_int=Decimal) == document


@given(DECIMALS)
def test_a_decimal_keeps_every_digit(number: Decimal) -> None:
    read = json.loads(encoded(number), parse_float=Decimal, parse_int=Decimal)
    assert read.as_tuple() == number.as_tuple()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (["a", None, Decimal("1.50")], "a, , 1.50"),
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("line\nline\r", "line\\nline\\r"),
        ("\u202egnorw \u2066", "\\u202egnorw \\u2066"),
        ("\udcff", "\\udcff"),
    ],
)
def test_text_has_nothing_that_steers_a_terminal(value: object, text: str) -> None:
    assert shown(value) == text
