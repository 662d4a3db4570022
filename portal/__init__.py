"""The portal: what citizens and staff use. Each package says in one sentence what it is for."""
