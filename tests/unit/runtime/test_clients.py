"""Clients of AWS: where their calls and their URLs go."""

from collections.abc import Iterator

import pytest

from serverless_dicom.runtime import clients

WHAT = {"Bucket": "results", "Key": "converted/a.png"}


@pytest.fixture
def anew(away_from_aws: None) -> Iterator[None]:  # noqa: ARG001 - wanted for what it does
    """No client is kept from before, nor for what comes after."""
    made = (clients.s3_for_callers, clients.s3_for_urls)
    for client in made:
        client.cache_clear()
    yield
    for client in made:
        client.cache_clear()


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-2"])
def test_urls_name_the_region(anew: None, monkeypatch: pytest.MonkeyPatch, region: str) -> None:  # noqa: ARG001
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    url = clients.s3_for_urls().generate_presigned_url("get_object", Params=WHAT, ExpiresIn=300)
    assert url.startswith(f"https://results.s3.{region}.amazonaws.com/converted/a.png?X-Amz-Algorithm=AWS4")
    assert "X-Amz-Expires=300" in url
    assert clients.unusual_host(clients.s3_for_callers()) is None


def test_an_endpoint_of_ones_own_is_called_and_named(anew: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4570")
    url = clients.s3_for_urls().generate_presigned_url("get_object", Params=WHAT)
    assert url.startswith("http://127.0.0.1:4570/results/converted/a.png?")
    assert clients.unusual_host(clients.s3_for_callers()) == "127.0.0.1:4570"


def test_r2_is_called_at_the_account_with_its_own_keys() -> None:
    client = clients.r2("https://account.r2.cloudflarestorage.com", "id", "hush")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "scans", "Key": "a.dcm"})
    assert url.startswith("https://account.r2.cloudflarestorage.com/scans/a.dcm?")
    assert "id%2F" in url
    assert "%2Fauto%2Fs3" in url
