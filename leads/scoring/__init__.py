"""Score fit and interest."""
