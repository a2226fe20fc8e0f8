"""What the template promises of the API and the page: who may call, and whom the page may call."""

import json
import re
from typing import Any

from tests.template import (
    EXPANDED,
    TEMPLATE,
    of_type,
    properties,
    references,
    resources_in,
)


def routes() -> dict[tuple[str, str], dict[str, Any]]:
    """The methods of the API by path and verb."""
    paths = properties("Api")["Body"]["paths"]
    return {(path, verb): method for path, verbs in paths.items() for verb, method in verbs.items()}


def test_every_route_wants_a_user_but_health_and_preflight() -> None:
    callers = {route: method.get("security") for route, method in routes().items()}
    for_users = {
        ("/convert", "post"),
        ("/uploads", "post"),
        ("/request-upload", "post"),
        ("/results/{jobId}", "get"),
        ("/get-results", "get"),
        ("/studies", "post"),
        ("/imports", "post"),
        ("/imports/{jobId}", "get"),
        ("/image-sets", "post"),
        ("/image-sets/{imageSetId}", "get"),
        ("/image-sets/{imageSetId}/frames/{frameId}", "get"),
    }
    assert callers == {route: [{"Users": []}] for route in for_users} | {
        **{(path, "options"): [{"NONE": []}] for path, _ in for_users},
        ("/health", "get"): [{"NONE": []}],
    }
    (users,) = properties("Api")["Body"]["components"]["securitySchemes"].values()
    assert set(references(users["x-amazon-apigateway-authorizer"]["providerARNs"])) == {"UserPool"}


def test_users_are_created_by_administrators_and_have_strong_passwords() -> None:
    pool, client = properties("UserPool"), properties("UserPoolClient")
    password = pool["Policies"]["PasswordPolicy"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert password["MinimumLength"] >= 12
    assert all(password[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols"))
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["TokenValidityUnits"]["IdToken"] == "minutes"
    assert client["IdTokenValidity"] <= 60


def test_the_page_logs_in_by_a_code_and_proves_itself_without_a_secret() -> None:
    client = properties("SiteClient")
    assert (client["AllowedOAuthFlows"], client["AllowedOAuthScopes"]) == (["code"], ["openid"])
    assert client["GenerateSecret"] is False
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["CallbackURLs"] == client["LogoutURLs"]
    assert resources_in(client["CallbackURLs"]) == {"Site", "SiteDomain", "AllowedOrigin"}


def test_the_page_loads_nothing_from_elsewhere_and_calls_only_what_it_must() -> None:
    headers = properties("SiteHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    delimiter, parts = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Join"]
    texts = [part if isinstance(part, str) else json.dumps(part) for part in parts]
    directives = {one.split()[0]: one.split()[1:] for one in delimiter.join(texts).split(";")}
    assert directives["default-src"] == directives["base-uri"] == directives["form-action"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert directives["style-src"] == directives["worker-src"] == ["'self'"]
    assert "unsafe-inline" not in delimiter.join(texts)
    hosts = [word for word in directives["connect-src"] if "https" in word]
    assert len(hosts) == 5  # three buckets, the one that was there before, the login


def test_the_page_and_the_api_are_of_one_origin() -> None:
    distribution = properties("Site")["DistributionConfig"]
    (api,) = distribution["CacheBehaviors"]
    origins = {origin["Id"]: origin for origin in distribution["Origins"]}
    assert api["PathPattern"] == f"/{properties('ApiliveStage')['StageName']}/*"
    assert resources_in(origins[api["TargetOriginId"]]["DomainName"]) == {"Api"}
    assert origins[distribution["DefaultCacheBehavior"]["TargetOriginId"]]["OriginAccessControlId"]
    assert distribution["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == {"Ref": "SiteHeaders"}


def test_no_page_may_call_unless_a_parameter_names_its_origin() -> None:
    assert "'*'" not in json.dumps(EXPANDED)
    for response in properties("Api")["Body"]["x-amazon-apigateway-gateway-responses"].values():
        (origin,) = response["responseParameters"].values()
        condition, named, unnamed = origin["Fn::If"]
        assert (condition, unnamed) == ("HasAllowedOrigin", {"Ref": "AWS::NoValue"})
        assert named == {"Fn::Sub": "'${AllowedOrigin}'"}
    assert EXPANDED["Conditions"]["HasAllowedOrigin"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AllowedOrigin"}, ""]}]}


def test_an_api_whose_origin_changes_is_deployed_anew() -> None:
    assert TEMPLATE["Resources"]["Api"]["Properties"]["AlwaysDeploy"] is True


def test_a_picture_is_bytes_whatever_the_accept_header_begins_with() -> None:
    assert properties("Api")["BinaryMediaTypes"] == ["*/*"]


def test_calls_are_throttled_and_their_bodies_never_logged() -> None:
    (stage,) = [item["Properties"] for item in of_type("AWS::ApiGateway::Stage").values()]
    (every,) = stage["MethodSettings"]
    assert (every["ResourcePath"], every["HttpMethod"], every["DataTraceEnabled"]) == ("/*", "*", False)
    assert 0 < every["ThrottlingRateLimit"] <= every["ThrottlingBurstLimit"] <= 100
    assert stage["TracingEnabled"] is True
    (condition, logs, _) = stage["AccessLogSetting"]["Fn::If"]
    assert condition == "HasAccessLogs"
    assert not re.findall(r"\$context\.(?:path|identity|authorizer)|querystring|body", logs["Format"])
