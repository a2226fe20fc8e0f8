"""Elements of the metadata: each with its VR and all of its value, or a remark that tells which was left out."""

import struct
from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from serverless_dicom.errors import InvalidIdentifier, InvalidMetadata
from serverless_dicom.header.structure import MAX_DEPTH
from serverless_dicom.imageset.header import Header, Headers
from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.part10 import file_of
from tests.image_sets import Set, base64

UID = "1.2.3.1"


def header_of(vrs: dict[str, str] | None = None, **elements: Any) -> Header:
    """The header of an instance with such elements and private VRs."""
    built = Set()
    built.add(UID, **elements)["DICOMVRs"] = vrs or {}
    image_set = parse(built.blob)
    return Headers(image_set).of(image_set.instances[0])


def read(vrs: dict[str, str] | None = None, **elements: Any) -> Dataset:
    """What pydicom reads of the file that is written of them."""
    header = header_of(vrs, **elements)
    assert header.remarks == ()
    return dcmread(BytesIO(b"".join(file_of(header))))


@pytest.mark.parametrize(
    ("keyword", "value", "vr", "expected"),
    [
        ("PatientComments", "žluťoučký kůň", "LT", "žluťoučký kůň"),
        ("PatientName", "Yamada^Tarou=山田^太郎", "PN", "Yamada^Tarou=山田^太郎"),
        ("WindowCenter", ["40", "-600.50"], "DS", ["40", "-600.50"]),
        ("SliceThickness", "1.50", "DS", "1.50"),
        ("ImageType", ["ORIGINAL", "PRIMARY", None, "AXIAL"], "CS", ["ORIGINAL", "PRIMARY", "", "AXIAL"]),
        ("SoftwareVersions", [], "LO", ""),
        ("ContentDate", None, "DA", ""),
        ("Rows", 512, "US", 512),
        ("SimpleFrameList", [1, 2**32 - 1], "UL", [1, 2**32 - 1]),
        ("ReferencePixelX0", -5, "SL", -5),
        ("RecommendedDisplayFrameRateInFloat", 0.25, "FL", 0.25),
        ("RealWorldValueSlope", "NaN", "FD", float("nan")),
        ("FrameIncrementPointer", ["00181063", "(0018,1065)"], "AT", [0x00181063, 0x00181065]),
        ("ICCProfile", base64(b"\x01\x02\x03"), "OB", b"\x01\x02\x03\0"),
        ("RedPaletteColorLookupTableData", base64(b"\0\1\2\3"), "OW", b"\0\1\2\3"),
        ("OverlayData", base64(b"\0\1"), "OW", b"\0\1"),
        ("60020010", 7, "US", 7),
        ("TextValue", "one\\two", "UT", "one\\two"),
        ("ExtendedOffsetTotals", None, None, None),
    ],
)
def test_each_value_keeps_its_vr_and_all_of_itself(keyword: str, value: Any, vr: str | None, expected: Any) -> None:
    if vr is None:
        assert header_of(**{keyword: value}).remarks == ("an element whose name is neither a keyword nor a tag",)
        return
    tag = 0x60003000 if keyword == "OverlayData" else int(keyword, 16) if keyword.isdigit() else keyword
    element = read(**{keyword: value})[tag]
    found = element.value
    if vr == "DS":
        found = [one.original_string for one in found] if element.VM > 1 else found.original_string
    assert vr == element.VR
    assert str(found) == str(expected) or found == expected


@pytest.mark.parametrize(
    ("value", "signed", "vr"),
    [
        (-5, 1, "SS"),
        (-5, 0, "SS"),
        (5, 1, "SS"),
        (5, 0, "US"),
        (40000, 0, "US"),
        (40000, 1, "US"),
        (5, None, "US"),
        ([256, -2000, 16], 0, "SS"),
        ([256, 40000, 16], 1, "US"),
    ],
)
def test_pixel_values_are_signed_as_the_pixels_are_and_as_they_have_to_be(
    value: Any, signed: int | None, vr: str
) -> None:
    keyword = "LUTDescriptor" if isinstance(value, list) else "SmallestImagePixelValue"
    dataset = read(PixelRepresentation=signed, **{keyword: value}, ModalityLUTSequence=[{keyword: value}])

    assert (dataset[keyword].VR, dataset[keyword].value) == (vr, value)
    assert vr == dataset.ModalityLUTSequence[0][keyword].VR


