"""A good jobs file for a project that has none, made of what the project itself says."""
