"""Results as text for a terminal: pure functions, and the displays that write what they return."""
