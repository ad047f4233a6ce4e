"""Agronomy: weather, reservoirs, pest surveys."""
