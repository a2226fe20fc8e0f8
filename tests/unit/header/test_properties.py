"""What holds for any data set, and for any damage to one."""

import json
import struct
import time
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.sequence import Sequence

from serverless_dicom.errors import RejectedObject
from serverless_dicom.header.parse import parse_header
from serverless_dicom.header.ranges import MemoryRanges, RangedFile
from serverless_dicom.header.structure import PIXEL_DATA, Encoding, Walk
from tests.datasets import BIG_ENDIAN, IMPLICIT, SECRETS, SYNTAXES, as_file, make_dataset, read, read_or_refusal

PRIVATE_CREATOR = 0x00090010
MAX_SECONDS = 2.0

text = st.text(
    st.characters(codec="utf-8", exclude_characters='\\\r\n\f\t\0"^=', exclude_categories=["C", "Z"]), max_size=20
)
names = st.builds("^".join, st.lists(text.filter(bool), min_size=1, max_size=5))
decimals = st.one_of(
    st.integers(-(10**15), 10**15).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:.8e}"[:16]),
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "AE": st.text("ABCDEFGH_0123456789", max_size=16),
    "CS": st.text("ABCDEFGH_0123456789", max_size=16),
    "DA": st.dates().map(lambda date: f"{date:%Y%m%d}".rjust(8, "0")),
    "DS": decimals,
    "FD": st.floats(allow_nan=False, allow_infinity=False),
    "FL": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "IS": st.integers(-(2**31), 2**31 - 1).map(str),
    "LO": text,
    "LT": text,
    "OB": st.binary(max_size=20).map(lambda raw: raw + bytes(len(raw) % 2)),
    "PN": names,
    "SH": text.map(lambda value: value[:4]),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "SS": st.integers(-(2**15), 2**15 - 1),
    "SV": st.integers(-(2**53) + 1, 2**53 - 1),
    "TM": st.times().map(lambda time: f"{time:%H%M%S}"),
    "UC": text,
    "UI": st.lists(st.integers(0, 10**6), min_size=2, max_size=6).map(lambda parts: ".".join(map(str, parts))),
    "UL": st.integers(0, 2**32 - 1),
    "UN": st.binary(max_size=20),
    "US": st.integers(0, 2**16 - 1),
    "UT": text,
    "UV": st.integers(0, 2**53 - 1),
}
STANDARD = {
    "AE": 0x00080054, "CS": 0x00080008, "DA": 0x00080020, "DS": 0x00280030, "FD": 0x00189073, "FL": 0x00109431,
    "IS": 0x00280008, "LO": 0x00081030, "LT": 0x00104000, "OB": 0x00420011, "PN": 0x00100010, "SH": 0x00080050,
    "SL": 0x00186020, "SS": 0x00189219, "SV": 0x00720082, "TM": 0x00080030, "UC": 0x00080119, "UI": 0x00080018,
    "UL": 0x00080001, "UN": 0x00091001, "US": 0x00280010, "UT": 0x0040A160, "UV": 0x00720083,
}  # fmt: skip
"""An element of each VR, so that implicit encodings know it; of UN a private one."""

elements = st.sampled_from(sorted(VALUES)).flatmap(lambda vr: VALUES[vr].map(lambda value: (vr, value)))
datasets = st.recursive(
    st.lists(elements, max_size=6),
    lambda inner: st.tuples(st.lists(elements, max_size=4), st.lists(inner, max_size=3), st.booleans(), st.booleans()),
    max_leaves=12,
)


def build(drawn: Any) -> Dataset:
    """A data set of what was drawn: elements, and perhaps items of a sequence with the forms of their lengths."""
    dataset = Dataset()
    plain, items, *undefined = drawn if isinstance(drawn, tuple) else (drawn, None)
    for vr, value in plain:
        dataset.add(DataElement(STANDARD[vr], vr, value, validation_mode=0))
    if any(vr == "UN" for vr, _ in plain):
        dataset.add_new(PRIVATE_CREATOR, "LO", "ACME")
    if items is not None:
        sequence = DataElement(0x00081140, "SQ", Sequence([build(item) for item in items]))
        sequence.is_undefined_length, of_items = undefined
        for item in sequence.value:
            item.is_undefined_length_sequence_item = of_items
        dataset.add(sequence)
    return dataset


