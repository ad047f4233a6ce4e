"""Facts: every published figure, computed, covered, doubted, and opened to its rows."""
