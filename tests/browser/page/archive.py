"""The archive as the page knows it: image sets that are built, their frames as HTJ2K, and imports that go on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from serverless_dicom.imageset.metadata import parse
from serverless_dicom.imageset.outline import outline
from tests.browser.page.wire import Call, Reply
from tests.image_sets import Set, frame_id


def row(built: Set, number: int = 1, **more: Any) -> dict[str, Any]:
    """What a search tells of an image set."""
    series = next(iter(built.metadata["Study"]["Series"].values()))
    known = {
        "imageSetId": built.identifier,
        "version": 1,
        "isPrimary": built.primary,
        "createdAt": "2024-03-01T10:11:12+00:00",
        "updatedAt": "2024-03-01T10:11:12+00:00",
        "PatientID": "PAT-4711",
        "PatientName": "Zzyzx^Quentin",
        "StudyDate": "20240229",
        "AccessionNumber": "ACC-1",
        "StudyInstanceUID": built.study,
        "StudyDescription": "Abdomen",
        "SeriesNumber": number,
        "Modality": "CT",
        "BodyPartExamined": "ABDOMEN",
        "NumberOfStudyRelatedInstances": len(series["Instances"]),
    }
    return known | more


@dataclass
class Archive:
    """Image sets by what a search tells of them, and imports; `steps` are what one tells whenever it is looked at."""

    sets: list[tuple[dict[str, Any], Set]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    elsewhere: str = ""
    """Where frames are told to be, in place of their bytes."""

    def add(self, built: Set, **more: Any) -> Set:
        """Archive an image set."""
        self.sets.append((row(built, len(self.sets) + 1, **more), built))
        return built

    def answer(self, route: str, call: Call) -> Reply:
        """The answer to a call of the API."""
        parts = route.strip("/").split("/")
        if parts[0] == "imports":
            return self._start(call.json) if call.method == "POST" else self._job(parts[1])
        if call.method == "POST":
            return self._search(call.json)
        built = next((built for _, built in self.sets if built.identifier == parts[1]), None)
        if built is None:
            return Reply.error(404, "image_set_not_found", f"image set {parts[1]}: there is none in this data store")
        return self._frame(built, parts[3]) if len(parts) > 2 else Reply.json(outline(parse(built.blob)))

    def _search(self, fields: Any) -> Reply:
        rows = [one for one, _ in self.sets if self._fits(one, fields)]
        begin, limit = int(fields.get("next") or 0), fields.get("limit", 25)
        end = begin + limit
        return Reply.json({"imageSets": rows[begin:end], "next": str(end) if end < len(rows) else None})

    def _fits(self, one: dict[str, Any], fields: Any) -> bool:
        study = fields.get("studyInstanceUid", one["StudyInstanceUID"])
        patient = fields.get("patientId", one["PatientID"])
        wanted = study == one["StudyInstanceUID"] and patient == one["PatientID"]
        return wanted and bool(fields.get("all") or one["isPrimary"])

    def _frame(self, built: Set, identifier: str) -> Reply:
        if identifier not in built.frames:
            return Reply.error(404, "frame_not_found", f"frame {identifier}: there is none in this data store")
        if self.elsewhere:
            return Reply.json({"url": f"{self.elsewhere}/converted/{identifier}.bin?X-Amz-Signature=s"})
        return Reply(200, built.frames[identifier], {"Content-Type": "application/octet-stream"})

    def _start(self, fields: Any) -> Reply:
        job = str(uuid.uuid4())
        self.jobs[job] = [{"source": fields["source"]} | step for step in self.steps]
        return Reply.json({"jobId": job, "status": "pending", "source": fields["source"]}, 202)

    def _job(self, job: str) -> Reply:
        if job not in self.jobs:
            return Reply.error(404, "job_not_found", "there is no such import")
        steps = self.jobs[job]
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        known = {"jobId": job, "counts": {}, "createdAt": "2024-03-01T10:11:12+00:00"}
        wait = {} if step["status"] in {"complete", "partial", "failed"} else {"Retry_After": "1"}
        return Reply.json(known | step, **wait)


__all__ = ["Archive", "Set", "frame_id", "row"]
