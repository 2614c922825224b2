"""What a run leaves on disk: writing it, and reading it back. Knows neither TensorFlow nor the console."""
