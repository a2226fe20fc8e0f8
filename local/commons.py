"""The public bucket of the Imaging Data Commons, on this machine: the same folders, filled from pydicom's wheel."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from pydicom.data import get_testdata_file

from local.emulator import Emulator
from local.environment import endpoint
from local.outputs import DIRECT, session

BUCKET = "idc-open-data"
FOLDERS = {
    "00029d25-fb18-4d42-aaa5-a0897d1ac8f7": ("CT_small.dcm", "693_J2KI.dcm"),
    "00025d30-ef8f-4135-a35a-d83eff264fc1": ("77654033/CT2/*", "98892001/CT2N/*", "98892001/CT5N/*"),
    "0002d261-8a5d-4e63-8e2e-0cbfac87b904": ("98892003/MR1/*", "98892003/MR2/*", "98892003/MR700/*"),
    "0002dd07-0b7f-4a68-a655-44461ca34096": ("MR_small.dcm", "examples_overlay.dcm"),
}
"""What stands in for a CT of a chest, a CT of a pelvis, an MRI of a head and an MRI of a breast."""

FOR_ANYONE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
    ],
}


def fill(emulator: Emulator) -> None:
    """Make the bucket, let anyone read it without signing, and put what is not there yet."""
    client = session().client("s3", endpoint_url=endpoint(emulator.port), config=DIRECT)
    client.create_bucket(Bucket=BUCKET)
    client.delete_public_access_block(Bucket=BUCKET)
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(FOR_ANYONE))
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    there = {found["Key"] for page in pages for found in page.get("Contents", [])}
    for key, path in files().items():
        if key not in there:
            client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())


def files() -> dict[str, Path]:
    """Return the files by their keys, whose names are UUIDs there."""
    found = {}
    for folder, patterns in FOLDERS.items():
        for path in (path for pattern in patterns for path in _shipped(pattern)):
            found[f"{folder}/{uuid.uuid5(uuid.NAMESPACE_URL, f'{folder}/{path.parent.name}/{path.name}')}.dcm"] = path
    return found


def _shipped(pattern: str) -> list[Path]:
    """Return files of pydicom's wheel: one by its name, or those of a folder of its DICOMDIR."""
    small = get_testdata_file("CT_small.dcm", download=False)
    if small is None:
        raise FileNotFoundError("pydicom's wheel holds no CT_small.dcm")
    folder = Path(str(small)).parent
    return sorted((folder / "dicomdirtests").glob(pattern)) if "/" in pattern else [folder / pattern]
