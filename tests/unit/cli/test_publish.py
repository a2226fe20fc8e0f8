"""`serverless-dicom publish`: the page as a bucket holds it, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.account import Account, InMemory

SITE = "serverless-dicom-site"
OUTPUTS = {
    "SiteBucket": SITE,
    "SiteUrl": "https://d111111abcdef8.cloudfront.net/",
    "SiteClientId": "client",
    "LoginUrl": "https://login.auth.us-east-1.amazoncognito.com",
    "MaxUploadBytes": "100000000",
}
FILES = {
    "index.html": ("text/html; charset=utf-8", "no-cache"),
    "icon.svg": ("image/svg+xml", "no-cache"),
    "main-NHKRXB2A.js": ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    "style-G3T7J4OP.css": ("text/css; charset=utf-8", "public, max-age=31536000, immutable"),
    "decode-3CZBH47K.wasm": ("application/wasm", "public, max-age=31536000, immutable"),
    "names/uids-GCYWWEMV.txt": ("text/plain; charset=utf-8", "public, max-age=31536000, immutable"),
    "plain.bin": ("application/octet-stream", "no-cache"),
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    (folder / ".DS_Store").write_text("of the file manager")
    return folder


@pytest.fixture
def site(account: Account) -> Account:
    account.outputs.update(OUTPUTS)
    account.s3.create_bucket(Bucket=SITE)
    return account


def objects(account: Account) -> dict[str, Any]:
    names = [found["Key"] for found in account.s3.list_objects_v2(Bucket=SITE).get("Contents", [])]
    return {name: account.s3.get_object(Bucket=SITE, Key=name) for name in names}


def test_each_file_has_its_type_and_may_be_kept_as_long_as_it_is_true(site: Account, built: Path) -> None:
    ran = site.run("publish", "--folder", built)
    assert (ran.status, ran.out) == (0, "https://d111111abcdef8.cloudfront.net/\n")
    assert ran.err == "8 files published, 0 of an earlier page removed\n"
    found = objects(site)
    assert {name: (one["ContentType"], one["CacheControl"]) for name, one in found.items()} == FILES | {
        "config.json": ("application/json", "no-cache")
    }
    assert found["main-NHKRXB2A.js"]["Body"].read() == b"content of main-NHKRXB2A.js"


def test_the_page_is_told_of_its_stack(site: Account, built: Path) -> None:
    (built / "config.json").write_text('{"of": "another stack"}')
    site.run("publish", "--folder", built)
    assert json.load(objects(site)["config.json"]["Body"]) == {
        "api": "/live",
        "login": {"url": "https://login.auth.us-east-1.amazoncognito.com", "clientId": "client"},
        "maxUploadBytes": 100_000_000,
        "archive": False,
    }


def test_the_page_is_told_of_an_archive(site: Account, built: Path) -> None:
    site.outputs["DatastoreId"] = "d" * 32
    site.run("publish", "--folder", built)
    assert json.load(objects(site)["config.json"]["Body"])["archive"] is True


def test_a_login_of_one_s_own_is_told_instead(site: Account, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site.run("publish", "--folder", built, "--login-url", "https://login.example.org/")
    assert json.load(objects(site)["config.json"]["Body"])["login"]["url"] == "https://login.example.org"
    monkeypatch.setenv("SERVERLESS_DICOM_LOGIN_URL", "http://127.0.0.1:4566")
    site.run("publish", "--folder", built)
    assert json.load(objects(site)["config.json"]["Body"])["login"]["url"] == "http://127.0.0.1:4566"
    assert site.run("publish", "--folder", built, "--login-url", "javascript:1").status == 2


def test_what_an_earlier_page_left_goes(site: Account, built: Path) -> None:
    for number in range(1005):
        site.s3.put_object(Bucket=SITE, Key=f"main-{number:08}.js", Body=b"old")
    ran = site.run("publish", "--folder", built)
    assert ran.err == "8 files published, 1005 of an earlier page removed\n"
    assert set(objects(site)) == {*FILES, "config.json"}


def test_a_page_is_whole_whenever_somebody_looks(site: Account, built: Path) -> None:
    order: list[str] = []
    aws = InMemory(site.outputs, site.functions)
    aws.s3.meta.events.register("before-parameter-build.s3.PutObject", lambda params, **_: order.append(params["Key"]))
    site.run("publish", "--folder", built, aws=aws)
    assert order[-1] == "index.html"
    assert order.index("main-NHKRXB2A.js") < order.index("config.json")


def test_a_folder_without_a_page_is_told_how_to_get_one(site: Account, tmp_path: Path) -> None:
    ran = site.run("publish", "--folder", tmp_path)
    assert (ran.status, ran.out) == (1, "")
    assert "index.html is missing: `make site` builds one" in ran.err
    assert objects(site) == {}


def test_a_stack_without_a_page_is_told(account: Account, built: Path) -> None:
    ran = account.run("publish", "--folder", built)
    assert ran.status == 1
    assert "has no output" in ran.err
