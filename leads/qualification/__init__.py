"""Judge a lead by the agreed definitions."""
