"""A function's environment, read once, failing with the variable's name."""

from dataclasses import dataclass

import pytest

from serverless_dicom.errors import InvalidSetting
from serverless_dicom.runtime.settings import (
    ConvertSettings,
    IndexObjectSettings,
    Settings,
    SummarizeStudySettings,
    listed,
)

COMPLETE = {"METADATA_TABLE": "metadata", "OBJECTS_TABLE": "objects", "HEADER_BUCKET": "headers", "HOME": "/root"}


def test_a_variable_is_a_field() -> None:
    assert IndexObjectSettings.of(COMPLETE) == IndexObjectSettings("metadata", "objects", "headers")
    assert SummarizeStudySettings.of(COMPLETE) == SummarizeStudySettings("metadata")


@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_set_is_named(value: str | None) -> None:
    environment = COMPLETE | {"OBJECTS_TABLE": value or ""}
    if value is None:
        del environment["OBJECTS_TABLE"]

    with pytest.raises(InvalidSetting, match=r"^set the environment variable OBJECTS_TABLE$"):
        IndexObjectSettings.of(environment)


def test_all_that_is_not_set_is_named_at_once() -> None:
    with pytest.raises(InvalidSetting, match=r"variables METADATA_TABLE, OBJECTS_TABLE, HEADER_BUCKET$"):
        IndexObjectSettings.of({})


def test_settings_of_one_s_own_are_read_alike() -> None:
    @dataclass(frozen=True, slots=True)
    class Mine(Settings):
        some_bucket: str

    assert Mine.of({"SOME_BUCKET": "b"}).some_bucket == "b"


def test_what_has_a_default_may_be_left_out_or_empty() -> None:
    needed = {"ALLOWED_BUCKETS": "inbox,archive", "RESULTS_BUCKET": "results"}
    settings = ConvertSettings.of(needed | {"ALLOW_FTP": "", "ALLOWED_HOSTS": "pacs:8080"})
    assert settings == ConvertSettings("inbox,archive", "results", allowed_hosts="pacs:8080")
    assert settings.allow_ftp == "false"


def test_what_has_no_default_is_still_named() -> None:
    with pytest.raises(InvalidSetting, match=r"^set the environment variable RESULTS_BUCKET$"):
        ConvertSettings.of({"ALLOWED_BUCKETS": "inbox"})


@pytest.mark.parametrize(
    ("text", "parts"), [("", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a , ,b,", ["a", "b"]), (",", [])]
)
def test_lists_are_taken_apart_at_commas(text: str, parts: list[str]) -> None:
    assert sorted(listed(text)) == parts
