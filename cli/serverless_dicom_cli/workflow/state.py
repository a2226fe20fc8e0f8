"""How far the guided workflow has come in a folder, so that it goes on there. No word of a patient is in it."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import click

from serverless_dicom_cli.outputs import write
from serverless_dicom_cli.text import shown

if TYPE_CHECKING:
    from pathlib import Path

FILE = "workflow.json"
FORMAT = 1


@dataclass(slots=True)
class Walk:
    """One study's way: what has been made for it, which is what may be deleted again.

    `files` is how many were copied, None until all are. `began` is when its import was asked for, in seconds since 1970
    by the clock of S3: image sets that are younger are its own. `attempt` counts imports that were asked for anew.
    `image_sets` are `{"id", "version", "primary", "made"}`. `deleting` says that this was begun, `fine` whether all had
    been right.
    """

    datastore_id: str = ""
    files: int | None = None
    began: float | None = None
    import_id: str = ""
    attempt: int = 0
    image_sets: list[dict[str, Any]] | None = None
    fine: bool = False
    deleting: bool = False
    deleted: bool = False


@dataclass(slots=True)
class State:
    """All walks in a folder, by the numbers of their studies; `run` names it where several folders share a bucket.

    `own_stack` is the stack that was made from here, empty while there is none.
    """

    path: Path
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    own_stack: str = ""
    walks: dict[int, Walk] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> State:
        """What is known in a folder; nothing yet where it is new.

        Raises:
            click.ClickException: the file is there and none of this command's.

        """
        path = folder / FILE
        try:
            found = json.loads(path.read_bytes())
            if found["format"] != FORMAT:
                raise click.ClickException(
                    f"{shown(path)} is of another version of this command: choose another folder"
                )
            walks = {int(number): Walk(**walk) for number, walk in found["walks"].items()}
            return cls(path, str(found["run"]), str(found["own_stack"]), walks)
        except FileNotFoundError:
            return cls(path)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"{shown(path)} is damaged, or none of this command's: remove it, or choose another folder"
            raise click.ClickException(message) from error

    def walk(self, number: int) -> Walk:
        """The walk of a study; a new one where it was never begun, or all that it had made was deleted."""
        known = self.walks.get(number)
        if known is None or known.deleted:
            self.walks[number] = Walk(attempt=known.attempt + 1 if known else 0)
        return self.walks[number]

    def forget_own_stack(self) -> None:
        """The stack is gone, and what was made in it went with it. Raises OSError."""
        self.own_stack = ""
        for walk in self.walks.values():
            walk.deleted = True
        self.save()

    def save(self) -> None:
        """Write it down, whole or not at all. Raises OSError."""
        walks = {str(number): asdict(walk) for number, walk in self.walks.items()}
        told = {"format": FORMAT, "run": self.run, "own_stack": self.own_stack, "walks": walks}
        write(self.path, f"{json.dumps(told, indent=2)}\n".encode())
