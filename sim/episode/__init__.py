"""The life of one area's danger, from detected to closed, and what a forecast asks to be sent."""
