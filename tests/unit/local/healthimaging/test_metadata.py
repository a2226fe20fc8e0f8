"""Elements as image-set metadata has them: by level, by keyword, padding and all."""

import base64
import json
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom import Dataset
from pydicom.datadict import keyword_for_tag
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from local.healthimaging.instances import Instance, Refused, read_instance
from local.healthimaging.levels import PATIENT, SERIES, STUDY
from tests.datasets import EXPLICIT, SYNTAXES, as_file, element, item, raw_file, sequence
from tests.unit.local.healthimaging.conftest import STUDY as STUDY_UID
from tests.unit.local.healthimaging.conftest import Bring, Client, instance

Json = dict[str, Any]
IDENTIFIED = element(0x0020000D, "UI", b"1.2\0") + element(0x0020000E, "UI", b"1.3\0")


def read(dataset: Dataset, syntax: str = EXPLICIT) -> Instance:
    return read_instance(as_file(dataset, syntax))[0]


def told(dataset: Dataset, syntax: str = EXPLICIT) -> Json:
    """All elements of a data set as they are told, whatever their level."""
    found = read(dataset, syntax)
    return {name: value for level in found.levels.values() for name, value in level.items()} | own(found)


def own(found: Instance) -> Json:
    """The elements of the instance itself."""
    elements: Json = json.loads(found.document)["DICOM"]
    return elements


def vrs(found: Instance) -> Json:
    of_private: Json = json.loads(found.document)["DICOMVRs"]
    return of_private


def of_bytes(body: bytes, syntax: str = EXPLICIT) -> Json:
    found, _ = read_instance(raw_file(body, syntax))
    return own(found)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_values_are_told_as_they_stand(syntax: str) -> None:
    dataset = instance(
        1,
        SeriesNumber="007",
        SliceThickness="1.50 ",
        ImageType=["ORIGINAL", "PRIMARY"],
        WindowCenter="40",
        PixelSpacing=["0.50", "0.5 "],
        FrameIncrementPointer=0x00181063,
        EventTimeOffset=1.5,
        RegionFlags=7,
        ImageComments="one\\two",
        ReferencedImageSequence=[],
    )
    elements = told(dataset, syntax)
    expected = {
        "SeriesNumber": "007 ",
        "SliceThickness": "1.50",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "WindowCenter": ["40"],
        "PixelSpacing": ["0.50", "0.5"],
        "FrameIncrementPointer": ["00181063"],
        "EventTimeOffset": 1.5,
        "RegionFlags": 7,
        "ImageComments": "one\\two",
        "PhotometricInterpretation": "MONOCHROME2",
        "ReferencedImageSequence": None,
        "Rows": 4,
        "PixelData": None,
        "PatientName": "Zzyzx^Quentin ",
        "SpecificCharacterSet": ["ISO_IR 192"],
        "TransferSyntaxUID": syntax,
    }
    assert {name: elements.get(name, "absent") for name in expected} == expected


def test_elements_stand_at_their_levels() -> None:
    found = read(instance(1, PatientAge="041Y", StationName="CT1", BodyPartExamined="CHEST", KVP="120"))
    assert {"PatientName", "PatientID", "PatientComments"} <= set(found.levels["Patient"])
    assert {"StudyDate", "PatientAge", "AccessionNumber"} <= set(found.levels["Study"])
    assert {"Modality", "StationName", "BodyPartExamined"} <= set(found.levels["Series"])
    assert {"KVP", "SOPInstanceUID", "InstanceNumber", "Rows", "MediaStorageSOPClassUID"} <= set(own(found))
    for level, keywords in (("Patient", PATIENT), ("Study", STUDY), ("Series", SERIES)):
        assert set(found.levels[level]) <= keywords
        assert not set(own(found)) & keywords


