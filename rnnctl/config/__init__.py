"""The YAML config: schema, loading with positions, overrides, and the data that it describes."""

from rnnctl.config.first_step import FIRST_STEP
from rnnctl.config.load import load_config
from rnnctl.config.schema import Config

__all__ = ["FIRST_STEP", "Config", "load_config"]
