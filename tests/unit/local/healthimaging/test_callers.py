"""Who may call, as the stack's emulator says; elsewhere whoever signs."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from local.healthimaging.callers import PERMISSION, Callers
from local.healthimaging.faults import Fault

Asked = dict[str, str]
STORE, SET, OTHER = "1" * 32, "2" * 32, "3" * 32
ARN = f"arn:aws:medical-imaging:us-east-1:000000000000:datastore/{STORE}"
ROLE = "arn:aws:iam::000000000000:role/import"


class Emulator(BaseHTTPRequestHandler):
    """Allows what is in `allowed`, and knows one key."""

    asked: list[Asked]
    allowed: set[tuple[str, str]]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(asked)
        decision = "Allow" if (asked["action"], asked["resource"]) in self.allowed else "ImplicitDeny"
        told = {"decision": decision if asked["key"] == "AKIA" else "Unknown", "principal": "arn:me"}
        body = json.dumps(told).encode()
        self.send_response(200 if parts.path == PERMISSION else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def emulator() -> type[Emulator]:
    return type("Asked", (Emulator,), {"asked": [], "allowed": set()})


@pytest.fixture
def callers(emulator: type[Emulator]) -> Iterator[Callers]:
    with ThreadingHTTPServer(("127.0.0.1", 0), emulator) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        callers = Callers(f"http://127.0.0.1:{server.server_address[1]}")
        yield callers
        callers.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("operation", "parameters", "resources"),
    [
        ("ListDatastores", {}, ["*"]),
        ("SearchImageSets", {"datastoreId": STORE, "searchCriteria": {}}, [ARN]),
        ("GetImageFrame", {"datastoreId": STORE, "imageSetId": SET}, [f"{ARN}/imageset/{SET}"]),
        ("TagResource", {"resourceArn": ARN, "tags": {}}, [ARN]),
        (
            "CopyImageSet",
            {
                "datastoreId": STORE,
                "sourceImageSetId": SET,
                "copyImageSetInformation": {"destinationImageSet": {"imageSetId": OTHER}},
            },
            [f"{ARN}/imageset/{SET}", f"{ARN}/imageset/{OTHER}"],
        ),
    ],
)
def test_a_policy_has_to_name_what_is_asked_for(
    callers: Callers, emulator: type[Emulator], operation: str, parameters: Any, resources: list[str]
) -> None:
    emulator.allowed |= {(f"medical-imaging:{operation}", resource) for resource in resources}
    callers.check("AKIA", operation, parameters)
    assert [asked["resource"] for asked in emulator.asked] == resources


def test_who_may_not_is_told_so(callers: Callers) -> None:
    with pytest.raises(Fault) as caught:
        callers.check("AKIA", "GetDatastore", {"datastoreId": STORE})
    assert (caught.value.code, caught.value.status) == ("AccessDeniedException", 403)
    assert caught.value.message == (
        f"User: arn:me is not authorized to perform: medical-imaging:GetDatastore on resource: {ARN}"
    )
    with pytest.raises(Fault, match="UnrecognizedClientException"):
        callers.check("nobody", "GetDatastore", {"datastoreId": STORE})


def test_a_role_has_to_be_handed_over(callers: Callers, emulator: type[Emulator]) -> None:
    emulator.allowed = {("medical-imaging:StartDICOMImportJob", ARN)}
    parameters = {"datastoreId": STORE, "dataAccessRoleArn": ROLE}
    with pytest.raises(Fault, match="iam:PassRole"):
        callers.check("AKIA", "StartDICOMImportJob", parameters)
    assert emulator.asked[-1]["iam:passedtoservice"] == "medical-imaging.amazonaws.com"


def test_answers_are_kept_for_a_moment(callers: Callers, emulator: type[Emulator]) -> None:
    emulator.allowed = {("medical-imaging:ListDatastores", "*")}
    for _ in range(5):
        callers.check("AKIA", "ListDatastores", {})
    assert len(emulator.asked) == 1


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9"])
def test_where_nobody_knows_callers_all_pass(url: str | None) -> None:
    callers = Callers(url)
    callers.check("anybody", "GetImageSet", {"datastoreId": STORE, "imageSetId": SET})
    callers.close()
