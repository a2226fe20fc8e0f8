"""The collection of files by many makers that may lie beside the repository, against what other programs draw of them.

Grey pictures may differ by 1 grey level, colour and lossy ones by 3, on 99.9 % of pixels.
"""

import csv
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from serverless_dicom.errors import CannotRender, RejectedObject
from serverless_dicom.header.ranges import MemoryRanges
from serverless_dicom.image import open_image
from serverless_dicom.image.decode import decode
from tests.pictures import drawn, seen

CORPUS = Path(__file__).parents[4] / "shared" / "dicom"
REFERENCE = CORPUS / "reference"
PNGS = sorted((REFERENCE / "png").glob("*.png"))

pytestmark = pytest.mark.skipif(not PNGS, reason="the collection ../shared/dicom is not there")


def verdicts() -> dict[str, dict[str, str]]:
    if not PNGS:
        return {}
    with (REFERENCE / "verdict.csv").open(newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


VERDICTS = verdicts()

WRONG = {
    # No window: DCMTK's range from min to max includes the padding of -2000.
    "dicomParser__CT1_UNC.explicit_big_endian.dcm": "padding",
    "dicomParser__CT1_UNC.explicit_little_endian.dcm": "padding",
    "dicomParser__CT1_UNC.fragmented_bot_jpeg_ls.80.dcm": "padding",
    # RGB by its header, YCbCr by the JFIF segment of its JPEG, which pydicom, imagecodecs and we believe.
    "fo-dicom__GH195.dcm": "colour",
    # The picture was made with the window of the data set: that of the frame's functional group goes before it.
    "orthanc-tests__MultiframeWindowing.dcm": "window",
    # 32-bit big-endian samples of VR OW: DCMTK swaps their 16-bit halves (PS3.5 7.3 has them in one piece).
    "pydicom__rtdose_expb.dcm": "byte order",
    "pydicom__rtdose_expb_1frame.dcm": "byte order",
}
"""Whose reference is wrong, and in what."""

UNDECODABLE = {
    "pydicom__JPEG2000-embedded-sequence-delimiter.dcm": "no program decodes it",
    "pydicom__meta_missing_tsyntax.dcm": "has pixel data but no Rows",
    "pydicom__nested_priv_SQ.dcm": "has pixel data but no Rows",
}

DRAWN = {"pydicom-data__emri_small_jpeg_2k_lossless_too_short.dcm": "frames are missing at its end, others are whole"}
"""What others refuse, and we draw."""


class Reference(NamedTuple):
    """A picture that another program drew: of which file, which frame, and whether with its overlays."""

    path: Path
    file: str
    frame: int
    overlays: bool


def reference_of(path: Path) -> Reference:
    found = re.fullmatch(r"(.*?)(\.overlay)?\.f(\d+)(\.numpy)?\.png", path.name)
    assert found, path.name
    return Reference(path, found[1], int(found[3]) + 1, bool(found[2]))


def colours(array: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.repeat(array[..., None], 3, axis=2) if array.ndim == 2 else array


@pytest.mark.parametrize("reference", [reference_of(path) for path in PNGS], ids=lambda reference: reference.path.name)
def test_a_picture_is_what_another_program_draws(reference: Reference) -> None:
    if reference.file in WRONG:
        pytest.skip(f"the reference is wrong: {WRONG[reference.file]}")
    picture = drawn((CORPUS / "files" / reference.file).read_bytes(), reference.frame, overlays=reference.overlays)
    with Image.open(reference.path) as image:
        expected = np.asarray(image.convert("L" if image.mode in {"L", "1"} else "RGB")).astype(np.int64)
    verdict = VERDICTS[reference.file]
    loose = not verdict["photometric"].startswith("MONOCHROME") or "close" in verdict["decode"]

    ours = colours(seen(picture))

    assert ours.shape == colours(expected).shape
    tolerance = 3 if loose or picture.explanation["lossy"] else 1
    assert (np.abs(ours - colours(expected)) <= tolerance).mean() >= 0.999


AGREED = [name for name, row in VERDICTS.items() if row["frame0_sha256_int32le"] and "close" not in row["decode"]]
"""Files whose values several programs decode alike; decoders of lossy ones may round in their own ways."""


@pytest.mark.parametrize("name", AGREED)
def test_stored_values_are_what_several_programs_decode(name: str) -> None:
    frame = open_image(MemoryRanges((CORPUS / "files" / name).read_bytes())).frame(1)
    decoded = decode(frame.encoded, frame.description, frame.transfer_syntax_uid, frame.family)
    if decoded.samples.dtype.kind == "f" or decoded.photometric_interpretation.startswith("YBR"):
        pytest.skip("the reference is of whole numbers, and of RGB")
    if WRONG.get(name) == "byte order":
        pytest.skip("the reference is wrong: byte order")

    digest = hashlib.sha256(np.ascontiguousarray(decoded.samples.astype("<i8").astype("<i4")).tobytes()).hexdigest()

    assert digest == VERDICTS[name]["frame0_sha256_int32le"]


@pytest.mark.parametrize("name", VERDICTS)
def test_every_file_is_drawn_or_refused_for_a_reason(name: str) -> None:
    file = (CORPUS / "files" / name).read_bytes()
    without = VERDICTS[name]["decode"].startswith(("no pixel data", "video")) and name not in DRAWN
    if without or name in UNDECODABLE:
        with pytest.raises((CannotRender, RejectedObject)):
            drawn(file)
        return

    picture = drawn(file)

    assert seen(picture).shape[:2] == (picture.height, picture.width)
