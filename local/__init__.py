"""The stack on this machine: an emulator of AWS on loopback, and the real template deployed to it by the real `sam`.

Everything that knows of the emulator lives here; nothing else imports this package.
"""
