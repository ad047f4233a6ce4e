"""Values: settings, thresholds and code lists. Decides nothing."""
