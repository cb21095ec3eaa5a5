"""After action: a drill held against the plans, what it shows, and how ready the city was."""
