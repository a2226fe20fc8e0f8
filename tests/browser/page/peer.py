"""The service as the page knows it, on loopback ports: the site, its API, a bucket, the login's own host."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from PIL import Image

from tests.browser.conftest import POLICY, TYPES
from tests.browser.page.archive import Archive
from tests.browser.page.login_host import CLIENT, LoginHost
from tests.browser.page.wire import Call, Origins, Reply

LABELS = {
    "kind": "dicom",
    "width": 128,
    "height": 128,
    "labels": [
        {
            "name": "X-Ray",
            "confidence": 98.61,
            "parents": ["Medical Imaging"],
            "categories": ["Health"],
            "instances": [],
        },
        {
            "name": "Person",
            "confidence": 91.2,
            "parents": [],
            "categories": ["Person Description"],
            "instances": [
                {"confidence": 90.1, "box": {"left": 0.1, "top": 0.2, "width": 0.4, "height": 0.5}},
                {"confidence": 71.9, "box": {"left": 0.55, "top": 0.3, "width": 0.3, "height": 0.3}},
            ],
        },
        {"name": "Ct Scan", "confidence": 88.04, "parents": ["X-Ray"], "categories": ["Health"], "instances": []},
    ],
    "labelModelVersion": "3.0 (simulated)",
    "text": [],
    "textModelVersion": "3.0 (simulated)",
    "burnedInText": [],
    "warnings": ["frame 1 of 4 was analysed"],
    "notice": "not a diagnosis: labels are guesses of a general model",
}
"""A result as the service gives it."""


def picture(form: str, size: tuple[int, int] = (128, 128), quality: int = 85) -> bytes:
    """A grey ramp with noise of a fixed kind, as a PNG or JPEG."""
    width, height = size
    pixels = bytes((x * 255 // width) ^ ((y * y + x) % 23) for y in range(height) for x in range(width))
    out = BytesIO()
    Image.frombytes("L", size, pixels).save(out, "PNG" if form == "png" else "JPEG", quality=quality)
    return out.getvalue()


@dataclass
class Peer:
    """The service; what is unusual about it is set by tests: `replies[("POST", "/live/uploads")]` come first."""

    folder: Path
    origin: str = ""
    bucket: str = ""
    login: str = ""
    configured: bool = True
    max_bytes: int = 1_000_000
    polls: int = 1
    results: dict[str, Any] = field(default_factory=lambda: dict(LABELS))
    studies: list[dict[str, Any]] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    archive: Archive | None = None
    replies: dict[tuple[str, str], list[Reply]] = field(default_factory=dict)
    host: LoginHost = field(default_factory=LoginHost)
    calls: list[Call] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    jobs: dict[str, int] = field(default_factory=dict)
    hold: threading.Event | None = None
    """Where one is given, uploads wait for it."""

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._origins = Origins(3, self.answer).__enter__()
        self.origin, self.bucket, self.login = self._origins.names
        return self

    def __exit__(self, *_: object) -> None:
        """Answer no more."""
        if self.hold:
            self.hold.set()
        self._origins.__exit__()

    def called(self, method: str, path: str) -> list[Call]:
        """The calls of a route that came."""
        return [call for call in self.calls if call.method == method and call.path.startswith(path)]

    def answer(self, call: Call) -> Reply:
        """The answer to a call."""
        self.calls.append(call)
        for (method, path), replies in self.replies.items():
            if call.method == method and call.path.startswith(path) and replies:
                return replies.pop(0)
        if call.origin == self.bucket:
            return self._bucket(call)
        if call.origin == self.login:
            return self.host.answer(call)
        return self._api(call) if call.path.startswith("/live/") else self._site(call)

    def _site(self, call: Call) -> Reply:
        if call.path == "/config.json" and self.configured:
            login = {"url": self.login, "clientId": CLIENT}
            known = {"api": "/live", "login": login, "maxUploadBytes": self.max_bytes}
            return Reply.json(known | {"archive": self.archive is not None})
        file = self.folder / (call.path.removeprefix("/") or "index.html")
        if "/" in call.path[1:] or not file.is_file():
            return Reply(404)
        policy = POLICY.replace("connect-src 'self'", f"connect-src 'self' {self.bucket} {self.login}")
        kind = TYPES.get(file.suffix, "application/octet-stream")
        return Reply(200, file.read_bytes(), {"Content-Type": kind, "Content-Security-Policy": policy})

    def _api(self, call: Call) -> Reply:
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or token in self.revoked:
            return Reply.json({"message": "Unauthorized"}, 401)
        route = call.path.removeprefix("/live")
        if route.startswith("/results/"):
            return self._result(route.removeprefix("/results/"))
        if self.archive and route.startswith(("/image-sets", "/imports")):
            return self.archive.answer(route, call)
        routes: dict[str, Callable[[Any], Reply]] = {
            "/uploads": self._upload,
            "/studies": self._studies,
            "/convert": self._convert,
        }
        return routes[route](call.json)

    def _upload(self, fields: Any) -> Reply:
        job = str(uuid.uuid4())
        self.jobs[job] = -1
        url = f"{self.bucket}/uploads/{job}/image?X-Amz-Signature=s"
        kind = fields["fileType"]
        return Reply.json(
            {"jobId": job, "uploadUrl": url, "fileType": kind, "method": "PUT", "expiresIn": 300, "maxBytes": 1}
        )

    def _result(self, job: str) -> Reply:
        if job not in self.jobs:
            return Reply.error(404, "job_not_found", "there is no such job, or no longer")
        body = {"jobId": job, "status": "processing", "results": None, "imageUrl": None, "error": None}
        body |= {"createdAt": "2026-01-01T10:00:00+00:00", "updatedAt": "2026-01-01T10:00:02+00:00"}
        if self.jobs[job] >= 0:
            self.jobs[job] += 1
        if self.jobs[job] > self.polls:
            done = {"status": "complete", "results": self.results, "imageUrl": f"{self.bucket}/converted/{job}.png"}
            return Reply.json(body | done)
        return Reply.json(body, Retry_After="1")

    def _studies(self, fields: Any) -> Reply:
        name, rows = ("objects", self.objects) if fields.get("level") == "object" else ("studies", self.studies)
        if modality := fields.get("modality"):
            rows = [row for row in rows if modality in row["ModalitiesInStudy"]]
        begin, limit = int(fields.get("next") or 0), fields.get("limit", 25)
        end = begin + limit
        return Reply.json({name: rows[begin:end], "next": str(end) if end < len(rows) else None})

    def _convert(self, fields: Any) -> Reply:
        form, quality = fields.get("output_format", "jpg"), fields.get("quality", 85)
        data = picture(form, (256, 256), quality)
        encoded = {"image_base64": base64.b64encode(data).decode(), "file_size": len(data)}
        explanation = {"frame": fields["frame"], "voi": {"window_center": 40.0, "window_width": 400.0}}
        metadata = {"PatientName": "Doe^Jane", "Modality": "CT", "Rows": 256, "StudyDate": "20240229"}
        return Reply.json(
            {
                "success": True,
                "data": encoded | {"format": form, "quality": quality},
                "explanation": explanation,
                "metadata": metadata,
                "warnings": ["the object's window is none that can be drawn"],
            }
        )

    def _bucket(self, call: Call) -> Reply:
        if call.method == "PUT":
            if self.hold:
                self.hold.wait(20)
            self.jobs[call.path.split("/")[2]] = 0
            return Reply()
        if call.path in self.files:
            return Reply(200, self.files[call.path], {"Content-Type": "application/dicom"})
        return Reply(200, picture("png"), {"Content-Type": "image/png"})
