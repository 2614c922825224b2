"""Run folders: writing, reading, checking, listing and truncating them."""
