"""Data stores and tags."""

from typing import Any

import pytest

from local.healthimaging import Imaging
from tests.unit.local.healthimaging.conftest import Bring, Client, instance

Json = dict[str, Any]


def test_a_data_store_is_created_once_a_token(imaging: Imaging, client: Client) -> None:
    first = client("CreateDatastore", datastoreName="a", clientToken="t", tags={"Team": "CT"})
    assert first["datastoreStatus"] == "CREATING"
    imaging.settle()
    again = client("CreateDatastore", datastoreName="a", clientToken="t", tags={"Team": "CT"})
    assert (again["datastoreId"], again["datastoreStatus"]) == (first["datastoreId"], "ACTIVE")
    assert client.refused("CreateDatastore", datastoreName="b", clientToken="t")[0] == "ConflictException"
    told = client("GetDatastore", datastoreId=first["datastoreId"])["datastoreProperties"]
    assert told["losslessStorageFormat"] == "HTJ2K"
    assert client("ListTagsForResource", resourceArn=told["datastoreArn"])["tags"] == {"Team": "CT"}


def test_an_account_has_ten_at_most(client: Client) -> None:
    for number in range(9):
        client("CreateDatastore", datastoreName=f"n{number}")
    assert client.refused("CreateDatastore")[:2] == ("ServiceQuotaExceededException", 402)


def test_data_stores_are_listed_page_by_page(imaging: Imaging, client: Client) -> None:
    made = [client("CreateDatastore", datastoreName=f"n{number}")["datastoreId"] for number in range(5)]
    imaging.settle()
    pages = list(client.boto.get_paginator("list_datastores").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["datastoreSummaries"]) for page in pages] == [2, 2, 2]
    listed = [summary["datastoreId"] for page in pages for summary in page["datastoreSummaries"]]
    assert listed == [*made[::-1], imaging.datastore_id]
    token = client("ListDatastores", maxResults=2)["nextToken"]
    told = client.refused("ListDatastores", nextToken=token, datastoreStatus="ACTIVE")
    assert told == ("ValidationException", 400, "Invalid nextToken")
    for nonsense in ("x", "e30=", "eyJhdCI6IC0xfQ=="):
        assert client.refused("ListDatastores", nextToken=nonsense)[0] == "ValidationException"


def test_tags_come_and_go(client: Client, bring: Bring) -> None:
    arn = client("GetImageSet", imageSetId=bring(instance(1)).image_sets[0])["imageSetArn"]
    client("TagResource", resourceArn=arn, tags={"Deployment": "Development", "Team": "CT"})
    client("TagResource", resourceArn=arn, tags={"Team": "MR"})
    assert client("ListTagsForResource", resourceArn=arn)["tags"] == {"Deployment": "Development", "Team": "MR"}
    client("UntagResource", resourceArn=arn, tagKeys=["Deployment", "Other"])
    assert client("ListTagsForResource", resourceArn=arn)["tags"] == {"Team": "MR"}
    many = {"".join(chr(97 + int(digit)) for digit in f"{number:03}"): "" for number in range(50)}
    assert client.refused("TagResource", resourceArn=arn, tags=many)[0] == "ValidationException"


@pytest.mark.parametrize("end", ["/imageset/" + "0" * 32, ""])
def test_what_is_not_there_has_no_tags(imaging: Imaging, client: Client, end: str) -> None:
    store = imaging.datastore_id if end else "0" * 32
    arn = f"arn:aws:medical-imaging:us-east-1:000000000000:datastore/{store}{end}"
    assert client.refused("ListTagsForResource", resourceArn=arn)[:2] == ("ResourceNotFoundException", 404)
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    assert client.refused("ListTagsForResource", resourceArn=elsewhere)[0] == "ResourceNotFoundException"
