"""What people do: how a warning reaches them, whether and when they leave, as which units they move."""
