"""Pure geography: geometries, rasters and series in; geometries and numbers out."""
