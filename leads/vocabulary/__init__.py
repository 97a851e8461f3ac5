"""Keep a workspace's own words."""
