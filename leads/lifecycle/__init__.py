"""Move leads."""
