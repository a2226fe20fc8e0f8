"""P10 -> HealthImaging -> P10: every element with its VR and every pixel of pydicom's own files come back."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from local.healthimaging import Imaging, Options, running
from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.exporting import ImageSetRef, Wanted, export
from serverless_dicom.archive.folder import Folder
from serverless_dicom.archive.rates import UNLIMITED
from serverless_dicom.archive.report import Report
from serverless_dicom.archive.verifying import verdicts
from serverless_dicom.imageset.compare import NORMALISED, compare

DATA = Path(pydicom.__file__).parent / "data"
IDENTIFIERS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
NEEDED = (*IDENTIFIERS, "SOPClassUID")
DAMAGED = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "no program decodes it",
    "MR_truncated.dcm": "its pixel data end too early",
    "badVR.dcm": "its NumberOfFrames is no number",
}


def importable() -> Iterator[Path]:
    """Files with all that HealthImaging asks for."""
    with warnings.catch_warnings(action="ignore"):
        for path in sorted([*(DATA / "test_files").rglob("*.dcm"), *(DATA / "charset_files").rglob("*.dcm")]):
            try:
                dataset = dcmread(path, stop_before_pixels=True)
                if all(dataset.get(keyword) for keyword in NEEDED) and dataset.file_meta.get("TransferSyntaxUID"):
                    yield path
            except Exception:  # noqa: BLE001, S112 - what pydicom cannot read is no subject here
                continue


FILES = list(importable())


@dataclass
class Archived:
    """What was imported, and what came back: by the names of the files."""

    sources: dict[str, bytes]
    decoded: Path
    compressed: Path
    reports: list[Report]
    uids: dict[str, str]
    wrong: list[str]

    def pair(self, name: str, folder: Path) -> tuple[bytes, bytes]:
        """A file as it was and as it came back."""
        return self.sources[name], (folder / f"{self.uids[name]}.dcm").read_bytes()


def unlike_others(path: Path, number: int) -> tuple[bytes, str]:
    """A file with UIDs of its own, of the same lengths (unless it is deflated), and its SOPInstanceUID."""
    data = path.read_bytes()
    dataset = dcmread(path, stop_before_pixels=True)
    for keyword in IDENTIFIERS:
        uid = str(dataset[keyword].value)
        data = data.replace(uid.encode(), f"{uid[:-3]}{100 + number}".encode())
    return data, str(dcmread(BytesIO(data), stop_before_pixels=True).SOPInstanceUID)


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    """All files, imported at once and exported twice."""
    folder = tmp_path_factory.mktemp("roundtrip")
    sources, uids = {}, {}
    with warnings.catch_warnings(action="ignore"):
        for number, path in enumerate(FILES):
            sources[path.name], uids[path.name] = unlike_others(path, number)
            (folder / path.name).write_bytes(sources[path.name])
        with running(Options()) as imaging:
            return exported(imaging, folder, sources, uids)


def exported(imaging: Imaging, folder: Path, sources: dict[str, bytes], uids: dict[str, str]) -> Archived:
    job = imaging.import_files(sorted(folder.glob("*.dcm")))
    assert not job.failures
    archive = HealthImaging(imaging.client(), imaging.datastore_id, rates=UNLIMITED)
    refs = [ImageSetRef(found["imageSetId"]) for found in archive.search(all_sets=True)]
    found = Archived(sources, folder / "decoded", folder / "compressed", [], uids, [])
    wanted = Wanted()
    for place in (found.decoded, found.compressed):
        found.reports.append(export(archive, refs, Folder(place), wanted))
        wanted = replace(wanted, keep_compressed=True)
    found.wrong = [str(one) for ref in refs for one in verdicts(archive, ref.image_set_id) if not one.verdict.ok]
    return found


def test_everything_that_was_imported_comes_back_but_what_is_damaged(archived: Archived) -> None:
    for report in archived.reports:
        failed = {one.sop_instance_uid for one in report.of("failed")}
        assert {name for name, uid in archived.uids.items() if uid in failed} <= DAMAGED.keys()
        assert len(report.of("written")) == len(FILES) - len(failed)
        assert not [one for one in report.outcomes if one.remarks]
    assert len(FILES) > 70


def test_every_frame_is_what_was_imported(archived: Archived) -> None:
    assert archived.wrong == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [path.name for path in FILES if path.name not in DAMAGED])
def test_a_file_comes_back_element_for_element_and_pixel_for_pixel(archived: Archived, name: str) -> None:
    for folder in (archived.decoded, archived.compressed):
        source, found = archived.pair(name, folder)

        assert compare(source, found).differences == ()
        before, after = (dcmread(BytesIO(data)) for data in (source, found))
        assert list(other_vrs(before, after)) == []


def other_vrs(before: Dataset, after: Dataset) -> Iterator[str]:
    """The elements that have other VRs than before."""
    for tag in before.keys() & after.keys() - NORMALISED.keys():
        if tag == 0x7FE00010:  # OB or OW as its transfer syntax wants
            continue
        if before[tag].VR != after[tag].VR:
            yield f"{tag}: {before[tag].VR}, then {after[tag].VR}"
        elif isinstance(before[tag].value, Sequence):
            for one, other in zip(before[tag].value, after[tag].value, strict=True):
                yield from other_vrs(one, other)
