"""Builds the shared layer from the lock and the package; its contract stands in `__main__`."""
