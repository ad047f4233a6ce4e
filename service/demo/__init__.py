"""Demonstration data: a made-up spring over the county's real villages, marked as such."""
