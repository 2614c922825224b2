"""One config's training step on this machine, in this project's loop and in others', side by side.

What lives here: the task that every contender is given, a module per contender, the floor, and the rounds that time
them. It knows no file and no console. Each contender's framework is imported when it is prepared, never before.
"""
