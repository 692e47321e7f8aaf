"""Where manifests and run records live."""
