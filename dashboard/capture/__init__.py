"""Where leads come from: imports, hosted forms, campaigns."""
