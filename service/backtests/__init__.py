"""Backtests: labelled series in, how well markers and observed uses agree out."""
