"""How far a listing has come: a small file that outlives Ctrl-C and crashes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import click


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The file in which the last key that was done with is kept, for one kind of work: `what` tells it from others."""

    path: Path
    what: str

    @classmethod
    def of(cls, what: str) -> Checkpoint:
        """The checkpoint in the user's folder for state (XDG_STATE_HOME, ~/.local/state)."""
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(home) / "serverless-dicom" / f"{sha256(what.encode()).hexdigest()[:16]}.json", what)

    def read(self) -> str:
        """Return the last key, empty where there is none; raises click.ClickException if the file is another's."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            what, key = found["what"], str(found["after"])
        except FileNotFoundError:
            return ""
        except (ValueError, KeyError, TypeError):
            raise click.ClickException(
                f"{self.path} is no file of an interrupted run: remove it, or use --restart"
            ) from None
        if what != self.what:
            raise click.ClickException(f"{self.path} is of other work ({what}): name another file, or use --restart")
        return key

    def write(self, key: str) -> None:
        """Keep a key; a crash leaves the old one or the new one. Only the user may read it: keys may name patients."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.new")
        new.touch(mode=0o600)
        new.write_text(json.dumps({"what": self.what, "after": key}), encoding="utf-8")
        new.replace(self.path)

    def remove(self) -> None:
        """Forget: all is done."""
        self.path.unlink(missing_ok=True)
