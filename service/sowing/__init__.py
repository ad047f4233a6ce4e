"""The sowing book: plans, weekly cumulative reports, progress."""
