"""Where an import comes from: a place in a bucket that an operator has named."""

import pytest

from serverless_dicom.archive.places import Place, parse_source
from serverless_dicom.errors import InvalidRequest, SourceNotAllowed

ALLOWED = frozenset({"inbox", "archive.b"})


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("s3://inbox", Place("inbox")),
        ("s3://inbox/", Place("inbox")),
        ("s3://archive.b/a b/日+%2F.dcm", Place("archive.b", "a b/日+%2F.dcm")),
        ("s3://inbox/../other/", Place("inbox", "../other/")),
    ],
)
def test_given_a_place_in_a_named_bucket_then_it_is_as_it_was_written(source: str, place: Place) -> None:
    assert parse_source({"source": source}, ALLOWED) == place
    assert Place.of(place.uri) == place


@pytest.mark.parametrize("source", ["s3://other/", "s3://inbox.evil/", "s3://inboxes/a", "s3://archive-b/x"])
def test_given_another_bucket_then_it_is_refused_alike(source: str) -> None:
    with pytest.raises(SourceNotAllowed, match="an operator may name it in the parameter AllowedBuckets"):
        parse_source({"source": source}, ALLOWED)
    with pytest.raises(SourceNotAllowed):
        parse_source({"source": "s3://inbox/"}, frozenset())


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "source must be a place such as s3://bucket/study/, it is missing"),
        ({"source": ""}, "got an empty one"),
        ({"source": 5}, "got a number"),
        ({"source": "https://inbox/x"}, "got something else"),
        ({"source": "s3://INBOX/x"}, "got something else"),
        ({"source": "s3:///x"}, "got something else"),
        ({"source": "s3://inbox/", "sauce": 1}, "sauce is no field: there are source"),
        ({"source": "s3://inbox/" + "x" * 1024}, "got 1035 characters"),
        ([], 'the request must be a JSON object such as {"source": "s3://bucket/study/"}'),
    ],
)
def test_given_what_is_no_request_then_what_would_be_one_is_told(sent: object, told: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_source(sent, ALLOWED)
    assert told in str(raised.value)


def test_files_are_named_by_key_by_uri_or_below_the_place() -> None:
    place = Place("inbox", "p/")
    assert {place.key_of(name) for name in ("p/a.dcm", "s3://inbox/p/a.dcm", "/p/a.dcm", "a.dcm")} == {"p/a.dcm"}
