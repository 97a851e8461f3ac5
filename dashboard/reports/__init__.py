"""Overview and funnel."""
