"""The compiled GradientTape steps and the generator that yields a record a step."""
