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

    Even then they are few, and none within what is itself repeated, so that nothing multiplies.
    """
    seen = {id(root)}
    repeated = []
    for node in _below(root):
        if id(node) in seen:
            repeated.append(node)
        seen.add(id(node))
    few = len(repeated) <= (_MOST_ALIASES if aliases else 0)
    if not few or _nested(repeated):
        raise Refused(
            repeated[0], "det här upprepas på annan plats.", "Skriv ut det där i stället."
        )
    for node in (root, *_below(root)):
        _require_distinct_keys(node)


def _nested(repeated: list[yaml.Node]) -> bool:
    ids = {id(node) for node in repeated}
    return any(id(part) in ids for node in repeated for part in _below(node))


def _below(root: yaml.Node) -> Iterator[yaml.Node]:
    """Every place below, also those of repeated nodes; what is in these only once."""
    entered = {id(root)}
    waiting = [root]
    while waiting:
        for child in _children(waiting.pop()):
            yield child
            if id(child) not in entered:
                entered.add(id(child))
                waiting.append(child)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _require_distinct_keys(node: yaml.Node) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, _value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value in seen:
            raise Refused(key, "fältet står två gånger.", "Ta bort det ena.")
        seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
