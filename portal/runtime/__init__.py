"""`make run`: embedded servers, supervisor, preparation, doctor."""
