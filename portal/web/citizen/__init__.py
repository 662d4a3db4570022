"""Pages of the applicant: filling in, sending, following, receiving."""
