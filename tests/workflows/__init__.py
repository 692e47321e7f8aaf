"""What is shipped or documented for GitHub Actions, and the checks it has to pass."""
