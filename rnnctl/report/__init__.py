"""What was found, as a page to look at: findings → one self-contained HTML file. Knows neither TensorFlow nor Click."""
