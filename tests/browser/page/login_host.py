"""The login's own host, as a user pool has it: a page, codes that want their PKCE verifier, tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.browser.page.wire import Call, Reply

CLIENT = "page-client"


@dataclass
class LoginHost:
    """The host; what is unusual about it is set by tests."""

    seconds: int = 3600
    """How long an ID token works."""
    nonce: str | None = None
    """The nonce in ID tokens, where it is not the one that was asked for."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshing: dict[str, str] = field(default_factory=dict)
    """The nonces of refresh tokens that work."""

    def answer(self, call: Call) -> Reply:
        """The answer to a call."""
        if call.path == "/oauth2/authorize":
            return Reply(200, _page(call.query), {"Content-Type": "text/html"})
        if call.path == "/login":
            form = dict(parse_qsl(call.body.decode()))
            code = uuid.uuid4().hex
            self.codes[code] = form
            back = f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form['state']})}"
            return Reply(302, headers={"Location": back})
        if call.path == "/logout":
            return Reply(302, headers={"Location": call.query["logout_uri"]})
        form = dict(parse_qsl(call.body.decode()))
        if call.path == "/oauth2/revoke":
            self.refreshing.pop(form["token"], None)
            return Reply()
        return self._token(form)

    def _token(self, form: dict[str, str]) -> Reply:
        if form["grant_type"] == "refresh_token":
            nonce = self.refreshing.get(form["refresh_token"])
            return Reply.json(self._tokens(nonce)) if nonce else Reply.json({"error": "invalid_grant"}, 400)
        asked = self.codes.pop(form["code"], {})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked.get("code_challenge"):
            return Reply.json({"error": "invalid_grant"}, 400)
        refresh = uuid.uuid4().hex
        self.refreshing[refresh] = asked["nonce"]
        return Reply.json(self._tokens(asked["nonce"]) | {"refresh_token": refresh})

    def _tokens(self, nonce: str) -> dict[str, Any]:
        claims = {"aud": CLIENT, "nonce": self.nonce or nonce, "cognito:username": "demo", "jti": uuid.uuid4().hex}
        payload = json.dumps(claims | {"exp": int(time.time()) + self.seconds}).encode()
        token = f"e30.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.c2ln"
        return {"id_token": token, "access_token": "a", "expires_in": self.seconds}


def _page(query: dict[str, str]) -> bytes:
    """A button to log in, a link back without."""
    kept = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in query.items())
    back = f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
    form = f'<form method="post" action="/login">{kept}<button>Sign in</button></form><a href="{back}">Cancel</a>'
    return f'<!doctype html><link rel="icon" href="data:,"><title>Sign in</title>{form}'.encode()
