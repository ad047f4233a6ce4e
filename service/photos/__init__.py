"""Photos: sealed originals by content, views without a trace of where, marks."""
