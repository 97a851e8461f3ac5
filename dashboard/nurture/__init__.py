"""Programs, content, and the public pages of marketing mail."""
