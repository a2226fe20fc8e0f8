"""DetectText: real text is read, where it stands, as AWS tells of it."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from local.place import ROOT
from tests.unit.local.rekognition.conftest import Client, encoded, with_text

NAME = with_text(((20, 20), "DOE^JANE ID 12345678"), ((300, 340), "1970-01-31"))


def read(client: Client, **filters: Any) -> list[dict[str, Any]]:
    parameters = {"Filters": filters} if filters else {}
    found: list[dict[str, Any]] = client.text(Image={"Bytes": encoded(NAME)}, **parameters)["TextDetections"]
    return found


def texts(detections: list[dict[str, Any]], kind: str) -> list[str]:
    return [found["DetectedText"] for found in detections if found["Type"] == kind]


def test_lines_come_first_and_words_name_their_line(client: Client) -> None:
    found = read(client)
    assert texts(found, "LINE") == ["DOE^JANE ID 12345678", "1970-01-31"]
    assert texts(found, "WORD") == ["DOE^JANE", "ID", "12345678", "1970-01-31"]
    assert [one["Id"] for one in found] == [0, 1, 2, 3, 4, 5]
    assert [one.get("ParentId") for one in found] == [None, None, 0, 0, 0, 1]
    assert all(80 <= one["Confidence"] <= 100 for one in found)


def test_boxes_are_where_the_letters_are(client: Client) -> None:
    pixels = np.asarray(NAME)
    for found in read(client):
        box = found["Geometry"]["BoundingBox"]
        left, top = round(box["Left"] * 512), round(box["Top"] * 400)
        right, bottom = round((box["Left"] + box["Width"]) * 512), round((box["Top"] + box["Height"]) * 400)
        assert pixels[top:bottom, left:right].max() == 255
        assert len(found["Geometry"]["Polygon"]) == 4
    covered = np.zeros_like(pixels, dtype=bool)
    for found in read(client)[:2]:
        box = found["Geometry"]["BoundingBox"]
        rows = slice(round(box["Top"] * 400) - 4, round((box["Top"] + box["Height"]) * 400) + 4)
        columns = slice(round(box["Left"] * 512) - 8, round((box["Left"] + box["Width"]) * 512) + 8)
        covered[rows, columns] = True
    assert not (pixels[~covered] > 128).any()


def test_the_same_words_twice_have_two_places(client: Client) -> None:
    image = encoded(with_text(((20, 20), "LEFT HIP"), ((20, 300), "LEFT HIP")))
    found = client.text(Image={"Bytes": image})["TextDetections"]
    tops = [one["Geometry"]["BoundingBox"]["Top"] for one in found if one["DetectedText"] == "LEFT"]
    assert tops == [pytest.approx(20 / 400, abs=0.04), pytest.approx(300 / 400, abs=0.04)]


def test_a_picture_without_text_has_none(client: Client) -> None:
    assert client.text(Image={"Bytes": encoded(with_text())}) == {
        "TextDetections": [],
        "TextModelVersion": "simulated-1.0",
    }


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"WordFilter": {"MinBoundingBoxWidth": 0.15}}, ["DOE^JANE", "12345678", "1970-01-31"]),
        ({"WordFilter": {"MinBoundingBoxHeight": 0.5}}, []),
        ({"WordFilter": {"MinConfidence": 100.0}}, []),
        (
            {"RegionsOfInterest": [{"BoundingBox": {"Left": 0.0, "Top": 0.5, "Width": 1.0, "Height": 0.5}}]},
            ["1970-01-31"],
        ),
        (
            {"RegionsOfInterest": [{"Polygon": [{"X": 0, "Y": 0}, {"X": 0.45, "Y": 0}, {"X": 0, "Y": 0.6}]}]},
            ["DOE^JANE", "ID"],
        ),
    ],
)
def test_filters_leave_words_out(client: Client, filters: dict[str, Any], words: list[str]) -> None:
    found = read(client, **filters)
    assert texts(found, "WORD") == words
    assert {one["ParentId"] for one in found if one["Type"] == "WORD"} == {
        one["Id"] for one in found if one["Type"] == "LINE"
    }


@pytest.mark.parametrize(
    "region",
    [
        {},
        {"Polygon": [{"X": 0, "Y": 0}, {"X": 1, "Y": 1}]},
        {"BoundingBox": {"Left": 0, "Top": 0, "Width": 0, "Height": 1}},
        {"BoundingBox": {"Left": 0.5, "Top": 0, "Width": 1, "Height": 1}},
    ],
    ids=["none", "two corners", "no area", "outside"],
)
def test_a_region_that_is_none_is_refused(client: Client, region: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        read(client, RegionsOfInterest=[region])


def test_nothing_is_fetched_to_read() -> None:
    lines = [
        "import sys",
        "def refuse(event, _):",
        "    if event in ('socket.connect', 'socket.getaddrinfo'): raise SystemExit(event)",
        "sys.addaudithook(refuse)",
        "from local.rekognition.reading import Reader",
        "Reader().load()",
        "print('loaded')",
    ]
    command = [sys.executable, "-c", "\n".join(lines)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout) == (0, "loaded\n"), ran.stderr
