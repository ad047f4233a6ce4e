"""Pure inspections: tables in; findings out."""
