"""Fields of a request: what is wrong is told, all of it, without what may be a secret."""

import math
from typing import Any

import pytest

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.fields import Fields

TEXT = "a text of 1 to 5 characters"


def problems(fields: Fields) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        fields.finish()
    return list(refused.value.problems)


@pytest.mark.parametrize("request_", [None, [], "x", 1, True])
def test_a_request_is_an_object(request_: Any) -> None:
    with pytest.raises(InvalidRequest, match=r'^the request must be a JSON object such as {"a": 1}$'):
        Fields.of(request_, '{"a": 1}')


def test_fields_are_read_and_left_out() -> None:
    fields = Fields.of({"a": "text", "b": "Second", "c": 3, "d": 0.5, "e": True, "f": None}, "{}")
    assert fields.text("a", TEXT, 5) == "text"
    assert fields.choice("b", ("FIRST", "SECOND"), "FIRST") == "SECOND"
    assert (fields.whole("c", 1), fields.number("d", 0, 1), fields.truth("e", default=False)) == (3, 0.5, True)
    assert [fields.optional_text("f", TEXT), fields.whole("f", 1), fields.number("f", 0, 1)] == [None] * 3
    assert (fields.choice("f", ("x",), "x"), fields.truth("g", default=True)) == ("x", True)
    fields.finish()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "got an empty one"),
        ("  ", "got an empty one"),
        ("Zzyzx^Quentin", "got 13 characters"),
        (4711, "got a number"),
        (47.11, "got a number"),
        (False, "got true or false"),
        (["Zzyzx"], "got a list"),
        ({"Zzyzx": 1}, "got an object"),
        (None, "it is missing"),
    ],
)
def test_nothing_is_repeated_of_what_was_sent_for_a_text(value: Any, told: str) -> None:
    fields = Fields.of({"a": value}, "{}")
    assert fields.text("a", TEXT, 5) == ""
    assert problems(fields) == [f"a must be {TEXT}, {told}"]


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", True, math.nan, []])
def test_a_whole_number_may_have_no_largest(value: Any) -> None:
    fields = Fields.of({"a": 10**400, "b": value}, "{}")
    assert (fields.whole("a", 1), fields.whole("b", 1)) == (10**400, None)
    assert problems(fields)[0].startswith("b must be a whole number from 1, got ")


def test_every_problem_is_told_and_every_unknown_field() -> None:
    fields = Fields.of({"a": 1, "b": "x", "c": 2, "no field\n": 3}, "{}")
    fields.text("a", TEXT)
    fields.whole("b", 1, 9)
    fields.text("d", TEXT)
    assert problems(fields) == [
        "a must be a text of 1 to 5 characters, got a number",
        'b must be a whole number from 1 to 9, got "x"',
        "d must be a text of 1 to 5 characters, it is missing",
        "c is no field: there are a, b, d",
        "a name that was sent is no field: there are a, b, d",
    ]
