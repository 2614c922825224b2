"""Recurrent cells: the table ``CELLS``, and each cell's mathematics in float64 NumPy.

A cell is an entry of ``rnnctl.cells.table``, a module here (its time step and derivative in NumPy) and a module in
``rnnctl.model.recurrent`` (its passes in TensorFlow). The entry names both modules; they are imported when first used.
"""

from rnnctl.cells.cell import Cell, Gate, LayerBase
from rnnctl.cells.table import CELLS, AnyLayer

__all__ = ["CELLS", "AnyLayer", "Cell", "Gate", "LayerBase"]
