"""The sections of the config, one class each: keys, types, defaults, bounds."""
