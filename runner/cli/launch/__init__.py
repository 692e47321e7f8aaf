"""What `run`, `rerun` and `trigger` start a job with, and how its end is told."""
