"""What must not be lost: messages, episodes, observations, jobs, keys, and the audit of every step."""
