"""``python -m rnnctl`` is ``rnnctl``."""

from rnnctl.cli import main

if __name__ == "__main__":
    main()
