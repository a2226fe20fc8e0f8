"""The emulator's process: `python -m local.gateway`, its settings in the environment.

The template refuses whoever comes without TLS, and the emulator holds callers to that. On loopback there is no wire to
protect, and a certificate would have to be trusted by every client; so each request counts as one that a TLS proxy has
passed on.
"""

from __future__ import annotations

from ministack import app as emulator

from local import behalf, resources
from local.behalf import Application, Channel, Scope


def behind_tls(application: Application) -> Application:
    """Wrap an ASGI application so that each request says it came over TLS."""

    async def received(scope: Scope, receive: Channel, send: Channel) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        await application(scope, receive, send)

    return received


if __name__ == "__main__":
    behalf.admit()
    resources.admit()
    emulator.app = behind_tls(behalf.beside_services(emulator.app))
    emulator.main()
