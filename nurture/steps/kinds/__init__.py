"""One module per kind of step. A new kind is one class in one module here; `nurture.steps.catalogue` finds it."""
