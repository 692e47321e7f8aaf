"""Reports on their way to GitHub: commit statuses, the pull request's comment, the step's summary."""
