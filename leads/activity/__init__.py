"""Record what sales did and learned."""
