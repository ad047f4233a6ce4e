"""Observations of parcels from imagery: rasters and tables in, series out."""
