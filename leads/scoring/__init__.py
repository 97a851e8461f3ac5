"""Score fit, interest and readiness."""
