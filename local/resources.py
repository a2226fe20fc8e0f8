"""Resources that the emulator's CloudFormation does not know, made where this stack has them."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from ministack.services.cloudformation import provisioners

from local.environment import REGION

Json = dict[str, Any]

DATASTORE = "AWS::HealthImaging::Datastore"
NAMES = {"DatastoreName": "datastoreName", "KmsKeyArn": "kmsKeyArn", "Tags": "tags"}
"""The properties of the resource, as the service calls them."""

MOMENTS = {"CreatedAt": "createdAt", "UpdatedAt": "updatedAt"}


def admit() -> None:
    """Let the emulator's CloudFormation make and delete data stores."""
    handlers = {"create": _create_datastore, "delete": _delete_datastore}
    provisioners._RESOURCE_HANDLERS[DATASTORE] = handlers  # noqa: SLF001 - no other way


def _create_datastore(_: str, properties: Json, __: str) -> tuple[str, Json]:
    """Return what `!Ref` gives of a new data store, and what `!GetAtt` does."""
    imaging = _imaging()
    told = {NAMES[name]: value for name, value in properties.items() if name in NAMES}
    identity = imaging.create_datastore(**told)["datastoreId"]
    made = imaging.get_datastore(datastoreId=identity)["datastoreProperties"]
    attributes = {"DatastoreId": identity, "DatastoreArn": made["datastoreArn"], "DatastoreStatus": "ACTIVE"}
    return identity, attributes | {name: made[small].isoformat() for name, small in MOMENTS.items()}


def _delete_datastore(identity: str, _: Json) -> None:
    """Delete an empty data store; one that is gone already is no fault."""
    try:
        _imaging().delete_datastore(datastoreId=identity)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise ValueError(error.response["Error"]["Message"]) from error


def _imaging() -> Any:
    session: Any = boto3.Session("test", "test", region_name=REGION)
    config = Config(proxies={}, inject_host_prefix=False, connect_timeout=5, read_timeout=30)
    return session.client("medical-imaging", endpoint_url=os.environ["AWS_ENDPOINT_URL_MEDICAL_IMAGING"], config=config)
