"""What the workflow works with: the deployed stack, or where there is none a small stack of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from serverless_dicom_cli.workflow.formation import NAME, Formation

if TYPE_CHECKING:
    from serverless_dicom_cli.aws import Stack
    from serverless_dicom_cli.workflow.guide import Guide
    from serverless_dicom_cli.workflow.state import State


@dataclass(frozen=True, slots=True)
class Resources:
    """A data store and a bucket to import from; how to import is by functions, or else by a role into `output`.

    `formation` is the workflow's own stack; None where the deployed one is used.
    """

    stack_name: str
    datastore_id: str
    bucket: str
    start_function: str = ""
    get_function: str = ""
    role_arn: str = ""
    output_bucket: str = ""
    formation: Formation | None = None


def resources(stack: Stack, own_name: str | None, state: State, guide: Guide) -> Resources:
    """Find the deployed stack's, or make those of an own stack.

    Raises:
        click.ClickException: they could not be made.

    """
    if not own_name and not state.own_stack and (found := _deployed(stack)):
        return found
    name = own_name or state.own_stack or NAME
    formation = Formation(stack.aws.formation, name, guide.say)
    if formation.is_gone():
        if not own_name:
            guide.say(f"There is no stack {stack.name} with an archive here.")
        guide.say(f"A stack {name} will be made: a data store, two buckets, and a role for HealthImaging.")
        guide.say("AWS bills what is kept there; it can be deleted at the end.")
        guide.pause("Make it?")
        state.own_stack = name
        state.save()
        formation.make(state.run)
    outputs = formation.outputs()
    missing = {"DatastoreId", "InputBucket", "OutputBucket", "ImportRoleArn"} - outputs.keys()
    if missing:
        raise click.ClickException(
            f"stack {name} is none of this command's, it has no {', '.join(sorted(missing))}: name another"
        )
    return Resources(
        name,
        outputs["DatastoreId"],
        outputs["InputBucket"],
        role_arn=outputs["ImportRoleArn"],
        output_bucket=outputs["OutputBucket"],
        formation=formation,
    )


def forget_what_is_gone(stack: Stack, state: State, guide: Guide) -> None:
    """Forget what was made in an own stack that is not there any more. Raises OSError."""
    if state.own_stack and Formation(stack.aws.formation, state.own_stack, guide.say).is_gone():
        guide.say(f"stack {state.own_stack} is gone, and all that was made in it")
        state.forget_own_stack()


def _deployed(stack: Stack) -> Resources | None:
    """Those of the deployed stack; None where there is none, or it has no archive."""
    names = ("DatastoreId", "ImportBucket", "StartImportFunction", "GetImportFunction")
    known = Formation(stack.aws.formation, stack.name, lambda _: None).find()
    outputs = {found["OutputKey"]: found["OutputValue"] for found in known.get("Outputs", [])} if known else {}
    if not all(name in outputs for name in names):
        return None
    datastore_id, bucket, start, get = (outputs[name] for name in names)
    return Resources(stack.name, datastore_id, bucket, start_function=start, get_function=get)
