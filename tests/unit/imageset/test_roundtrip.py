"""From a file into HealthImaging and back: the same object, element for element and pixel for pixel.

Each file is imported by the local service into a data store with nothing else in it, exported decoded and as it is
stored, and compared with itself. What HealthImaging normalises is in `compare.NORMALISED`; nothing else may differ.
"""

from pathlib import Path

import pydicom
import pytest
from pydicom import dcmread
from pydicom.datadict import tag_for_keyword

from local.healthimaging.levels import PATIENT, SERIES, STUDY
from serverless_dicom.imageset.compare import compare
from tests.roundtrip import Archive, other_vrs

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom's, of files that are odd on purpose

CORPUS = Path(__file__).parents[4] / "shared" / "dicom" / "files"
OWN = [path for path in sorted((Path(pydicom.__file__).parent / "data").rglob("*")) if path.suffix in {"", ".dcm"}]
OWN = [path for path in OWN if path.is_file() and (path.suffix or path.read_bytes()[128:132] == b"DICM")]
SEEN = {path.read_bytes() for path in OWN}
OTHERS = [path for path in sorted(CORPUS.glob("*")) if path.read_bytes() not in SEEN]
ABSENT = [] if OTHERS else [pytest.mark.skip(reason="the collection ../shared/dicom is not there")]
FILES = [*OWN, *OTHERS, *([pytest.param(CORPUS, marks=ABSENT)] if ABSENT else [])]

UNDECODABLE = "JPEG2000-embedded-sequence-delimiter.dcm"
"""Whose codestream no program decodes: it comes back only as it is stored."""

REQUIRED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
REFUSED = {
    "bad_sequence.dcm": "SOPInstanceUID is not a UID",  # it was replaced by a digest
    "emri_small_jpeg_2k_lossless_too_short.dcm": "ends before",  # in the midst of a fragment
}
"""What cannot be imported for a reason of its own."""

VRS = {
    "3.dcm": {("SH", "CS")},  # LongitudinalTemporalInformationModified is CS by the dictionary
    "NM1_JPH": {("US", "SS")},  # PixelRepresentation says that the pixels are signed: so are their extremes
    **{f"OBXXXX1A{name}.dcm": {("SL", "UL")} for name in ("", "_expb_2frame", "_rle_2frame")},
}
"""Other VRs of the same values. The last ones have private elements of one number and two VRs: metadata have one."""


def name_of(path: Path) -> str:
    return path.name.rpartition("__")[2]


def why_not(path: Path) -> str:
    """Why a file cannot be imported, as its import ought to say; empty where it can."""
    if path.read_bytes()[128:132] != b"DICM":
        return "DICM is missing"
    if name_of(path) in REFUSED:
        return REFUSED[name_of(path)]
    dataset = dcmread(path, stop_before_pixels=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        return "TransferSyntaxUID does not exist"
    return next((f"{keyword} does not exist" for keyword in REQUIRED if not dataset.get(keyword)), "")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_comes_back_as_it_was(archive: Archive, path: Path) -> None:
    job = archive.imaging.import_files([path])
    if why := why_not(path):
        (said,) = job.failures.values()
        assert why in said
        return
    assert job.failures == {}
    source = path.read_bytes()
    for keep_compressed in (False, True):
        files, report = archive.export(job.image_sets, keep_compressed=keep_compressed)
        if name_of(path) == UNDECODABLE and not keep_compressed:
            (outcome,) = report.of("failed")
            assert outcome.frame
            continue
        (outcome,) = report.outcomes
        assert (outcome.message, outcome.remarks) == ("", ())
        data = files[f"{job.image_sets[0]}/{outcome.sop_instance_uid}.dcm"]
        comparison = compare(source, data)
        assert comparison.differences == ()
        assert comparison.elements > 0
        assert other_vrs(source, data) <= VRS.get(name_of(path), set())


def test_many_files_at_once_are_not_mixed_up(archive: Archive) -> None:
    """Where instances of an image set disagree in elements of patient, study or series, all have those of the first."""
    shared = {f"{tag_for_keyword(keyword):08X}" for keyword in PATIENT | STUDY | SERIES}
    files = [*OWN, *OTHERS]
    job = archive.imaging.import_files(files)
    assert set(job.failures) == {str(path) for path in files if why_not(path)}
    found: dict[str, list[bytes]] = {}
    for name, data in archive.export(job.image_sets, keep_compressed=True)[0].items():
        found.setdefault(name.rpartition("/")[2].removesuffix(".dcm"), []).append(data)

    def came_back(path: Path) -> bool:
        source = path.read_bytes()
        results = (compare(source, data) for data in found[str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)])
        return any(all(one.path.partition("[")[0] in shared for one in result.differences) for result in results)

    assert [path.name for path in files if str(path) not in job.failures and not came_back(path)] == []
