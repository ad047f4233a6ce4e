"""Rules that doubt what the books say: rows in, doubts and skipped checks out. Pure."""
