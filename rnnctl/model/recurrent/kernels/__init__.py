"""The recurrences themselves: pure functions on time-major tensors, each with its backward pass written out.

For each cell a `…_forward`, a `…_backward`, and a function that joins the two through `tf.custom_gradient`. They know
nothing of Keras' layers. All tensors are time-major and in running order; dtypes are float32 or float64, and alike.
"""
