"""Areas: the effective-dated tree of counties, towns and villages."""
