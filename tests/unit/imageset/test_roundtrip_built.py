"""Objects that no maker's file has all of at once, from a file into HealthImaging and back."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import MPEG4HP41, JPEGBaseline8Bit, RTStructureSetStorage

from serverless_dicom.archive.export import datasets_of_study
from serverless_dicom.imageset.compare import compare
from tests.datasets import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, STUDY, SYNTAXES, as_file, make_dataset
from tests.pictures import encapsulated, grey, make_image, native, noise, seen
from tests.roundtrip import Archive, other_vrs

HTJ2K = "1.2.840.10008.1.2.4.202"


def private(dataset: Dataset, start: int, **elements: Any) -> Dataset:
    """Add private elements: VRs with values, numbered in their order; metadata have one VR for all with a number."""
    block = dataset.private_block(0x0029, "ROUNDTRIP", create=True)
    for number, (vr, value) in enumerate(elements.items(), start):
        block.add_new(number, vr, value)
    return dataset


def everything(*, pixels: bool = True) -> Dataset:
    """Elements of every VR, where they are easily lost: private, nested, empty, ambiguous, with blanks and zeros."""
    inner = private(Dataset(), 0x80, SQ=[], LO=["", "b"], UN=b"\1\0\0\0")
    inner.PatientComments, inner.SpecificCharacterSet = " back\\slash ", "ISO_IR 100"
    numbers = private(
        Dataset(), 0x90, LO="not a sequence", SQ=[inner, Dataset()], OV=bytes(16), UV=2**64 - 1, SV=-(2**63)
    )
    dataset = make_dataset(
        pixels=pixels,
        PixelRepresentation=1 if pixels else None,
        PixelPaddingValue=-2000 if pixels else None,
        SmallestImagePixelValue=-5 if pixels else None,
        ImageType=["ORIGINAL", "", "AXIAL"],
        WindowCenter=["40.0", "-6e2"],
        SliceThickness="1.50",
        ContentDate="",
        ImageComments=" leading ",
        RealWorldValueSlope=float("nan"),
        FrameIncrementPointer=[0x00181063, 0x00181065],
        RedPaletteColorLookupTableDescriptor=[256, 0, 16],
        RedPaletteColorLookupTableData=bytes(range(256)) * 2,
        ICCProfile=b"\1\2\0\0",
        ReferencedImageSequence=Sequence(),
        SourceImageSequence=Sequence([numbers]),
    )
    for group in (0x6000, 0x6002):
        dataset.add_new(group << 16 | 0x0010, "US", 4)
        dataset.add_new(group << 16 | 0x3000, "OW", b"\1\2")
    return private(
        dataset,
        0,
        AE="AET",
        AS="010Y",
        AT=[0x00100010],
        CS=["A", "B"],
        DA="20240229",
        DS=["1.0", "2e3"],
        DT="20240229101112.5+0100",
        FD=[0.1, float("inf")],
        FL=0.5,
        IS="+7",
        LO="ä",
        LT=" blanks",
        OB=b"\1\2\0\0",
        OD=bytes(8),
        OF=b"\0\0\x80\x3f",
        OL=b"\1\2\3\4",
        OW=b"\1\2",
        PN="Yamada^Tarou=山田^太郎",
        SH="",
        SL=-7,
        SQ=[inner],
        SS=-1,
        ST="text",
        TM="101112",
        UC="long" * 99,
        UI="1.2.3",
        UL=2**32 - 1,
        UN=b"\7\0",
        UR="urn:x",
        US=[1, 65535],
        UT="x" * 70_000,
    )


def planar(syntax: str) -> bytes:
    return native(make_image("RGB", rows=5, columns=7, PlanarConfiguration=1), noise((3, 5, 7), 8).tobytes(), syntax)


def floats(syntax: str) -> bytes:
    values = np.array([[[1.5, np.nan]], [[-np.inf, 1e-40]]], ">f4" if syntax == BIG_ENDIAN else "<f4")
    dataset = make_image(rows=1, columns=2, bits=32, frames=2)
    return native(dataset, values.tobytes(), syntax, tag=0x7FE00008, vr="OF")


def bits(syntax: str, columns: int) -> bytes:
    dataset = make_image(rows=3, columns=columns, bits=1, frames=5)
    return native(dataset, noise((-(-3 * columns * 5 // 8),), 8).tobytes(), syntax)


def icon(value: bytes, *, is_encapsulated: bool = False) -> bytes:
    small = make_image(rows=2, columns=2)
    small.add_new(0x7FE00010, "OB", value)
    small["PixelData"].is_undefined_length = is_encapsulated
    return as_file(make_dataset(IconImageSequence=[small]))


def several(count: int, **described: Any) -> bytes:
    stack = np.stack([noise((6, 5), described.get("bits", 8), seed=seed) for seed in range(count)])
    return grey(stack, **described)


BUILT: dict[str, Callable[[], bytes]] = {
    **{f"everything in {syntax}": partial(lambda syntax: as_file(everything(), syntax), syntax) for syntax in SYNTAXES},
    **{f"planar in {syntax}": partial(planar, syntax) for syntax in (IMPLICIT, BIG_ENDIAN, DEFLATED)},
    **{f"floats in {syntax}": partial(floats, syntax) for syntax in (EXPLICIT, BIG_ENDIAN)},
    **{f"bits in {syntax}": partial(bits, syntax, 8) for syntax in (EXPLICIT, BIG_ENDIAN)},
    "frames of bits that begin within a byte": partial(bits, EXPLICIT, 5),
    "no pixels": lambda: as_file(everything(pixels=False), IMPLICIT),
    "one frame": lambda: several(1, bits=12, allocated=16),
    "two frames": lambda: several(2, bits=12, allocated=16),
    "many frames of signed bytes": lambda: several(40, signed=True),
    "bits beside those stored": lambda: grey(noise((6, 5), 16), bits=12, allocated=16),
    "32 bits": lambda: grey(noise((6, 5), 31), bits=32),
    "icon": lambda: icon(bytes(4)),
    "icon, encapsulated": lambda: icon(encapsulate([b"\xff\xd8icon"]), is_encapsulated=True),
    "video": lambda: encapsulated(make_image("YBR_FULL", frames=9), [b"a video!"] * 3, MPEG4HP41, table="none"),
    "fewer frames than the header says": lambda: encapsulated(make_image(frames=9), [b"JPEG"] * 2, JPEGBaseline8Bit),
    "12 bits allocated": lambda: native(make_image(rows=4, columns=4, bits=12, allocated=12), bytes(range(24))),
    "cut off": lambda: native(make_image(rows=6, columns=5, frames=9), b"cut off!"),
}


CASES = [(name, keep_compressed) for name in BUILT for keep_compressed in (False, True)]
CASES.remove(("fewer frames than the header says", False))  # what cannot be taken apart cannot be decoded


@pytest.mark.parametrize(("name", "keep_compressed"), CASES)
def test_an_object_comes_back_as_it_was(archive: Archive, tmp_path: Path, name: str, keep_compressed: bool) -> None:
    source = BUILT[name]()
    (tmp_path / "file.dcm").write_bytes(source)
    found = archive.there_and_back(tmp_path / "file.dcm", keep_compressed=keep_compressed)
    assert compare(source, found).differences == ()
    assert other_vrs(source, found) == set()


@pytest.mark.parametrize(
    "name",
    ["CT_small.dcm", "MR_small_RLE.dcm", "SC_rgb_rle_2frame.dcm", "examples_palette.dcm", "MR_small_bigendian.dcm"],
)
def test_others_decode_what_is_kept_compressed(archive: Archive, name: str) -> None:
    path = Path(str(get_testdata_file(name)))
    kept = dcmread(BytesIO(archive.there_and_back(path, keep_compressed=True)))

    assert kept.file_meta.TransferSyntaxUID == HTJ2K
    assert np.array_equal(kept.pixel_array, dcmread(path).pixel_array)


def test_what_nobody_here_can_show_comes_back_as_it_is_stored(archive: Archive, tmp_path: Path) -> None:
    image = make_image("ARGB", rows=4, columns=4, SamplesPerPixel=4)
    (tmp_path / "file.dcm").write_bytes(native(image, bytes(range(64))))

    kept = dcmread(BytesIO(archive.there_and_back(tmp_path / "file.dcm", keep_compressed=True)))

    (frame,) = generate_frames(kept.PixelData, number_of_frames=1)
    assert imagecodecs.htj2k_decode(frame).tobytes() == bytes(range(64))


def test_all_series_of_a_study_come_back(archive: Archive, tmp_path: Path) -> None:
    """Those of images, of a structure set and of a report, whose instances have no frames."""
    sources = {}
    for series, number in [(series, number) for series in (1, 2, 3) for number in (1, 2)]:
        uid = f"1.2.3.{series}.{number}"
        kind = {2: {"Modality": "RTSTRUCT", "SOPClassUID": RTStructureSetStorage}, 3: {"Modality": "SR"}}
        own = {"SeriesInstanceUID": f"1.2.3.{series}", "SeriesNumber": series, "InstanceNumber": number}
        dataset = make_dataset(pixels=series == 1, SOPInstanceUID=uid, **own, **kind.get(series, {}))
        sources[uid] = as_file(dataset)
        (tmp_path / uid).write_bytes(sources[uid])
    assert len(archive.imaging.import_files(sorted(tmp_path.iterdir())).image_sets) == 3

    found = datasets_of_study(archive.client, STUDY)

    assert [dataset.SOPInstanceUID for dataset in found] == list(sources)
    for dataset in found:
        dataset.save_as(file := BytesIO())
        assert compare(sources[dataset.SOPInstanceUID], file.getvalue()).differences == ()


def test_all_frames_that_are_kept_in_one_piece_are_drawn(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "file.dcm").write_bytes(bits(EXPLICIT, 5))
    job = archive.imaging.import_files([tmp_path / "file.dcm"])

    pictures, report = archive.export(job.image_sets, format="png")

    assert report.complete
    values = dcmread(tmp_path / "file.dcm").pixel_array
    drawn = [seen(pictures[name]) for name in report.outcomes[0].names]
    assert np.array_equal(np.stack(drawn) > 0, values > 0)
