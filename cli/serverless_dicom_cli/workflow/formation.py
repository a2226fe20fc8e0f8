"""A stack of the workflow's own: made where there is none, waited for, and deleted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import click
from botocore.exceptions import ClientError

from serverless_dicom_cli.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

NAME = "serverless-dicom-workflow"
RUN = "serverless-dicom:run"
"""The tag that says which folder's workflow made a stack."""

USABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
SECONDS = 1200
"""That a stack may take to be made or deleted; it takes two minutes."""

EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Formation:
    """The stack `name` of an account, which may not be there yet; `tell` hears of what takes long."""

    client: CloudFormationClient
    name: str
    tell: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep

    def find(self) -> StackTypeDef | None:
        """What CloudFormation says of it; None where there is none."""
        try:
            return self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            return None

    def is_gone(self) -> bool:
        """Whether there is none, once one that is being deleted is gone."""
        found = self.find()
        return found is None or (
            found["StackStatus"] == "DELETE_IN_PROGRESS" and self._settled("being deleted") is None
        )

    def make(self, run: str) -> None:
        """Begin to make it, once, however often it is asked for."""
        try:
            self.client.create_stack(
                StackName=self.name,
                TemplateBody=files(__package__).joinpath("resources.yaml").read_text(encoding="utf-8"),
                Capabilities=["CAPABILITY_IAM"],
                ClientRequestToken=run,
                Tags=[{"Key": RUN, "Value": run}],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise

    def outputs(self) -> dict[str, str]:
        """Its outputs by name, once it is there.

        Raises:
            click.ClickException: it could not be made, or took too long.

        """
        found = self._settled("being made")
        if found is None or found["StackStatus"] not in USABLE:
            raise click.ClickException(
                f"stack {self.name} could not be made{self._reason()}: delete it "
                f"(aws cloudformation delete-stack --stack-name {self.name}), and run this again"
            )
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def delete(self) -> None:
        """Delete it, and wait until it is gone.

        Raises:
            click.ClickException: it could not be deleted, or took too long.

        """
        self.client.delete_stack(StackName=self.name)
        found = self._settled("being deleted")
        if found is not None and found["StackStatus"] != "DELETE_COMPLETE":
            raise click.ClickException(f"stack {self.name} could not be deleted{self._reason()}: run this again")

    def made_by(self, run: str) -> bool:
        """Whether a folder's workflow made it."""
        found = self.find()
        return found is not None and {"Key": RUN, "Value": run} in found.get("Tags", [])

    def _settled(self, what: str) -> StackTypeDef | None:
        """What is known of it as soon as nothing is under way any more."""
        told = ""
        deadline = time.monotonic() + SECONDS
        while (found := self.find()) is not None and found["StackStatus"].endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise click.ClickException(
                    f"stack {self.name} is still {what} after {SECONDS // 60} minutes: run this again to wait on"
                )
            if found["StackStatus"] != told:
                told = found["StackStatus"]
                self.tell(f"stack {self.name} is {what} ({told}) …")
            self.sleep(EVERY)
        return found

    def _reason(self) -> str:
        """What CloudFormation says of the first thing that failed."""
        try:
            events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        except ClientError:
            return ""
        failed = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
        if not failed:
            return ""
        return f" ({failed[-1].get('LogicalResourceId')}: {shown(failed[-1].get('ResourceStatusReason', ''))})"
