"""What is recognised as DICOM, in which encoding, and whether all of it is there."""

import struct

import pytest

from serverless_dicom.errors import (
    DicomDirectory,
    EmptyObject,
    InvalidTransferSyntax,
    MalformedHeader,
    NotDicom,
    TruncatedHeader,
)
from serverless_dicom.header.parse import as_rejection, parse_header
from serverless_dicom.header.ranges import MemoryRanges
from tests.datasets import (
    BIG_ENDIAN,
    CT,
    EXPLICIT,
    IMPLICIT,
    SYNTAXES,
    as_file,
    element,
    item,
    make_dataset,
    raw_file,
    read,
    read_or_refusal,
    sequence,
)

PREAMBLE = 132
PIXELS = 0x7FE00010


def bare(syntax: str) -> bytes:
    """A data set without preamble and file meta information."""
    file = as_file(make_dataset(), syntax)
    length = struct.unpack_from("<L", file, PREAMBLE + 8)[0]
    return file[PREAMBLE + 12 + length :]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_encoding_is_read_and_named(syntax: str) -> None:
    header = read(as_file(make_dataset(), syntax))

    assert header.record["TransferSyntaxUID"] == syntax
    assert header.record["PatientID"] == "PAT-4711"
    assert not header.incomplete


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_a_bare_data_set_is_recognised_with_its_encoding(syntax: str) -> None:
    record = read(bare(syntax)).record

    assert record["PatientID"] == "PAT-4711"
    assert record["TransferSyntaxUID"] == syntax


def test_a_file_without_preamble_is_recognised() -> None:
    assert read(as_file(make_dataset())[PREAMBLE:]).record["PatientID"] == "PAT-4711"


def test_anything_may_stand_in_the_preamble() -> None:
    file = b"<html><script>alert(1)</script>".ljust(128) + as_file(make_dataset())[128:]

    assert read(file).record["PatientID"] == "PAT-4711"


def test_a_file_without_its_transfer_syntax_is_read_as_it_looks() -> None:
    meta = element(0x00020002, "UI", CT.encode() + b"\0")

    for syntax in (EXPLICIT, IMPLICIT):
        record = read(bytes(128) + b"DICM" + meta + bare(syntax)).record
        assert record["PatientID"] == "PAT-4711"
        assert record["TransferSyntaxUID"] == syntax


@pytest.mark.parametrize(("declared", "true"), [(EXPLICIT, IMPLICIT), (IMPLICIT, EXPLICIT)])
def test_a_file_that_declares_the_wrong_vr_encoding_is_read_as_it_is(declared: str, true: str) -> None:
    file = raw_file(bare(true), declared, identified=False)

    assert read(file).record["PatientID"] == "PAT-4711"


def test_a_transfer_syntax_that_nobody_knows_is_read_as_explicit() -> None:
    file = raw_file(bare(EXPLICIT), "1.2.3.4.5.6", identified=False)

    assert read(file).record["TransferSyntaxUID"] == "1.2.3.4.5.6"


@pytest.mark.parametrize("uid", ["../../etc/passwd", "1", "1..2", "1." + "2" * 70, "1.2.840\\1.2.3"])
def test_a_transfer_syntax_that_is_no_uid_is_refused(uid: str) -> None:
    with pytest.raises(InvalidTransferSyntax):
        read(raw_file(b"", uid))


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><body>404</body></html>" * 10,
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + bytes(1000),
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"%PDF-1.7\n" * 100,
        b"PK\3\4" + bytes(300),
        bytes(1000),
        b"DICM" * 100,
        bytes(128) + b"DICM",
        bytes(128) + b"DICM" + bytes(8),
        b"\x08\0\x16\0" + b"plain text follows " * 20,
        b"\x08\0\0\0\0\0\0\0" + b"tail",
        element(0x00080005, "CS", b"ISO_IR 100"),
        element(0x00100020, "LO", b"id"),
        b"x",
    ],
    ids=[
        *(
            "html",
            "jpeg",
            "png",
            "pdf",
            "zip",
            "nuls",
            "magic at 0",
            "magic alone",
            "magic and nuls",
            "text in disguise",
        ),
        *("group length of 0", "no identifying element", "group 10 first", "one byte"),
    ],
)
def test_what_is_not_dicom_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(NotDicom):
        read(data)


def test_nothing_is_refused() -> None:
    with pytest.raises(EmptyObject):
        read(b"")


