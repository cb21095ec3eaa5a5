"""The life of one area's danger: when a message is sent about it, which one, and which area gets one of its own."""
