"""YAML that people wrote, as they meant it; nothing in it is run, or grows beyond measure."""

import re
from collections.abc import Iterator

import yaml

_INT = "tag:yaml.org,2002:int"
_GUESSED = (_INT, "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge")
_MOST_ALIASES = 100


class Refused(yaml.MarkedYAMLError):
    """YAML, but not as we take it. `reason` and `remedy` are Swedish."""

    def __init__(self, node: yaml.Node, reason: str, remedy: str) -> None:
        super().__init__(problem_mark=node.start_mark)
        self.reason, self.remedy = reason, remedy


class Loader(yaml.SafeLoader):
    """Safe YAML where a time or a date is text, with or without quotes."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _GUESSED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# Without YAML 1.1's octal 0123, and 10:30 for 630.
Loader.add_implicit_resolver(_INT, re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))


def require_plain(root: yaml.Node, *, aliases: bool) -> None:
    """No field twice, and no aliases unless they are allowed. Raises `Refused`.

    Even then they are few, and none within what is itself repeated: a page cannot become a library.
    """
    repeated = []
    seen = set()
    for node in _walk(root):
        if id(node) in seen:
            repeated.append(node)
        elif isinstance(node, yaml.MappingNode):
            _require_distinct_keys(node)
        seen.add(id(node))
    again = {id(node) for node in repeated}
    for number, node in enumerate(repeated):
        nested = any(id(part) in again for part in _walk(node) if part is not root)
        if not aliases or number >= _MOST_ALIASES or nested:
            raise Refused(node, "det här upprepas på annan plats.", "Skriv ut det där i stället.")


def _walk(root: yaml.Node) -> Iterator[yaml.Node]:
    """Each place in the document; what is below a repeated part only at its first place."""
