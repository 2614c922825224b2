"""What follows a run elsewhere than in its folder: TensorBoard, MLflow. Knows neither TensorFlow nor the console."""
