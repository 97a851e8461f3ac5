"""Returned leads, and marketing's answers."""
