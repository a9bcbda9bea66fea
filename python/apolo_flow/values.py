"""What expressions compute and Python has no class for: paths, URIs, statuses, context objects.

All but :class:`Object` and :data:`ALWAYS` are texts.
"""

from __future__ import annotations


class LocalPath(str):
    """A path on the user's machine."""

    __slots__ = ()
    _flow_kind = "local_path"


class RemotePath(str):
    """A path inside a task."""

    __slots__ = ()
    _flow_kind = "remote_path"


class Uri(str):
    """A URI of the platform, such as ``storage:data``."""

    __slots__ = ()
    _flow_kind = "uri"


class Status(str):
    """The status of a task, such as ``succeeded``."""

    __slots__ = ()
    _flow_kind = "status"


class Always:
    """The class of :data:`ALWAYS`."""

    __slots__ = ()
    _flow_kind = "always"

    def __repr__(self) -> str:
        return "always()"


#: The value of ``always()``.
ALWAYS = Always()


class Object:
    """A context object: its properties are attributes, and no items.

    Parameters
    ----------
    type_name : str
        What messages call it, such as ``flow``.
    properties : dict
        By name.

    Examples
    --------
    >>> from apolo_flow import evaluate
    >>> evaluate("flow.title", {"flow": Object("flow", {"title": "Fraud"})})
    'Fraud'
    """

    __slots__ = ("properties", "type_name")
    _flow_kind = "object"

    def __init__(self, type_name: str, properties: dict[str, object]) -> None:
        self.type_name = type_name
        self.properties = properties

    def __getattr__(self, name: str) -> object:
        try:
            return self.properties[name]
        except KeyError:
            raise AttributeError(f"a {self.type_name} has no {name!r}") from None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Object):
            return NotImplemented
        return self.type_name == other.type_name and self.properties == other.properties

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Object({self.type_name!r}, {self.properties!r})"
