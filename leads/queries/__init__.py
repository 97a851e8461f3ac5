"""Read leads for pages, API and reports."""
