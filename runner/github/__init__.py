"""GitHub: workflow commands, and the only importer of PyGithub."""
