"""What goes wrong on this machine, told to whoever typed the command."""


class LocalError(Exception):
    """The stack cannot do what was asked; the text says why and what to do."""
