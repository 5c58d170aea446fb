"""Whatever bytes a reader is given, it gives a result or says in our own words what is wrong."""
