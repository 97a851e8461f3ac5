"""Decide who gets a lead."""
