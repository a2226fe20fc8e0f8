"""Pictures through the analysis, as the page has it done: a place to upload to, the upload, looks until it is over."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from local.api import SECONDS, call, send
from local.errors import LocalError
from local.picture import token
from local.place import Place
from local.samples import WITH_TEXT
from local.stack import Stack

SECONDS_BETWEEN_LOOKS = 0.2

TEXTS = ("Serverless DICOM", "a picture with text")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in a picture; the names of its parts are the API's."""

    name: str
    what: str
    results: dict[str, Any]
    seconds: float
    """From the end of the upload to the look that saw it complete."""


def analyse(place: Place, stack: Stack) -> list[Analysis]:
    """Have a DICOM file and a drawn picture analysed, one after the other.

    Raises:
        LocalError: the API refused something, or an analysis did not come to a good end.

    """
    caller = token(place, stack)
    files = {
        place.samples / WITH_TEXT: ("application/dicom", "ultrasound with text in its pixels"),
        drawn(place.pictures / "text.png"): ("image/png", "drawn for this demo"),
    }
    return [_analysed(stack.outputs["ApiUrl"], caller, path, *of) for path, of in files.items()]


def drawn(path: Path) -> Path:
    """Draw a picture with text in it, and return where it is."""
    image = Image.new("RGB", (640, 240), "#203040")
    for number, text in enumerate(TEXTS):
        ImageDraw.Draw(image).text((40, 50 + 80 * number), text, font=ImageFont.load_default(size=48), fill="white")
    path.parent.mkdir(exist_ok=True)
    image.save(path)
    return path


def _analysed(api: str, caller: str, path: Path, media_type: str, what: str) -> Analysis:
    asked = {"fileName": path.name, "fileType": media_type, "fileSize": path.stat().st_size}
    job = call(f"{api}/uploads", caller, json.dumps(asked).encode())
    send(job["uploadUrl"], job["fileType"], path.read_bytes())
    began = time.monotonic()
    deadline = began + SECONDS
    while (found := call(f"{api}/results/{job['jobId']}", caller))["status"] in {"pending", "processing"}:
        if time.monotonic() > deadline:
            raise LocalError(f"{path.name} is {found['status']} after {SECONDS} s; CloudWatch Logs may tell why")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if found["status"] != "complete":
        raise LocalError(f"the analysis of {path.name} ended as {found['status']}: {found['error']}")
    return Analysis(path.name, what, found["results"], time.monotonic() - began)