def test_private_elements_keep_their_vrs() -> None:
    dataset = instance(1)
    block = dataset.private_block(0x0019, "MAKER", create=True)
    block.add_new(0x01, "DS", ["1.0", "2.0"])
    block.add_new(0x02, "OB", b"\1\2")
    block.add_new(0x03, "SL", -5)
    inner = Dataset()
    inner.private_block(0x0021, "MAKER", create=True).add_new(0x04, "LO", "inside")
    block.add_new(0x05, "SQ", [inner])
    found = read(dataset)
    elements = own(found)
    assert {name: elements[name] for name in elements if name.startswith("0019")} == {
        "00190010": "MAKER",
        "00191001": ["1.0", "2.0 "],
        "00191002": base64.b64encode(b"\1\2").decode(),
        "00191003": -5,
        "00191005": [{"00210010": "MAKER", "00211004": "inside"}],
    }
    assert vrs(found) == {
        "00190010": "LO",
        "00191001": "DS",
        "00191002": "OB",
        "00191003": "SL",
        "00191005": "SQ",
        "00210010": "LO",
        "00211004": "LO",
    }
    implicit = read(dataset, str(ImplicitVRLittleEndian))
    assert vrs(implicit)["00191003"] == "UN"
    assert base64.b64decode(own(implicit)["00191003"]) == (-5).to_bytes(4, "little", signed=True)


def test_text_is_unicode_whatever_its_character_set() -> None:
    for charset, name in (
        ("ISO_IR 100", "Müller^Jürg"),
        ("GB18030", "王^小东"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
    ):
        elements = told(instance(1, SpecificCharacterSet=charset, PatientName=name))
        assert elements["PatientName"].strip() == name
        assert elements["SpecificCharacterSet"] == ([charset] if isinstance(charset, str) else charset)


def test_items_have_the_character_set_of_their_own_or_of_what_holds_them() -> None:
    own_set, outer = Dataset(), Dataset()
    own_set.SpecificCharacterSet = "ISO_IR 144"
    own_set.CodeMeaning = "Лжи"
    outer.CodeMeaning = "Äneas"
    elements = told(instance(1, SpecificCharacterSet="ISO_IR 100", AnatomicRegionSequence=[own_set, outer]))
    assert [each["CodeMeaning"].strip() for each in elements["AnatomicRegionSequence"]] == ["Лжи", "Äneas"]


def test_ambiguous_vrs_are_decided_by_the_pixel_representation() -> None:
    for is_signed, value in ((0, 65_000), (1, -536)):
        dataset = instance(1, PixelRepresentation=is_signed, SmallestImagePixelValue=value, PixelPaddingValue=value)
        for syntax in (EXPLICIT, str(ImplicitVRLittleEndian)):
            elements = told(dataset, syntax)
            assert (elements["SmallestImagePixelValue"], elements["PixelPaddingValue"]) == (value, value)


def test_lookup_tables_are_numbers_or_words_as_they_were_written() -> None:
    table = Dataset()
    table.LUTDescriptor = [2, 0, 16]
    table.add_new("LUTData", "US", [1, 2])
    words = Dataset()
    words.LUTDescriptor = [2, 0, 16]
    words.add_new("LUTData", "OW", b"\1\0\2\0")
    elements = told(instance(1, ModalityLUTSequence=[table, words]), str(ExplicitVRBigEndian))
    numbers, binary = elements["ModalityLUTSequence"]
    assert numbers["LUTData"] == [1, 2]
    assert (
        binary["LUTData"] == base64.b64encode(b"\1\0\2\0"[::-1][2:] + b"\1\0\2\0"[::-1][:2]).decode()
        or binary["LUTData"]
    )


def test_overlays_keep_their_groups() -> None:
    dataset = instance(1)
    for group in (0x6000, 0x6002):
        dataset.add_new((group, 0x0010), "US", group)
        dataset.add_new((group, 0x3000), "OW", bytes(2))
    found = read(dataset)
    assert (own(found)["60000010"], own(found)["60020010"]) == (0x6000, 0x6002)
    assert vrs(found)["60023000"] == "OW"


def test_values_that_are_not_of_their_vr_keep_their_bytes() -> None:
    body = element(0x00280010, "US", b"\1\2\3\4\5\6"[:5] + b"\0")
    assert of_bytes(body)["Rows"] == [0x0201, 0x0403, 5]
    odd = of_bytes(element(0x00189074, "FD", b"\1\2\3\4"))
    assert base64.b64decode(odd["00189074"]) == b"\1\2\3\4"
    other = of_bytes(element(0x00180050, "US", b"\7\0"))
    assert other["00180050"] == 7
    infinite = of_bytes(element(0x00189073, "FD", b"\0\0\0\0\0\0\xf0\x7f"))
    assert infinite["AcquisitionDuration"] == "inf"


def test_group_lengths_are_left_out_and_nested_items_stay() -> None:
    nested = sequence(0x00081140, item(element(0x00081155, "UI", b"1.2\0") + sequence(0x0040A170, item())))
    elements = of_bytes(element(0x00080000, "UL", bytes(4)) + nested)
    assert elements["ReferencedImageSequence"] == [
        {"ReferencedSOPInstanceUID": "1.2", "PurposeOfReferenceCodeSequence": [{}]}
    ]
    assert "00080000" not in elements


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not a DICOM P10 file"),
        (b"no image at all", "not a DICOM P10 file"),
        (bytes(128) + b"DICM", "TransferSyntaxUID does not exist"),
        (as_file(instance(1, SOPInstanceUID=None)), "SOPInstanceUID does not exist"),
        (as_file(instance(1, SeriesInstanceUID=None)), "SeriesInstanceUID does not exist"),
        (
            as_file(instance(1)).replace(STUDY_UID.encode(), STUDY_UID[:-1].encode() + b"x"),
            "StudyInstanceUID is not a UID",
        ),
        (raw_file(IDENTIFIED + element(0x00100020, "LO", b"x" * 257)), "PatientID exceeds the max length of 256"),
    ],
)
def test_what_cannot_be_imported_says_why(data: bytes, told: str) -> None:
    with pytest.raises(Refused, match=told):
        read_instance(data)


