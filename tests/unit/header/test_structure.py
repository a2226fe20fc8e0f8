"""The walk over element headers: what it lets pass ends where it says, what it refuses has a reason."""

import pytest

from serverless_dicom.errors import HeaderTooLarge, MalformedHeader, NestedTooDeep, RejectedObject, TruncatedHeader
from serverless_dicom.header.ranges import MemoryRanges, RangedFile
from serverless_dicom.header.structure import COST, MAX_DEPTH, MAX_ELEMENTS, PIXEL_DATA, Encoding, Walk
from tests.datasets import UNDEFINED, element, item, sequence

SEQUENCE, TEXT = 0x00081140, 0x00100020
EXPLICIT = Encoding(implicit=False, little_endian=True)
IMPLICIT = Encoding(implicit=True, little_endian=True)


def walk(data: bytes, encoding: Encoding = EXPLICIT, *, left: int = MAX_ELEMENTS) -> int:
    """Where the data set ends; `left` is how many elements may still come."""
    ranges = RangedFile(MemoryRanges(data))
    return Walk(ranges, encoding, MAX_ELEMENTS - left).until(PIXEL_DATA.__contains__, 0)[0]


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("encoding", [EXPLICIT, IMPLICIT, Encoding(implicit=False, little_endian=False)], ids=str)
def test_it_stops_before_the_pixel_data_of_the_data_set_and_not_of_its_items(
    encoding: Encoding, *, undefined: bool
) -> None:
    order = "<" if encoding.little_endian else ">"
    vr = (lambda _: None) if encoding.implicit else (lambda name: name)
    icon = item(element(0x7FE00010, vr("OW"), b"icon", order=order), undefined=undefined, order=order)
    head = sequence(0x00880200, icon, vr("SQ"), undefined=undefined, order=order)
    data = head + element(0x7FE00010, vr("OW"), b"pixels", order=order)

    assert walk(data, encoding) == len(head)


def test_an_object_without_pixel_data_is_walked_to_its_end() -> None:
    data = element(TEXT, "LO", b"id")

    assert walk(data) == len(data)


@pytest.mark.parametrize("padding", [1, 7])
def test_a_few_nul_bytes_at_the_end_are_padding(padding: int) -> None:
    data = element(TEXT, "LO", b"id")

    assert walk(data + bytes(padding)) == len(data)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (element(TEXT, "LO", b"id", length=3), TruncatedHeader),
        (element(0x00420011, "OB", b"id", length=0xFFFFFFFE), TruncatedHeader),
        (element(TEXT, "LO", b"id")[:5], TruncatedHeader),
        (element(0x00420011, "OB", b"")[:10], TruncatedHeader),
        (sequence(SEQUENCE, item(), undefined=True)[:-8], TruncatedHeader),
        (sequence(SEQUENCE, item(element(TEXT, "LO", b"id", length=60)) + bytes(80)), MalformedHeader),
        (sequence(SEQUENCE, item(element(TEXT, "LO", b"id")[:6])) + bytes(80), MalformedHeader),
        (element(SEQUENCE, "SQ", item(b"1234567890")[:12]) + bytes(80), MalformedHeader),
        (sequence(SEQUENCE, element(TEXT, "LO", b"no item!")), MalformedHeader),
        (item(element(TEXT, "LO", b"id")), MalformedHeader),
        (element(0xFFFEE0DD, None, b""), MalformedHeader),
        (element(0x00420011, "OB", b"garbage, garbage", length=UNDEFINED), MalformedHeader),
        (sequence(0x00420011, item() + item(undefined=True), "OB", undefined=True), MalformedHeader),
    ],
    ids=[
        *("value beyond the object", "length of 4 GB", "half a header", "header without its length", "no delimiter"),
        *("value beyond its item", "header beyond its item", "item beyond its sequence", "element for an item"),
        *("item outside", "delimiter outside", "undefined length, no fragment", "fragment of undefined length"),
    ],
)
def test_a_length_that_contradicts_what_is_there_is_refused(data: bytes, error: type[RejectedObject]) -> None:
    with pytest.raises(error):
        walk(data)


def test_the_message_names_the_tag_and_the_lengths_but_no_value() -> None:
    with pytest.raises(TruncatedHeader) as refusal:
        walk(element(TEXT, "LO", b"PAT-4711", length=4711))

    assert str(refusal.value) == "(0010,0020) declares 4711 bytes from 8, the object ends at 16"


def nested(depth: int, vr: str | None = "SQ", *, undefined: bool) -> bytes:
    """Sequences within sequences, written from the inside by hand: a writer would recurse."""
    inner_vr = None if vr != "SQ" else "LO"
    head = element(SEQUENCE if vr != "UN" else 0x00091001, vr, b"", length=UNDEFINED)
    inner = element(TEXT, inner_vr, b"deep")
    if undefined:
        begin = head + element(0xFFFEE000, None, b"", length=UNDEFINED)
        end = element(0xFFFEE00D, None, b"") + element(0xFFFEE0DD, None, b"")
        return begin * depth + inner + end * depth
    for _ in range(depth):
        inner = sequence(SEQUENCE if vr != "UN" else 0x00091001, item(inner), vr)
    return inner


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize(("vr", "encoding"), [("SQ", EXPLICIT), (None, IMPLICIT)], ids=["explicit", "implicit"])
def test_sequences_may_be_nested_so_deep_and_no_deeper(vr: str | None, encoding: Encoding, *, undefined: bool) -> None:
    data = nested(MAX_DEPTH, vr, undefined=undefined)
    assert walk(data, encoding) == len(data)

    for depth in (MAX_DEPTH + 1, 500):
        with pytest.raises(NestedTooDeep):
            walk(nested(depth, vr, undefined=undefined), encoding)


def test_unknown_elements_of_undefined_length_are_sequences_that_count() -> None:
    begin = element(0x00091001, "UN", b"", length=UNDEFINED) + element(0xFFFEE000, None, b"", length=UNDEFINED)

    with pytest.raises(NestedTooDeep):
        walk(begin * 500)


def test_elements_are_bounded_in_number_and_items_and_own_ones_count_as_several() -> None:
    elements, items = element(TEXT, "LO", b"") * 11, sequence(SEQUENCE, item() * 2)

    assert walk(elements, left=11 * COST) == len(elements)
    with pytest.raises(HeaderTooLarge):
        walk(elements, left=11 * COST - 1)
    assert walk(items, left=3 * COST) == len(items)
    with pytest.raises(HeaderTooLarge):
        walk(items, left=3 * COST - 1)


def test_fragments_count_too() -> None:
    with pytest.raises(HeaderTooLarge):
        walk(sequence(0x00420011, item() * 10, "OB", undefined=True), left=COST + 9)


def test_implicit_items_in_an_explicit_data_set_are_walked_as_such() -> None:
    inner = element(TEXT, None, b"id") + sequence(SEQUENCE, item(element(TEXT, None, b"inner id")), None)
    data = sequence(SEQUENCE, item(inner)) + element(TEXT, "LO", b"id")

    assert walk(data) == len(data)


def test_fragments_of_an_icon_in_an_implicit_data_set_are_no_items() -> None:
    icon = sequence(0x7FE00010, item() + item(b"\xff\xd8\xff\xd9"), None, undefined=True)
    data = sequence(0x00880200, item(icon), None)

    assert walk(data, IMPLICIT) == len(data)