def file_of(drawn: Any, syntax: str) -> bytes:
    """A file of what was drawn, with pixel data behind it."""
    dataset = build(drawn)
    for keyword in ("SpecificCharacterSet", "SOPClassUID", "StudyInstanceUID"):
        setattr(dataset, keyword, make_dataset()[keyword].value)
    dataset.add_new(0x7FE00010, "OW", b"\1\2\3\4")
    return as_file(dataset, syntax)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(datasets, st.sampled_from(SYNTAXES[:3]))
def test_the_walk_ends_where_pydicom_ends(drawn: Any, syntax: str) -> None:
    data = file_of(drawn, syntax)
    meta = struct.unpack_from("<L", data, 140)[0] + 144
    file = DicomBytesIO(data)
    dcmread(file, stop_before_pixels=True)
    encoding = Encoding(implicit=syntax == IMPLICIT, little_endian=syntax != BIG_ENDIAN)

    end, found = Walk(RangedFile(MemoryRanges(data)), encoding).until(PIXEL_DATA.__contains__, meta)

    assert found
    assert end == len(data) - found.length - (found.value - end)
    assert end == file.tell()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(datasets, st.sampled_from(SYNTAXES))
def test_the_model_read_back_is_the_data_set(drawn: Any, syntax: str) -> None:
    data = file_of(drawn, syntax)
    model = json.loads(json.dumps(read(data).model, allow_nan=False))
    back = Dataset.from_json({tag: value for tag, value in model.items() if tag[:4] != "0002"})

    original = dcmread(DicomBytesIO(data))
    del original.PixelData
    assert comparable(back) == comparable(original)


def comparable(dataset: Dataset) -> dict[int, Any]:
    """Values by tag: numbers as numbers, text without its padding, nothing where there is none."""
    return {
        int(element.tag): [comparable(item) for item in element.value]
        if element.VR == "SQ"
        else plain(element.value, element.VR)
        for element in dataset
    }


def plain(value: Any, vr: str) -> Any:
    if not value and not isinstance(value, int | float):
        return None
    if vr in {"DS", "FD", "FL"}:
        return float(f"{float(value):.14g}")
    return value if isinstance(value, bytes | int) else str(value).strip()


HEADS = {
    syntax: as_file(make_dataset(ReferencedStudySequence=[make_dataset(pixels=False)]), syntax) for syntax in SYNTAXES
}
damages = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "truncate"]), st.integers(0, 2**16), st.binary(min_size=1, max_size=8)
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(SYNTAXES), damages)
def test_damage_gives_a_rejection_or_an_answer_in_bounded_time(syntax: str, done: list[tuple[str, int, bytes]]) -> None:
    data = bytearray(HEADS[syntax])
    for kind, where, raw in done:
        at = where % len(data) if data else 0
        if kind == "flip":
            data[at : at + len(raw)] = raw
        elif kind == "insert":
            data[at:at] = raw
        elif kind == "cut":
            del data[at : at + len(raw) * 4]
        else:
            del data[max(at, 132) :]
    began = time.process_time()
    found = read_or_refusal(bytes(data))
    assert time.process_time() - began < MAX_SECONDS
    if isinstance(found, Exception):
        assert [value for value in SECRETS if value in str(found)] == []
    else:
        json.dumps(found.model, allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", bytes(128) + b"DICM", HEADS[SYNTAXES[0]][:400]]))
def test_bytes_of_any_kind_give_a_rejection_or_an_answer(tail: bytes, head: bytes) -> None:
    with suppress(RejectedObject):
        parse_header(MemoryRanges(head + tail))
