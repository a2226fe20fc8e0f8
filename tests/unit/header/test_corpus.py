"""The collection of files by many makers that may lie beside the repository, against what DCMTK makes of them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from serverless_dicom.errors import DicomDirectory, NotDicom, RejectedObject, TruncatedHeader
from serverless_dicom.header import Header
from tests.corpus import Difference, differences
from tests.datasets import read

CORPUS = Path(__file__).parents[4] / "shared" / "dicom"
FILES = sorted((CORPUS / "files").glob("*"))

pytestmark = pytest.mark.skipif(not FILES, reason="the collection ../shared/dicom is not there")

CHECKED: dict[str, Any] = json.loads((CORPUS / "reference" / "charset_check.json").read_text()) if FILES else {}
"""What several programs make of the names in files of unusual character sets."""

UNREADABLE = {"synth__charset_latin9.dcm"}
"""ISO_IR 203 is known to none of them; the unit tests of character sets have it."""

REFUSED: dict[str, type[RejectedObject]] = {
    "pydicom__2_DICOMDIR": DicomDirectory,
    "pydicom__DICOMDIR": DicomDirectory,
    "pydicom__DICOMDIR-empty.dcm": DicomDirectory,
    "pydicom__no_meta.dcm": NotDicom,  # begins with the last byte of something that was cut away
    "pydicom__rtplan_truncated.dcm": TruncatedHeader,
}

KNOWN: dict[str, dict[str, str]] = {
    # The file's own group 0010 says ISO 2022 in an item that inherits it: DCMTK leaves the escapes in the text.
    "pydicom__chrSQEncoding.dcm": {"00321064.0.00100010": "value"},
    # An odd number of bytes against PS3.5 7.1: DCMTK pads them.
    "synth__private_and_long_vrs.dcm": {"00091001": "value"},
    # A code string outside of its repertoire: DCMTK's output is no UTF-8.
    "fo-dicom__GH1301.dcm": {"00100040": "value"},
    # A date of NULs: padding to us.
    "fo-dicom__GH195.dcm": {"00100030": "value"},
    # Private elements (0001,0001), which no creator reserves: a sequence by their items, bytes to DCMTK.
    "pydicom__meta_missing_tsyntax.dcm": {"00010001": "vr"},
    "pydicom__nested_priv_SQ.dcm": {"00010001": "vr"},
}
"""What differs from the reference, and why ours stands."""


@cache
def header(path: Path) -> Header:
    return read(path.read_bytes())


def reference(path: Path) -> dict[str, Any] | None:
    found = CORPUS / "reference" / "json" / f"{path.name}.dcm2json.json"
    if not found.exists() or not found.stat().st_size:
        return None
    loaded: dict[str, Any] = json.loads(found.read_text())
    return loaded


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_header_is_what_dcmtk_reads(path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(REFUSED[path.name]):
            read(path.read_bytes())
        return
    expected = reference(path)
    if expected is None:
        assert len(header(path).model) > 1
        return

    found = [
        difference for difference in differences(header(path).model, expected) if not _explained(path.name, difference)
    ]

    assert found == []


def _explained(name: str, difference: Difference) -> bool:
    return KNOWN.get(name, {}).get(difference.path) == difference.kind


@pytest.mark.parametrize("name", [path.name for path in FILES if path.name in CHECKED and path.name not in UNREADABLE])
def test_its_patient_s_name_is_what_another_program_reads(name: str) -> None:
    read_by = {
        program: values for program, values in CHECKED[name].items() if program in {"dcmtk", "orthanc", "pydicom"}
    }
    names = {str(values[0] or "").rstrip("= ^") for values in read_by.values() if values}

    found = header(CORPUS / "files" / name).record["PatientName"] or ""

    assert found.rstrip("= ^") in names
    assert "\x1b" not in found
