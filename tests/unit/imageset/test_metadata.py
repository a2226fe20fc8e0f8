"""parse: an image set's metadata, as they come and as an enemy would send them."""

import gzip
import json
import zlib
from typing import Any

import pytest

from serverless_dicom.errors import InvalidMetadata
from serverless_dicom.imageset import metadata
from serverless_dicom.imageset.metadata import parse
from tests.image_sets import DATASTORE, HTJ2K, IMAGE_SET, STUDY, Set, noise


def test_metadata_are_read_by_level_with_their_frames() -> None:
    built, frame = Set(), noise(6, 4)
    built.add("1.2.3.1", frame, noise(6, 4, seed=2), Manufacturer="Acme")

    found = parse(built.blob)

    assert (found.image_set_id, found.datastore_id, found.study_instance_uid) == (IMAGE_SET, DATASTORE, STUDY)
    assert found.patient.attributes["PatientID"] == "PAT-4711"
    (instance,) = found.instances
    assert (instance.sop_instance_uid, instance.stored_syntax, len(instance.frames)) == ("1.2.3.1", HTJ2K, 2)
    assert instance.level.attributes["Manufacturer"] == "Acme"
    first = instance.frames[0]
    assert (first.number, first.checksum) == (1, (4, 6, zlib.crc32(frame.tobytes())))
    assert (first.minimum, first.maximum) == (frame.min(), frame.max())


def test_instances_are_in_the_order_of_their_series_and_numbers_and_those_without_come_last() -> None:
    built = Set()
    for uid, number in (("1.10", "10"), ("1.9", " 9 "), ("1.0", "no number"), ("1.1", "1")):
        built.add(uid, number=number, series="1.2.3.7")
    built.add("2.1", series="1.2.3.6")
    built.series("1.2.3.6")["DICOM"]["SeriesNumber"] = "0"

    assert [one.sop_instance_uid for one in parse(built.blob).instances] == ["2.1", "1.1", "1.9", "1.10", "1.0"]


@pytest.mark.parametrize("absent", [{}, {"StoredTransferSyntaxUID": None}])
def test_frames_of_older_image_sets_are_htj2k_without_saying_so(absent: dict[str, Any]) -> None:
    built = Set()
    instance = built.add("1.2.3.1", noise(4, 4))
    del instance["StoredTransferSyntaxUID"]
    instance |= absent

    assert parse(built.blob).instances[0].stored_syntax == HTJ2K


def test_the_same_metadata_may_come_without_gzip_or_in_several_members() -> None:
    built = Set()
    built.add("1.2.3.1", noise(4, 4))
    plain = gzip.decompress(built.blob)

    assert parse(plain) == parse(built.blob)
    assert parse(gzip.compress(plain[:100]) + gzip.compress(plain[100:])) == parse(built.blob)


def spoilt(path: str, value: Any) -> bytes:
    """Metadata with another value at a path; `*` is the first key there is."""
    built = Set()
    built.add("1.2.3.1", noise(4, 4))
    at: Any = built.metadata
    *parents, last = path.split(".")
    for name in parents:
        at = at[int(name) if name.isdigit() else next(iter(at)) if name == "*" else name]
    at[int(last) if last.isdigit() else next(iter(at)) if last == "*" else last] = value
    return built.blob


INSTANCE = "Study.Series.*.Instances.*"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Study", None),
        ("Study", []),
        ("Study.Series", "x"),
        ("Study.Series.*", 1),
        ("Study.Series.*.Instances", []),
        (INSTANCE, []),
        (f"{INSTANCE}.DICOM", ["x"]),
        (f"{INSTANCE}.DICOMVRs", "LO"),
        (f"{INSTANCE}.StoredTransferSyntaxUID", 202),
        (f"{INSTANCE}.ImageFrames", {"ID": 1}),
        (f"{INSTANCE}.ImageFrames.0", "x"),
        (f"{INSTANCE}.ImageFrames.0.ID", "../../etc/passwd"),
        (f"{INSTANCE}.ImageFrames.0.PixelDataChecksumFromBaseToFullResolution", {"x": 1}),
        (f"{INSTANCE}.ImageFrames.0.PixelDataChecksumFromBaseToFullResolution.0", 3),
        (f"{INSTANCE}.ImageFrames.0.PixelDataChecksumFromBaseToFullResolution.0.Checksum", "3"),
        (f"{INSTANCE}.ImageFrames.0.PixelDataChecksumFromBaseToFullResolution.0.Checksum", 2**32),
        (f"{INSTANCE}.ImageFrames.0.PixelDataChecksumFromBaseToFullResolution.0.Width", True),
        ("ImageSetID", None),
        ("Patient.DICOM", 3),
    ],
)
def test_what_is_not_of_its_form_is_refused_and_not_quoted(path: str, value: Any) -> None:
    with pytest.raises(InvalidMetadata) as raised:
        parse(spoilt(path, value))
    assert "passwd" not in str(raised.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1f\x8b",
        b"\x1f\x8bnot gzip at all",
        gzip.compress(b'{"Study": {}}', mtime=0)[:-9],
        b"[]",
        b"{" * 100,
        b'{"Study":' + b"[" * 200_000,
        "{\u00e4".encode("latin-1"),
    ],
)
def test_what_is_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidMetadata):
        parse(data)


def test_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "MAX_METADATA_BYTES", 1024**2)

    with pytest.raises(InvalidMetadata, match="more than the 1048576 bytes"):
        parse(gzip.compress(bytes(64 * 1024**2)))
    with pytest.raises(InvalidMetadata, match="more than the 1048576 bytes"):
        parse(b" " * 1024**2 + b"{}")


def test_an_image_set_of_too_many_frames_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "MAX_FRAMES", 2)
    built = Set()
    built.add("1.2.3.1", noise(4, 4), noise(4, 4))
    assert parse(built.blob).frames == 2
    built.add("1.2.3.2", noise(4, 4))

    with pytest.raises(InvalidMetadata, match="more than the 2 frames"):
        parse(built.blob)


def test_metadata_without_any_series_are_an_empty_image_set() -> None:
    found = parse(json.dumps(Set().metadata).encode())
    assert (found.instances, found.frames) == ((), 0)