def test_a_descriptor_with_more_entries_than_a_signed_number_holds_keeps_its_bits() -> None:
    element = read(LUTDescriptor=[40_000, -1024, 16]).get_item("LUTDescriptor")
    assert element is not None
    assert element.value == struct.pack("<Hhh", 40_000, -1024, 16)


def test_a_lookup_table_is_of_words_or_of_numbers_as_it_stands() -> None:
    assert read(LUTData=base64(b"\0\1\2\3"))["LUTData"].VR == "OW"
    assert (read(LUTData=[7])["LUTData"].VR, read(LUTData=[7])["LUTData"].value) == ("US", 7)


@pytest.mark.parametrize(("bits", "vr"), [(8, "OB"), (16, "OW")])
def test_a_waveform_is_of_bytes_or_words_by_its_bits(bits: int, vr: str) -> None:
    dataset = read(
        WaveformSequence=[
            {
                "WaveformBitsAllocated": bits,
                "WaveformData": base64(b"\0\1"),
                "ChannelDefinitionSequence": [{"ChannelMinimumValue": base64(b"\0\1")}],
            }
        ]
    )
    waveform = dataset.WaveformSequence[0]
    assert (vr, vr) == (waveform["WaveformData"].VR, waveform.ChannelDefinitionSequence[0]["ChannelMinimumValue"].VR)


def test_private_elements_have_the_vrs_of_the_metadata_wherever_they_stand() -> None:
    vrs = {"00091001": "LO", "00091002": "FD", "00091003": "OB", "00091004": "SQ", "00091005": "DS"}
    private: dict[str, Any] = {
        "00090010": "ACME",
        "00091001": ["a", "b"],
        "00091002": 0.5,
        "00091003": base64(b"\0\1"),
        "00091005": "1.50",
        "00091004": [{"00090010": "ACME", "00091001": "inner", "PatientID": "x"}],
    }
    dataset = read(vrs, **private)

    block = dataset.private_block(0x0009, "ACME")
    assert [block[number].VR for number in range(1, 6)] == ["LO", "FD", "OB", "SQ", "DS"]
    assert (block[1].value, block[2].value, block[3].value) == (["a", "b"], 0.5, b"\0\1")
    assert block[4].value[0].private_block(0x0009, "ACME")[1].value == "inner"


def test_private_elements_whose_vr_nobody_told_have_their_creators_or_what_their_values_show() -> None:
    elements: dict[str, Any] = {
        "00190010": "SIEMENS MR HEADER",
        "0019100c": "1000",
        "00990010": "NOBODY",
        "00991001": base64(b"\0\1"),
        "00991002": "no base64!",
        "00991003": [{"PatientID": "x"}],
        "00991004": [-7],
        "00991005": 0.5,
    }
    dataset = read(**elements)

    assert dataset[0x0019100C].VR == "IS"
    assert [dataset[0x00991000 + number].VR for number in range(1, 6)] == ["UN", "LO", "SQ", "SL", "FD"]


def test_a_vr_that_is_of_another_item_or_of_none_gives_way_to_what_the_value_shows() -> None:
    other = [{"00090010": "OTHER", "00091001": [{"PatientID": "x"}]}]
    elements: dict[str, Any] = {"00090010": "ACME", "00091001": "1.2.3", "SourceImageSequence": other}
    for told in ("SQ", "XX"):
        dataset = read({"00091001": told}, **elements)
        assert (dataset[0x00091001].VR, dataset[0x00091001].value) == ("LO", "1.2.3")
        assert dataset.SourceImageSequence[0][0x00091001].value[0].PatientID == "x"


@pytest.mark.parametrize("value", [b"\1\2", encapsulate([b"\xff\xd8icon"], has_bot=False), b"\xfe\xff\0\xe0\2\0\0\0ab"])
def test_pixel_data_of_an_icon_are_a_value_like_others(value: bytes) -> None:
    icon = read(IconImageSequence=[{"Rows": 1, "PixelData": base64(value)}], Manufacturer="Acme").IconImageSequence[0]
    assert icon.PixelData == value
    assert icon["PixelData"].is_undefined_length == (b"icon" in value)


@pytest.mark.parametrize(("text", "data"), [("ÄÐ", b"\xc4\xd0"), ("男", "男 ".encode())])
def test_text_that_no_character_set_is_for_keeps_the_bytes_of_its_letters(text: str, data: bytes) -> None:
    element = read(PatientSex=text).get_item("PatientSex")
    assert element is not None
    assert element.value == data


