"""What a walk has made, deleted again: its image sets, its copies, and in the end the stack that was made for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from serverless_dicom.errors import ImageSetNotFound
from serverless_dicom_cli.progress import progress
from serverless_dicom_cli.workflow.copying import removed, sizes
from serverless_dicom_cli.workflow.importing import folder_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from serverless_dicom.archive.client import HealthImaging
    from serverless_dicom_cli.aws import Aws
    from serverless_dicom_cli.workflow.guide import Guide
    from serverless_dicom_cli.workflow.resources import Resources
    from serverless_dicom_cli.workflow.state import State, Walk

SECONDS = 120
"""That deleted image sets may take to be gone."""


@dataclass(frozen=True, slots=True)
class Remover:
    """Deletes what a walk has made; calling it again does what is left of that."""

    aws: Aws
    archive: HealthImaging
    found: Resources
    state: State
    guide: Guide
    sleep: Callable[[float], None] = field(default=time.sleep)

    def remove(self, walk: Walk, prefix: str) -> None:
        """Delete image sets, copies below `prefix`, and the own stack if nothing else is in it.

        Raises:
            click.ClickException: something could not be deleted.

        """
        own = [one["id"] for one in walk.image_sets or [] if one["made"]]
        others = len(walk.image_sets or []) - len(own)
        with progress("deleting", "image sets", len(own), watched=bool(own)) as bar:
            for image_set_id in own:
                if self._is_there(image_set_id):
                    self.archive.delete_image_set(image_set_id)
                bar.advance()
        self._await_gone(own)
        self.guide.say(f"{len(own)} image sets deleted")
        if others:
            self.guide.say(f"{others} image sets stay: they were in the data store before")
        count = removed(self.aws.s3, self.found.bucket, prefix)
        self.guide.say(f"{count} copies deleted from s3://{self.found.bucket}/{prefix}")
        self._stack(walk)

    def _stack(self, walk: Walk) -> None:
        formation = self.found.formation
        if formation is None:
            return
        if not formation.made_by(self.state.run):
            self.guide.say(f"stack {formation.name} stays: it was made from another folder")
            return
        if any(other is not walk and not other.deleted and other.import_id for other in self.state.walks.values()):
            self.guide.say(f"stack {formation.name} stays: another study of this folder is in it")
            return
        removed(self.aws.s3, self.found.bucket, folder_of(self.state.run))
        if self._others():
            self.guide.say(f"stack {formation.name} stays: there are other image sets, or files, in it")
            return
        removed(self.aws.s3, self.found.output_bucket, "")
        formation.delete()
        self.state.own_stack = ""
        self.guide.say(f"stack {formation.name} deleted")

    def _others(self) -> bool:
        """Whether anybody else has files there, or image sets: a search may find some that are gone already."""
        return bool(sizes(self.aws.s3, self.found.bucket, "")) or any(
            self._is_there(one["imageSetId"]) for one in self.archive.search(all_sets=True)
        )

    def _await_gone(self, image_sets: Iterable[str]) -> None:
        for image_set_id in image_sets:
            for _ in range(SECONDS):
                if not self._is_there(image_set_id):
                    break
                self.sleep(1)
            else:
                raise click.ClickException(
                    f"image set {image_set_id} is still there {SECONDS} seconds after it was deleted: run this again"
                )

    def _is_there(self, image_set_id: str) -> bool:
        try:
            return bool(self.archive.image_set(image_set_id)["imageSetState"] != "DELETED")
        except ImageSetNotFound:
            return False
