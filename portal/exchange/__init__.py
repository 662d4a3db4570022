"""Papers between agencies over the national axis: packages (edXML), what was sent, what has come, and its status."""
