"""Names, numbers and dates in pixels, read by a real program that reads pictures."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from serverless_dicom.analysis.burned_in import burned_in
from serverless_dicom.analysis.findings import Box, Line
from serverless_dicom.analysis.identifiers import IDENTIFYING, Identifier, Identity
from tests.uploads import looked_at, written

HEADER = {
    "PatientName": "Müller-Lüdenscheidt^Hans",
    "PatientID": "PAT-4711-22",
    "PatientBirthDate": "19700131",
    "StudyDate": "20240229",
    "ReferringPhysicianName": "Referrer^Rosalind",
    "InstitutionName": "Klinikum Grosshadern",
}
SOMEBODY = Identity(tuple(Identifier(name, IDENTIFYING[name], value) for name, value in HEADER.items()))
LINES = {
    "MUELLER-LUEDENSCHEIDT, HANS": "PatientName",
    "ID: PAT-4711-22": "PatientID",
    "DOB 31.01.1970": "PatientBirthDate",
    "29-Feb-2024 10:11:12": "StudyDate",
    "Dr. Rosalind Referrer": "ReferringPhysicianName",
    "KLINIKUM GROSSHADERN": "InstitutionName",
}
MARKERS = ("L", "R", "AP", "PORTABLE", "SUPINE", "120 kV", "5.0 mm", "W 400 L 40", "IM 12 SE 3")


@pytest.fixture(scope="module")
def reader() -> Any:
    rapidocr = pytest.importorskip("rapidocr")
    return rapidocr.RapidOCR()


def read(reader: Any, image: Image.Image) -> list[Line]:
    found = reader(np.asarray(image.convert("RGB"))[:, :, ::-1])
    if found.txts is None:
        return []
    size = np.array(image.size)
    boxes = [np.concatenate([box.min(axis=0) / size, np.ptp(box, axis=0) / size]) for box in found.boxes]
    return [
        Line(text, 100 * score, Box(*map(float, box)))
        for text, score, box in zip(found.txts, found.scores, boxes, strict=True)
    ]


def noisy_ct() -> Image.Image:
    """A slice of a CT, as it is drawn, and noise."""
    path = get_testdata_file("CT_small.dcm", download=False)
    assert isinstance(path, str)
    with open(path, "rb") as file:  # noqa: PTH123 - read at once
        slice_ = Image.open(io.BytesIO(looked_at(file.read()).picture.data)).resize((768, 768))
    noise = np.random.default_rng(3).normal(0, 25, (768, 768))
    return Image.fromarray(np.clip(np.asarray(slice_) * 0.6 + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [14, 24, 36])
@pytest.mark.parametrize("background", [None, noisy_ct()], ids=["black", "noisy CT"])
def test_what_is_burned_in_is_found_and_markers_are_not(reader: Any, size: int, background: Image.Image | None) -> None:
    personal = read(reader, written(*LINES, size=size, background=background))
    markers = read(reader, written(*MARKERS, size=size, background=background))

    assert [one.matches[0] for one in burned_in(personal, SOMEBODY)] == list(LINES.values())
    assert len(markers) > len(MARKERS) / 2
    assert burned_in(markers, SOMEBODY) == ()
