"""Kinds of files, by their bytes."""

import pytest

from serverless_dicom.analysis.kinds import HEAD, described, kind_of
from tests.datasets import as_file, make_dataset
from tests.uploads import encoded, gradient


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif"])
def test_a_picture_is_known_by_its_bytes(kind: str) -> None:
    assert kind_of(encoded(gradient(), kind)[:HEAD]) == kind


def test_what_stands_in_the_preamble_of_a_dicom_file_makes_it_no_picture() -> None:
    file = as_file(make_dataset())

    for magic in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0"):
        assert kind_of((magic + file[len(magic) :])[:HEAD]) is None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (encoded(gradient(), "webp"), "a WebP picture"),
        (encoded(gradient(), "tiff"), "a TIFF picture"),
        (encoded(gradient(), "bmp"), "a BMP picture"),
        (encoded(gradient(), "jpeg2000"), "a JPEG 2000 picture"),
        (b"\0\0\0\x18ftypheic", "a HEIC or AVIF picture, or a video"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive: upload the files in it"),
        (b"\n <!DOCTYPE html>", "a web page or an XML document"),
        (b"", "of no kind that is known here"),
        (b"\x89PNG", "of no kind that is known here"),
    ],
)
def test_another_file_is_named(head: bytes, name: str) -> None:
    assert kind_of(head) is None
    assert described(head) == name
