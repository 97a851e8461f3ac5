"""Mail that is planned, sent or set aside."""
