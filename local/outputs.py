"""What the deployed stack is called: its outputs by name, for people and for programs."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from local.deploy import STACK
from local.emulator import Emulator
from local.environment import REGION, endpoint, healthimaging_port, rekognition_port, site_origin
from local.place import Place


def session() -> boto3.Session:
    """Return a session of the emulator's root user, which knows nothing of the user's own AWS set-up."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106 - the emulator's


DIRECT = Config(proxies={}, retries={"mode": "standard", "max_attempts": 5})


def read(emulator: Emulator) -> dict[str, str]:
    """Return each output of the stack by its name, the addresses as they are here, and what is only here.

    That is `endpointUrl`, `region`, `rekognitionUrl`, `healthImagingUrl`, and `siteHost`, the name of the page's
    distribution.
    """
    formation = session().client("cloudformation", endpoint_url=endpoint(emulator.port), config=DIRECT)
    stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    stage = outputs["ApiUrl"].rpartition("/")[2]
    outputs["ApiUrl"] = f"{endpoint(emulator.port)}/_aws/execute-api/{outputs['ApiId']}/{stage}"
    here = {
        "endpointUrl": endpoint(emulator.port),
        "region": REGION,
        "rekognitionUrl": endpoint(rekognition_port(emulator.port)),
        "healthImagingUrl": endpoint(healthimaging_port(emulator.port)),
        "siteHost": urlsplit(outputs["SiteUrl"]).netloc,
    }
    outputs |= {"SiteUrl": f"{site_origin(emulator.port)}/", "LoginUrl": endpoint(emulator.port)}
    return here | dict(sorted(outputs.items()))


def write(place: Place, emulator: Emulator) -> dict[str, str]:
    """Write the outputs as JSON, and return them."""
    outputs = read(emulator)
    place.outputs.write_text(json.dumps(outputs, indent=2) + "\n")
    return outputs
