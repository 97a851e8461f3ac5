"""The inbox of sales, and the queue."""
