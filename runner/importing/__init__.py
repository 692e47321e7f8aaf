"""Jobs of other schedulers, as a jobs file, and what became of each of their fields."""
