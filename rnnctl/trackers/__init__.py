"""Trackers, which log a run outside its folder: TensorBoard, MLflow."""
