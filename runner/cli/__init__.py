"""The commands: one module a verb; reads the environment, builds what is passed in, returns an exit code."""