def test_sequences_are_kept_with_empty_items_and_what_stands_in_them() -> None:
    dataset = read(
        ReferencedImageSequence=[],
        SourceImageSequence=[
            {},
            {"ReferencedSOPInstanceUID": "1.2.3", "PurposeOfReferenceCodeSequence": [{"CodeValue": "1"}]},
        ],
        AnatomicRegionSequence=None,
    )

    assert (len(dataset.ReferencedImageSequence), len(dataset.AnatomicRegionSequence)) == (0, 0)
    empty, full = dataset.SourceImageSequence
    assert len(empty) == 0
    assert (full.ReferencedSOPInstanceUID, full.PurposeOfReferenceCodeSequence[0].CodeValue) == ("1.2.3", "1")


def test_text_is_utf_8_at_every_level_whatever_it_was() -> None:
    dataset = read(
        SpecificCharacterSet=["ISO_IR 100"],
        PatientComments="ä",
        RequestAttributesSequence=[{"SpecificCharacterSet": "ISO_IR 144", "RequestedProcedureDescription": "ж"}],
    )

    assert (dataset.SpecificCharacterSet, dataset.PatientComments) == ("ISO_IR 192", "ä")
    assert dataset.RequestAttributesSequence[0].RequestedProcedureDescription == "ж"


def test_group_2_is_kept_in_the_meta_information_but_for_what_is_new_of_the_file() -> None:
    dataset = read(
        TransferSyntaxUID="1.2.840.10008.1.2.4.90",
        ImplementationVersionName="OLD",
        FileMetaInformationVersion=base64(b"\0\1"),
        SourceApplicationEntityTitle="SCANNER",
    )

    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert dataset.file_meta.ImplementationVersionName == "SERVERLESS_DICOM"
    assert dataset.file_meta.SourceApplicationEntityTitle == "SCANNER"
    assert not dataset.group_dataset(2)


def test_group_lengths_and_offset_tables_of_the_imported_object_are_left_out() -> None:
    tables = {"ExtendedOffsetTable": base64(bytes(8)), "ExtendedOffsetTableLengths": None}
    elements: dict[str, Any] = {"00280000": 100} | tables
    dataset = read(**elements)
    assert 0x00280000 not in dataset
    assert "ExtendedOffsetTable" not in dataset


def test_a_value_that_its_vr_has_no_room_for_becomes_un() -> None:
    header = header_of(StudyComments="x" * 20, PixelSpacing=["0.5"] * 40_000)
    element = dcmread(BytesIO(b"".join(file_of(header)))).get_item("PixelSpacing")
    assert element is not None
    assert (element.VR, len(element.value)) == ("UN", 160_000)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Rows", "many"),
        ("Rows", 70_000),
        ("Rows", 1.5),
        ("Rows", {"x": 1}),
        ("Rows", [[1]]),
        ("PatientComments", {"x": 1}),
        ("PatientComments", True),
        ("ICCProfile", "no base64!"),
        ("ICCProfile", 3.5),
        ("ReferencedImageSequence", "x"),
        ("ReferencedImageSequence", [1]),
        ("FrameIncrementPointer", "x"),
        ("SliceVector", "9" * 400),
        ("no keyword", 1),
        ("00091", 1),
    ],
)
def test_what_is_no_value_of_its_vr_is_left_out_and_told_by_its_tag_alone(keyword: str, value: Any) -> None:
    header = header_of(**{keyword: value}, Manufacturer="Acme")

    assert len(header.remarks) == 1
    assert "many" not in header.remarks[0]
    assert dcmread(BytesIO(b"".join(file_of(header)))).Manufacturer == "Acme"


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [{"ReferencedImageSequence": value}]
    return value


def test_what_is_nested_too_deep_is_refused() -> None:
    assert header_of(ReferencedImageSequence=nested(MAX_DEPTH - 1)).remarks == ()
    with pytest.raises(InvalidMetadata, match="nested more than"):
        header_of(ReferencedImageSequence=nested(MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "uid", ["", "1", "../../etc/passwd", "1.2/3", "1.2\n", "1..2", "1.2.", "1.²", "1." + "2" * 64, "a.b"]
)
def test_a_name_that_is_no_uid_is_refused_for_files_are_named_by_it(uid: str) -> None:
    built = Set()
    built.add(uid)
    image_set = parse(built.blob)

    with pytest.raises(InvalidIdentifier) as raised:
        Headers(image_set).of(image_set.instances[0])
    assert "passwd" not in str(raised.value)
