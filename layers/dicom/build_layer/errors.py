"""What can go wrong with a layer."""


class LayerError(Exception):
    """The layer cannot be built; the text says what to do."""
