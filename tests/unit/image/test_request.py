"""The fields of a conversion request: whoever gets one wrong is told of every one."""

import math
from typing import Any

import pytest

from serverless_dicom.errors import InvalidRequest
from serverless_dicom.image import RenderOptions, Window
from serverless_dicom.image.request import ConvertRequest

URL = "s3://bucket/key"


def parsed(**fields: Any) -> ConvertRequest:
    return ConvertRequest.parse({"url": URL, **fields})


def problems(**fields: Any) -> list[str]:
    """What is wrong with a request."""
    with pytest.raises(InvalidRequest) as refused:
        parsed(**fields)
    assert str(refused.value) == "; ".join(refused.value.problems)
    return list(refused.value.problems)


def test_a_url_is_enough() -> None:
    assert parsed() == ConvertRequest(URL, "auto", 1, RenderOptions("jpg", 85), include_metadata=True)


def test_every_field_has_its_place() -> None:
    request = parsed(
        storage_type="s3",
        output_format="png",
        quality=100,
        frame=7,
        window_center=-600,
        window_width=1500.5,
        width=100,
        height=200,
        upscale=True,
        square_pixels=True,
        overlays=True,
        explain=True,
        include_metadata=False,
    )

    options = RenderOptions("png", 100, Window(-600.0, 1500.5), 100, 200, True, True, True, True)
    assert request == ConvertRequest(URL, "s3", 7, options, include_metadata=False)


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        ({"output_format": "JPG"}, "format", "jpg"),
        ({"output_format": "jpeg"}, "format", "jpg"),
        ({"output_format": "Png"}, "format", "png"),
        ({"window": "brain"}, "window", Window(preset="brain")),
        ({"window": "Brain"}, "window", Window(preset="brain")),
        ({"window": 2}, "window", Window(index=2)),
        ({"window": None, "quality": None, "width": None, "upscale": None}, "quality", 85),
        ({"quality": 1}, "quality", 1),
    ],
)
def test_a_value_may_be_written_so(fields: dict[str, Any], attribute: str, value: Any) -> None:
    assert getattr(parsed(**fields).options, attribute) == value


WRONG: dict[str, list[Any]] = {
    "storage_type": ["gcs", "", 1, True, [], {}],
    "output_format": ["gif", "", 1, True, []],
    "quality": [0, 101, -1, 85.0, 85.5, "85", True, math.nan, math.inf, [], 10**400],
    "frame": [0, -1, 1.0, "1", True, 2**31, []],
    "width": [0, -1, 8193, 100.0, "100", True, []],
    "height": [0, -1, 8193, 100.0, "100", True, []],
    "window": [0, -1, 1025, 1.0, "", "nothing", True, False, [], {}, math.nan],
    "upscale": [0, 1, "true", "", [], 1.0],
    "square_pixels": [0, 1, "true", []],
    "overlays": [0, 1, "true", []],
    "explain": [0, 1, "true", []],
    "include_metadata": [0, 1, "true", []],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_and_nothing_else(name: str, value: Any) -> None:
    found = problems(**{name: value})

    assert len(found) == 1
    assert found[0].startswith(f"{name} must be ")


@pytest.mark.parametrize("value", [None, "", "  ", 1, True, [], {}, ["s3://bucket/key"]])
def test_a_url_is_a_text(value: Any) -> None:
    assert problems(url=value)[0].startswith("url must be a text such as s3://bucket/key, ")


@pytest.mark.parametrize("value", ["40", True, math.nan, math.inf, -math.inf, 1e10, -1e10, [], {}, 10**400])
@pytest.mark.parametrize("name", ["window_center", "window_width"])
def test_a_window_is_of_numbers(name: str, value: Any) -> None:
    found = problems(**({"window_center": 40, "window_width": 400} | {name: value}))

    assert len(found) == 1
    assert found[0].startswith(f"{name} must be a number from ")


@pytest.mark.parametrize("width", [0, -1, 0.0, 1e-10])
def test_a_window_has_a_width(width: float) -> None:
    assert problems(window_center=0, window_width=width)[0].startswith("window_width must be a number from 1e-09")


@pytest.mark.parametrize("name", ["window_center", "window_width"])
def test_half_a_window_is_none(name: str) -> None:
    assert problems(**{name: 40}) == [f"{name} must come with the other: window_center and window_width"]


def test_a_window_is_told_in_one_way_only() -> None:
    assert problems(window="brain", window_center=40, window_width=80) == [
        "window must not come with window_center and window_width: they say the same"
    ]


def test_every_problem_is_told_at_once() -> None:
    wrong = {name: values[-1] for name, values in WRONG.items()} | {"url": None, "window_center": "x", "colour": 1}

    found = problems(**wrong)

    told = " ".join(found)
    assert [name for name in [*WRONG, "url", "window_center", "colour"] if name not in told] == []


def test_an_unknown_field_is_told_with_those_that_there_are() -> None:
    found = problems(Url=1)

    assert len(found) == 1
    assert found[0].startswith("Url is no field: there are explain, frame, height, ")
    assert found[0].count("window_center") == 1


def test_many_unknown_fields_do_not_make_a_long_answer() -> None:
    assert len("; ".join(problems(**{"x" * 1000 + str(number): number for number in range(1000)}))) < 3000


@pytest.mark.parametrize("body", [None, [], "s3://bucket/key", 1, True, [{"url": URL}]])
def test_a_request_is_an_object(body: Any) -> None:
    with pytest.raises(InvalidRequest, match="must be a JSON object"):
        ConvertRequest.parse(body)


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(problems(output_format="x" * 10_000)[0]) < 200


@pytest.mark.parametrize("field", ["url", "storage_type", "output_format"])
def test_a_password_is_not_repeated(field: str) -> None:
    value = ["ftp://u:hunter2@host/x"] if field == "url" else "ftp://u:hunter2@host/x"
    with pytest.raises(InvalidRequest) as refused:
        ConvertRequest.parse({"url": "s3://a/b", field: value})
    assert "hunter2" not in str(refused.value)
