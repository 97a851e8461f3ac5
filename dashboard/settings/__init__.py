"""What admins and managers set."""
