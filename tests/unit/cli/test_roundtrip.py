"""What is proved of files that went into the archive: equal, different by tags, lost or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread

from local.healthimaging.face import Imaging, running
from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.imageset.metadata import parse
from serverless_dicom_cli.roundtrip import Proof, Source, proofs, source_of
from tests.datasets import as_file, make_dataset
from tests.pictures import grey, noise


@pytest.fixture(scope="module")
def imaging() -> Iterator[Imaging]:
    with running() as imaging:
        yield imaging


def image(**elements: str) -> bytes:
    return grey(noise((64, 64), 12), bits=12, allocated=16, **elements)


def prove(imaging: Imaging, sources: list[Source], folder: Path) -> list[Proof]:
    archive = HealthImaging(imaging.client(), imaging.datastore_id)
    return list(proofs(archive, sources, folder, lambda _: None))


def kept(folder: Path, name: str, data: bytes) -> Source:
    (folder / name).write_bytes(data)
    source = source_of(folder / name)
    assert source
    return source


def test_what_comes_out_is_what_went_in(imaging: Imaging, tmp_path: Path) -> None:
    study = {"StudyInstanceUID": "1.2.1", "SeriesInstanceUID": "1.2.1.1"}
    sources = [
        kept(tmp_path, f"{number}.dcm", image(**study, SOPInstanceUID=f"1.2.1.1.{number}", InstanceNumber=str(number)))
        for number in range(1, 4)
    ]
    imaging.import_files([source.path for source in sources])

    found = prove(imaging, sources, tmp_path / "out")

    assert [proof.equal for proof in found] == [True] * 3
    assert all(proof.json["frames"] == 1 and proof.json["elements"] > 20 for proof in found)


def test_what_is_another_by_now_is_told_by_its_tag(imaging: Imaging, tmp_path: Path) -> None:
    identity = {"StudyInstanceUID": "1.2.2", "SeriesInstanceUID": "1.2.2.1", "SOPInstanceUID": "1.2.2.1.1"}
    source = kept(tmp_path, "1.dcm", image(**identity, ImageComments="before"))
    imaging.import_files([source.path])
    source.path.write_bytes(image(**identity, ImageComments="PAT-4711"))

    (proof,) = prove(imaging, [source], tmp_path / "out")

    assert not proof.equal
    assert proof.json["differences"] == [{"path": "00204000", "kind": "value"}]
    assert "PAT-4711" not in str(proof.json)


def test_a_damaged_frame_is_a_problem_and_no_proof(imaging: Imaging, tmp_path: Path) -> None:
    identity = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.1", "SOPInstanceUID": "1.2.3.1.1"}
    source = kept(tmp_path, "1.dcm", image(**identity))
    (image_set,) = imaging.import_files([source.path]).image_sets
    archive = HealthImaging(imaging.client(), imaging.datastore_id)
    frame = parse(archive.metadata(image_set)).instances[0].frames[0]
    imaging.damage_frame(image_set, frame.id)

    (proof,) = prove(imaging, [source], tmp_path / "out")

    assert not proof.equal
    assert frame.id in proof.json["problem"]


def test_what_was_not_imported_is_told(imaging: Imaging, tmp_path: Path) -> None:
    source = kept(tmp_path, "1.dcm", image(StudyInstanceUID="1.2.4"))

    (proof,) = prove(imaging, [source], tmp_path / "out")

    assert not proof.equal
    assert proof.json["problem"] == "no image set has it: the import says why"


def test_files_that_are_no_objects_have_no_source(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no DICOM")
    (tmp_path / "nameless.dcm").write_bytes(as_file(make_dataset(SOPInstanceUID=None)))

    assert source_of(tmp_path / "text") is None
    assert source_of(tmp_path / "missing") is None
    assert dcmread(tmp_path / "nameless.dcm")
