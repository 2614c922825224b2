"""One config's training step on this machine, in this project's loop and in Keras' own, side by side."""
