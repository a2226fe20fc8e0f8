"""The page as the running stack serves it: through its distribution, beside its API, behind its login."""

import base64
import hashlib
import html
import http.client
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.system.conftest import LocalStack


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def post(url: str, **fields: str) -> Answer:
    return ask(url, "POST", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")


def configuration(stack: LocalStack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(f"{stack.outputs['SiteUrl']}config.json").body)
    return found


def test_the_page_is_served_with_its_policy(stack: LocalStack) -> None:
    start = ask(stack.outputs["SiteUrl"])
    assert (start.status, start.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert start.headers["cache-control"] == "no-cache"
    policy = dict(part.strip().partition(" ")[::2] for part in start.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == f"'self' {stack.endpoint_url}"
    assert "amazonaws" not in start.headers["content-security-policy"]


def test_all_that_the_page_names_is_there(stack: LocalStack) -> None:
    site = stack.outputs["SiteUrl"]
    names = re.findall(r'(?:src|href)="([^":]+)"', ask(site).body.decode())
    assert any(name.endswith(".js") for name in names)
    for name in names:
        found = ask(site + name)
        assert found.status == 200, name
        if re.search(r"-[A-Z0-9]{8}\.", name):
            assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    keys = [one["Key"] for one in stack.client("s3").list_objects_v2(Bucket=stack.outputs["SiteBucket"])["Contents"]]
    (wasm, *_) = [key for key in keys if key.endswith(".wasm")]
    assert ask(site + wasm).headers["content-type"] == "application/wasm"


def test_nobody_reads_the_bucket_but_the_distribution(stack: LocalStack) -> None:
    assert ask(f"{stack.endpoint_url}/{stack.outputs['SiteBucket']}/index.html").status == 403


def test_the_page_knows_its_stack(stack: LocalStack) -> None:
    known = configuration(stack)
    assert known["api"] == "/live"
    assert known["login"] == {"url": stack.endpoint_url, "clientId": stack.outputs["SiteClientId"]}
    assert known["maxUploadBytes"] == 100_000_000
    assert known["archive"] is True


def test_the_api_is_at_the_page_s_own_origin(stack: LocalStack) -> None:
    site = stack.outputs["SiteUrl"]
    assert json.loads(ask(f"{site}live/health").body)["status"] == "ok"
    assert ask(f"{site}live/uploads", "POST", b"{}").status == 401


def test_a_login_by_code_with_pkce_gives_a_token_that_the_api_takes(stack: LocalStack) -> None:
    site, login = stack.outputs["SiteUrl"], configuration(stack)["login"]
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": login["clientId"],
        "redirect_uri": site,
        "scope": "openid",
        "state": "state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page = ask(f"{login['url']}/oauth2/authorize?{urlencode(asked)}").body.decode()
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    user = {"username": stack.login["USERNAME"], "password": stack.login["PASSWORD"]}
    back = urlsplit(post(f"{login['url']}/login", **fields, **user).headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == site
    exchange = {
        "grant_type": "authorization_code",
        "client_id": login["clientId"],
        "redirect_uri": site,
        "code": parse_qs(back.query)["code"][0],
    }
    assert post(f"{login['url']}/oauth2/token", **exchange, code_verifier="w" * 64).status == 400
    again = urlsplit(post(f"{login['url']}/login", **fields, **user).headers["location"])
    code = parse_qs(again.query)["code"][0]
    tokens = json.loads(post(f"{login['url']}/oauth2/token", **exchange | {"code": code}, code_verifier=verifier).body)
    body = json.dumps({"fileName": "a.png", "fileType": "image/png"}).encode()
    made = ask(f"{site}live/uploads", "POST", body, Authorization=tokens["id_token"])
    assert made.status == 200, made.body
    assert json.loads(made.body)["uploadUrl"].startswith(stack.endpoint_url)


@pytest.mark.parametrize(("origin", "status"), [("own", 200), ("http://elsewhere.example.org", 403)])
def test_only_the_page_may_upload_from_a_browser(stack: LocalStack, origin: str, status: int) -> None:
    origin = stack.outputs["SiteUrl"].rstrip("/") if origin == "own" else origin
    asked = ask(
        f"{stack.endpoint_url}/{stack.outputs['UploadBucket']}/uploads/x/image",
        "OPTIONS",
        Origin=origin,
        Access_Control_Request_Method="PUT",
        Access_Control_Request_Headers="content-type",
    )
    assert asked.status == status
