"""What a file most likely holds: its form, its columns, what can be predicted from them. For ``rnnctl init``.

Guesses are made on a bounded sample, and each comes with its reason in words, so that its owner can judge it.
"""
