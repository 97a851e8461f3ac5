"""The HTML edge: views, forms and template tags; no rules of its own."""
