"""The runs of the history: how each ended."""
