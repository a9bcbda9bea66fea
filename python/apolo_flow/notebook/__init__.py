"""What notebooks need beside the drawings that every object has: the ``%%flow`` cell and the live drawing of a bake."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apolo_flow._bake import Bake

__all__ = ["Still"]


class Still:
    """A bake as it stands, in place of the live drawing where ``anywidget`` is missing."""

    #: What is missing, and how to get it.
    hint = "for a drawing that follows the bake: pip install 'apolo-flow[notebook]'"

    def __init__(self, bake: Bake) -> None:
        self._bake = bake

    def _repr_html_(self) -> str:
        from apolo_flow._show import bake_html, clean

        return f"{bake_html(self._bake)}<p><small>{clean(self.hint)}</small></p>"

    def __repr__(self) -> str:
        return f"{self._bake!r}\n{self._bake.graph}\n{self.hint}"
