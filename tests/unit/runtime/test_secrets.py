"""Keys for R2: of the environment or of a secret, which is read late and seldom."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from serverless_dicom.errors import InvalidSetting, TransientError
from serverless_dicom.runtime.secrets import SECONDS, R2Keys

ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:r2"


@dataclass
class Secrets:
    """A Secrets Manager with one secret."""

    text: str
    refusal: ClientError | None = None
    asked: list[str] = field(default_factory=list)

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - the service's name
        self.asked.append(SecretId)
        if self.refusal:
            raise self.refusal
        return {"SecretString": self.text}


def secret(key: str = "id") -> Secrets:
    return Secrets(json.dumps({"access_key_id": key, "secret_access_key": "hush"}))


def test_the_environment_wins() -> None:
    secrets = secret()
    keys = R2Keys({"R2_ACCESS_KEY_ID": "mine", "R2_SECRET_ACCESS_KEY": "quiet"}, ARN, lambda: secrets)
    assert keys() == ("mine", "quiet")
    assert secrets.asked == []


def test_a_secret_is_read_when_it_is_needed_and_again_after_minutes() -> None:
    now, secrets = [0.0], secret()
    keys = R2Keys({}, ARN, lambda: secrets, lambda: now[0])
    assert secrets.asked == []
    assert keys() == keys() == ("id", "hush")
    assert secrets.asked == [ARN]
    secrets.text, now[0] = secret("new").text, SECONDS + 1
    assert keys() == ("new", "hush")


def test_no_keys_at_all_say_where_they_belong() -> None:
    with pytest.raises(InvalidSetting, match="R2SecretArn"):
        R2Keys({"R2_ACCESS_KEY_ID": "half"}, "", secret)()


@pytest.mark.parametrize("text", ["hush", "[]", "{}", '"hush"', '{"access_key_id": "hush"}'])
def test_a_secret_of_another_form_is_not_quoted(text: str) -> None:
    with pytest.raises(InvalidSetting, match="access_key_id") as raised:
        R2Keys({}, ARN, lambda: Secrets(text))()
    assert "hush" not in str(raised.value)


def test_a_refusal_is_asked_again_next_time() -> None:
    secrets = secret()
    secrets.refusal = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")
    keys = R2Keys({}, ARN, lambda: secrets)
    with pytest.raises(TransientError, match="secret with the keys for R2"):
        keys()
    secrets.refusal = None
    assert keys() == ("id", "hush")
