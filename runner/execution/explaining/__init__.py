"""What a job does, as facts with their places: when, what, beside what, and for whom."""
