"""The compiled GradientTape step and the generator that yields a record per step. Knows neither files nor the console."""
