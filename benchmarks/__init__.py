"""What the project costs, beside the obvious ways of doing the same: `python -m benchmarks`."""
