"""Runs that were: the history, their records, and what is under way on GitHub."""
