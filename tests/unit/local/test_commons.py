"""The public bucket on this machine: the workflow's own folders, with files that are DICOM."""

from pydicom import dcmread

from local import commons
from serverless_dicom_cli.workflow.studies import BUCKET, STUDIES


def test_it_is_what_the_workflow_looks_for() -> None:
    assert commons.BUCKET == BUCKET
    assert set(commons.FOLDERS) == {study.directory for study in STUDIES.values()}


def test_every_folder_holds_dicom_objects_of_what_its_title_says() -> None:
    found = commons.files()
    for study in STUDIES.values():
        paths = [path for key, path in found.items() if key.startswith(study.prefix)]
        assert len(paths) >= 2
        modality = "MR" if study.title.startswith("MRI") else "CT"
        assert {str(dcmread(path, stop_before_pixels=True).Modality) for path in paths} == {modality}
    assert len({key.rpartition("/")[2] for key in found}) == len(found)
