"""Long work asked for over HTTP: a table of jobs, workers that may die, the same bytes anywhere."""
