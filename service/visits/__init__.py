"""Visits: campaigns, draws, inspections of outlets, samples, rectification."""
