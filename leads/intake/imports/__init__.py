"""Take CSV files in."""
