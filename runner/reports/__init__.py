"""Renderings of a Run: each takes data and prints it."""
