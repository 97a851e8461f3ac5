"""A package like `nurture.steps.kinds`, with one kind that the product does not have."""
