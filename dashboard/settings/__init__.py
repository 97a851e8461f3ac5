"""The settings of admins and managers."""
