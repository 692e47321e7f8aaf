"""The runs of the history: how each ended, and what they say together."""
