"""Photos as evidence: originals by their hash, views without metadata."""
