"""What pieces are given: a state's attribute is a var on the page, whatever type it declares."""

from typing import Any

Text = Any  # str, or a var that will be one
Flag = Any  # bool, or a var that will be one
Shown = Any  # any var: rows, a number, a dataclass of the state
Piece = Any  # a component, or a var that becomes one