def test_a_dicomdir_is_refused_by_its_class_and_by_its_records() -> None:
    by_class = element(0x00020002, "UI", b"1.2.840.10008.1.3.10") + element(0x00020010, "UI", EXPLICIT.encode() + b"\0")
    records = sequence(0x00041220, item(element(0x00041430, "CS", b"PATIENT ")))

    for data in (bytes(128) + b"DICM" + by_class + records, raw_file(records, identified=False)):
        with pytest.raises(DicomDirectory):
            read(data)


FRAGMENTS = item() + item(b"\xff\xd8" + bytes(500) + b"\xff\xd9")


@pytest.mark.parametrize(
    ("pixels", "incomplete"),
    [
        (element(PIXELS, "OW", bytes(512)), False),
        (element(PIXELS, "OW", bytes(512))[:-1], True),
        (element(PIXELS, "OW", bytes(512))[:12], True),
        (element(PIXELS, "OW", b"", length=0xFFFFFFFE), True),
        (sequence(PIXELS, FRAGMENTS, "OB", undefined=True), False),
        (sequence(PIXELS, FRAGMENTS, "OB", undefined=True) + bytes(100), False),
        (sequence(PIXELS, FRAGMENTS, "OB", undefined=True)[:-1], True),
        (sequence(PIXELS, FRAGMENTS, "OB", undefined=True)[:-8], True),
        (sequence(PIXELS, FRAGMENTS, "OB", undefined=True)[:-200], True),
        (sequence(PIXELS, FRAGMENTS, "OB", undefined=True) + element(0xFFFCFFFC, "OB", bytes(64)), False),
        (sequence(0x7FE00008, FRAGMENTS, "OF", undefined=True)[:-8], True),
    ],
    ids=[
        *("native", "native less a byte", "native, none", "native of 4 GB", "encapsulated", "padded"),
        *("encapsulated less a byte", "less its delimiter", "less a part", "trailing padding element", "float"),
    ],
)
def test_an_object_that_ends_inside_its_pixel_data_is_read_and_marked(pixels: bytes, *, incomplete: bool) -> None:
    header = read(raw_file(element(0x00100020, "LO", b"id") + pixels))

    assert header.record["PatientID"] == "id"
    assert header.incomplete is incomplete


def test_an_image_without_pixel_data_is_marked_and_other_objects_are_not() -> None:
    report, image = "1.2.840.10008.5.1.4.1.1.88.11", make_dataset(pixels=False)
    elsewhere = make_dataset(pixels=False, PixelDataProviderURL="https://example.org/pixels")

    assert read(as_file(image)).incomplete
    assert not read(as_file(make_dataset(pixels=False, SOPClassUID=report))).incomplete
    assert not read(as_file(elsewhere)).incomplete


def test_a_class_that_is_no_uid_is_not_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    header = read(
        raw_file(element(0x00080016, "UI", b"PAT-4711"), identified=False)[132:].replace(CT.encode(), b"P" * 25)
    )

    assert header.record["SOPClassUID"] == "PAT-4711"
    assert list(recwarn) == []


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("nested", ["no", "defined", "undefined"])
def test_a_file_cut_at_any_byte_of_its_header_is_refused_or_marked_with_no_value_changed(
    syntax: str, nested: str
) -> None:
    dataset = make_dataset(OtherPatientIDs=None, PatientComments=None)
    if nested != "no":
        dataset.ReferencedStudySequence = [make_dataset(pixels=False)]
        dataset["ReferencedStudySequence"].is_undefined_length = nested == "undefined"
        dataset.ReferencedStudySequence[0].is_undefined_length_sequence_item = nested == "undefined"
    file = as_file(dataset, syntax)
    whole = read(file)
    end = len(file) - 32 - (8 if syntax == IMPLICIT else 12) if syntax != SYNTAXES[3] else len(file)
    for cut in range(end):
        found = read_or_refusal(file[:cut])
        if isinstance(found, Exception):
            assert isinstance(found, EmptyObject | NotDicom | TruncatedHeader | MalformedHeader), cut
            continue
        assert found.incomplete or found.model == whole.model, cut  # deflate may have told all before its end
        assert all(whole.model[tag] == element for tag, element in found.model.items()), cut


def test_a_failure_of_the_parser_is_told_without_its_text() -> None:
    with pytest.raises(MalformedHeader) as refusal, as_rejection():
        raise ValueError("PAT-4711")

    assert "PAT-4711" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_a_failure_of_the_ranges_is_not_blamed_on_the_object() -> None:
    class Unreachable(MemoryRanges):
        def read(self, start: int, stop: int) -> bytes:
            raise ConnectionError(start, stop)

    with pytest.raises(ConnectionError):
        parse_header(Unreachable(as_file(make_dataset())))
