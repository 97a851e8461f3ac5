"""Take people and events in."""
