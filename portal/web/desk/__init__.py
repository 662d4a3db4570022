"""Pages of staff: queues and cases."""
