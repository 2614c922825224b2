"""Train recurrent networks from a YAML file, and see every gradient at every time step.

The public Python API is loaded on first use, so that importing the package costs nothing::

    import rnnctl

    run = rnnctl.train("configs/sunspots.yaml")
    run.history
    run.predict(horizon=12)
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
