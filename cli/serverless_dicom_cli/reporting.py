"""What became of each picture: written, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serverless_dicom_cli.drawing import Drawn, Failed, Job
from serverless_dicom_cli.inputs import Input, Missing
from serverless_dicom_cli.outputs import Outputs, write
from serverless_dicom_cli.text import encoded, shown

if TYPE_CHECKING:
    from serverless_dicom_cli.progress import Bar

UNWRITABLE = "unwritable"
NAME_TAKEN = "name_taken"


class Report:
    """Writes pictures and tells of them; counts those that were `converted`, and what `failed`."""

    def __init__(self, outputs: Outputs, bar: Bar, *, explain: bool) -> None:
        """Tell of pictures by their paths, or explain them."""
        self.converted = self.failed = 0
        self._outputs, self._bar, self._explain = outputs, bar, explain

    def admit(self, found: Input | Missing) -> Input | None:
        """The input, if there is one and no other's pictures would be written to the same place; else tell why not."""
        if isinstance(found, Missing):
            self._bar.advance()
            self._fail(found.shown, found.code, found.message)
            return None
        other = self._outputs.claim(found)
        if other is None:
            return found
        self._bar.advance()
        path = shown(self._outputs.path(found, 1))
        how = "it is named twice" if other == found.shown else f"{path} is the picture of {shown(other)}"
        self._fail(found.shown, NAME_TAKEN, f"{how}: convert it into another folder, with -o")
        return None

    def tell(self, job: Job, outcome: Drawn | Failed) -> None:
        """Write the picture of a job, if there is one."""
        self._bar.advance()
        name = job.source.shown if job.frame == 1 else f"{job.source.shown} frame {job.frame}"
        if isinstance(outcome, Failed):
            self._fail(name, outcome.code, outcome.message)
            return
        path, picture = self._outputs.path(job.source, job.frame), outcome.picture
        try:
            write(path, picture.data)
        except OSError as error:
            self._fail(name, UNWRITABLE, f"{path}: {error.strerror or type(error).__name__}")
            return
        self.converted += 1
        for warning in picture.warnings:
            self._bar.note(f"{shown(name)}: warning: {shown(warning)}")
        if self._explain:
            told = {"path": job.source.shown, "output": str(path)} | picture.explanation
            self._bar.result(encoded(told | {"warnings": picture.warnings}))
        else:
            self._bar.result(shown(path))

    def finish(self) -> None:
        """Tell how many there were."""
        self._bar.note(f"{self.converted} converted" + (f", {self.failed} failed" if self.failed else ""))

    def _fail(self, name: str, code: str, message: str) -> None:
        self.failed += 1
        self._bar.note(f"{shown(name)}: {code}: {shown(message)}")
