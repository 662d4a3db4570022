"""What staff work with beside the cases themselves: queues, notes, ticks on papers, slips, the load of a unit."""
