"""The fields of a request for an upload: what a browser tells of a file, and nothing of it that is kept."""

from typing import Any

import pytest

from serverless_dicom.analysis.request import UploadRequest
from serverless_dicom.errors import InvalidRequest, UploadTooLarge

NAME = "Zzyzx^Quentin 19700131.dcm"


def parsed(**fields: Any) -> UploadRequest:
    return UploadRequest.parse({"fileName": NAME, "fileType": "application/dicom"} | fields, max_bytes=1000)


def problems(**fields: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        parsed(**fields)
    assert "Zzyzx" not in str(refused.value)
    return list(refused.value.problems)


def test_a_name_and_a_type_are_enough() -> None:
    assert parsed() == UploadRequest("application/dicom", None, "PUT")
    assert parsed(fileSize=None, method=None) == parsed()


def test_a_size_and_a_method_may_be_told() -> None:
    assert parsed(fileSize=1000, method="POST") == UploadRequest("application/dicom", 1000, "POST")
    assert parsed(fileSize=1, method="put") == UploadRequest("application/dicom", 1, "PUT")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("image/jpeg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("image/gif", "image/gif"),
        ("application/dicom; transfer-syntax=1.2.840.10008.1.2.1", "application/dicom"),
        ("", "application/octet-stream"),
        ("application/octet-stream", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("image/jpeg;\r\nx-amz-acl: public-read", "image/jpeg"),
    ],
)
def test_a_type_is_kept_if_it_is_one_of_ours(told: str, kept: str) -> None:
    assert parsed(fileType=told).media_type == kept


@pytest.mark.parametrize("wrong", [None, " ", "jpeg", "image/", "/jpeg", "image/jp eg", "image/jpeg\r\nx: y", 1, True])
def test_what_is_no_type_is_told_with_one(wrong: Any) -> None:
    (problem,) = problems(fileType=wrong)
    assert problem.startswith("fileType must be a media type such as application/dicom, or an empty text; ")


@pytest.mark.parametrize("wrong", [None, "", " ", "x" * 256, 1, True, [NAME], {NAME: 1}])
def test_a_name_is_a_text_and_is_not_repeated(wrong: Any) -> None:
    (problem,) = problems(fileName=wrong)
    assert problem.startswith("fileName must be a text of 1 to 255 characters, ")


@pytest.mark.parametrize("wrong", [0, -1, 1.0, "1", True, []])
def test_a_size_is_a_whole_number(wrong: Any) -> None:
    (problem,) = problems(fileSize=wrong)
    assert problem.startswith("fileSize must be a whole number from 1, got ")


@pytest.mark.parametrize("wrong", ["GET", "", 1, True, []])
def test_a_method_is_one_of_two(wrong: Any) -> None:
    (problem,) = problems(method=wrong)
    assert problem.startswith("method must be one of PUT, POST, got ")


@pytest.mark.parametrize("size", [1001, 10**12, 10**400], ids=["one more", "many", "no end"])
def test_a_file_that_is_too_large_is_told_what_is_accepted(size: int) -> None:
    with pytest.raises(UploadTooLarge, match="larger than the 1000 bytes"):
        parsed(fileSize=size)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        UploadRequest.parse({"fileSize": 10**12, "method": "GET", "name": 1}, max_bytes=1000)
    told = " ".join(refused.value.problems)
    assert [name for name in ("fileName", "fileType", "method", "name is no field") if name not in told] == []
