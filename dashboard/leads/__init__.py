"""Leads: the list, one lead, moves."""
