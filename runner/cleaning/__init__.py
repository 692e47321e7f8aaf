"""The schemas of closed pull requests: found in the records of their runs, and dropped."""
