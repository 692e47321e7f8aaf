"""The documented workflow and the action, run by a workflow engine against a GitHub that remembers."""
