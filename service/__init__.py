"""Everything that touches the world: database, files, browser, clock."""
