"""Maps and exchange: vector tiles and OGC API Features, scoped by account."""
