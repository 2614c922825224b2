"""Results as self-contained HTML pages and notebook fragments, and the words that they share with the console."""
