"""The measured process of `archive`: `python -m benchmarks.exporting WAY URL DATASTORE IMAGE_SET FOLDER`.

WAY is `decoded`, `compressed`, `header` or `verified`, or `original`, `original-header`: AHItoDICOM, which has to be
importable, with its own defaults. Prints the seconds that it took, imports apart, and how many instances there were.
"""

# ruff: noqa: PLC0415 - each way has in memory what it needs, and no more
from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config


def main() -> None:
    """Export, and print what it took."""
    way, url, datastore, image_set, folder = sys.argv[1:]
    Path(folder).mkdir()
    act = original if way.startswith("original") else project
    print(json.dumps(act(way, url, datastore, image_set, Path(folder))))


def project(way: str, url: str, datastore: str, image_set: str, folder: Path) -> dict[str, Any]:
    """Export by this project."""
    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom.archive.export import datasets_of_image_set, save_dicom
    from serverless_dicom.archive.exporting import ImageSetRef, Wanted, export
    from serverless_dicom.archive.folder import Folder
    from serverless_dicom.archive.verifying import verdicts

    session: Any = boto3.Session()
    config = Config(max_pool_connections=64, proxies={})
    archive = HealthImaging(session.client("medical-imaging", endpoint_url=url, config=config), datastore)
    began = time.monotonic()
    if way == "verified":
        count = sum(found.verdict.ok for found in verdicts(archive, image_set))
    elif way == "header":
        datasets = datasets_of_image_set(archive, image_set, header_only=True)
        count = len([save_dicom(dataset, folder) for dataset in datasets])
    else:
        wanted = Wanted(keep_compressed=way == "compressed")
        export(archive, [ImageSetRef(image_set)], Folder(folder), wanted)
        count = len(list(folder.glob("*.dcm")))
    return {"seconds": time.monotonic() - began, "instances": count}


def original(way: str, url: str, datastore: str, image_set: str, folder: Path) -> dict[str, Any]:
    """Export by AHItoDICOM, as its README does."""
    module = importlib.import_module("AHItoDICOMInterface.AHItoDICOM")
    helper = module.AHItoDICOM(AHI_endpoint=url)
    began = time.monotonic()
    datasets = helper.DICOMizeImageSet(datastore, image_set, header_only=way == "original-header")
    for dataset in datasets:
        helper.saveAsDICOM(dataset, str(folder))
    return {"seconds": time.monotonic() - began, "instances": len(list(folder.glob("*.dcm")))}


if __name__ == "__main__":
    main()