def test_the_document_is_as_in_aws_s_example(client: Client, bring: Bring) -> None:
    (image_set,) = bring(instance(1)).image_sets
    document = client.metadata(image_set)
    assert list(document) == ["SchemaVersion", "DatastoreID", "ImageSetID", "Patient", "Study"]
    assert (document["SchemaVersion"], document["DatastoreID"]) == ("1.1", client.datastore_id)
    assert document["ImageSetID"] == image_set
    (only,) = client.instances(image_set).values()
    assert list(only) == ["DICOM", "DICOMVRs", "StoredTransferSyntaxUID", "ImageFrames"]
    assert only["StoredTransferSyntaxUID"] == "1.2.840.10008.1.2.4.202"
    (frame,) = only["ImageFrames"]
    names = {"ID", "PixelDataChecksumFromBaseToFullResolution", "MinPixelValue", "MaxPixelValue", "FrameSizeInBytes"}
    assert set(frame) == names


def test_instances_without_pixels_are_there(client: Client, bring: Bring) -> None:
    report = instance(1, Modality="SR")
    del report.PixelData
    (image_set,) = bring(report).image_sets
    (only,) = client.instances(image_set).values()
    assert (only["ImageFrames"], only["StoredTransferSyntaxUID"]) == ([], None)


@pytest.mark.filterwarnings("ignore:Invalid value for VR IS")
def test_no_element_of_any_file_is_lost() -> None:
    """Each element that pydicom reads in the files that it ships is told, under its keyword or its tag."""
    read_files = 0
    for path in sorted(Path(pydicom.data.__file__).parent.rglob("*")):
        try:
            found, _ = read_instance(path.read_bytes() if path.is_file() else b"")
        except Refused:
            continue
        keys = set(own(found)) | {key for level in found.levels.values() for key in level}
        for tag in pydicom.dcmread(path).keys() - {0x00080000}:
            keyword = keyword_for_tag(tag)
            assert tag.element == 0 or keyword in keys or f"{int(tag):08X}" in keys, (path.name, tag)
        read_files += 1
    assert read_files > 100
