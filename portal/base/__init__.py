"""What every part of the portal stands on: database, clock, errors, logs."""
