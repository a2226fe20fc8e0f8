"""Keys that stand in a secret of Secrets Manager, or in the environment."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from serverless_dicom.errors import InvalidSetting, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECONDS = 300.0
"""How long a secret that was read is believed: keys that were changed work minutes later."""

Keys = tuple[str, str]
"""An access key id and its secret."""


class Secrets(Protocol):
    """What is needed of a client of Secrets Manager."""

    def get_secret_value(self, *, SecretId: str) -> Mapping[str, object]:  # noqa: N803 - the service's name
        """The secret's newest value."""
        ...


class R2Keys:
    """The keys for Cloudflare R2: of the environment, else of a secret, which is read when they are first asked for."""

    def __init__(
        self,
        environment: Mapping[str, str],
        secret_arn: str,
        secrets: Callable[[], Secrets],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read nothing yet; `secrets` makes the client when it is needed."""
        self._environment, self._arn, self._secrets, self._clock = environment, secret_arn, secrets, clock
        self._read: tuple[Keys, float] | None = None

    def __call__(self) -> Keys:
        """The keys. Raises InvalidSetting where there are none, TransientError where the secret cannot be read now."""
        given = self._environment.get("R2_ACCESS_KEY_ID"), self._environment.get("R2_SECRET_ACCESS_KEY")
        if given[0] and given[1]:
            return given[0], given[1]
        if not self._arn:
            raise InvalidSetting("there are no keys for R2: name their secret in the parameter R2SecretArn")
        now = self._clock()
        if self._read is None or now - self._read[1] > SECONDS:
            self._read = self._from_secret(), now
        return self._read[0]

    def _from_secret(self) -> Keys:
        try:
            text = self._secrets().get_secret_value(SecretId=self._arn)["SecretString"]
        except (BotoCoreError, ClientError) as error:
            raise TransientError(f"reading the secret with the keys for R2: {type(error).__name__}") from error
        try:
            keys = json.loads(str(text))
            return str(keys["access_key_id"]), str(keys["secret_access_key"])
        except (KeyError, TypeError, ValueError):
            expected = '{"access_key_id": …, "secret_access_key": …}'
            raise InvalidSetting(f"the secret with the keys for R2 is not of the form {expected}") from None
