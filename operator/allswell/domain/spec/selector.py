"""Read and match label selectors as Kubernetes has them: `matchLabels`, `matchExpressions`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from allswell.domain.spec.fields import LABEL_ADVICE, LABEL_KEY, LABEL_VALUE, Fields

WITH_VALUES = ("In", "NotIn")
WITHOUT_VALUES = ("Exists", "DoesNotExist")
OPERATORS = (*WITH_VALUES, *WITHOUT_VALUES)


@dataclass(frozen=True, slots=True)
class Expression:
    """One condition on a label."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels satisfy this; as in Kubernetes, `NotIn` holds for an absent label."""
        value = labels.get(self.key)
        if self.operator == "In":
            return value in self.values
        if self.operator == "NotIn":
            return value not in self.values
        return (value is not None) == (self.operator == "Exists")


@dataclass(frozen=True, slots=True)
class Selector:
    """All conditions must hold; a selector without any matches everything."""

    match_labels: Mapping[str, str] = field(default_factory=dict)
    match_expressions: tuple[Expression, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether an object with these labels is selected."""
        exact = all(labels.get(key) == value for key, value in self.match_labels.items())
        return exact and all(entry.matches(labels) for entry in self.match_expressions)


def read(fields: Fields) -> Selector:
    """Read a selector block."""
    expressions = tuple(
        _expression(child) for child in fields.children("matchExpressions", most=16)
    )
    # Elsewhere a null is a field left out; here the selector would take what it should not.
    selector = Selector(fields.mapping("matchLabels", most=16, nulls=False), expressions)
    fields.close()
    return selector


def _expression(fields: Fields) -> Expression:
    key = ""
    if fields.required("key", "write the label's name"):
        key = fields.text("key", longest=317, pattern=LABEL_KEY, instead=LABEL_ADVICE)
    operator = ""
    if fields.required("operator", f"write one of {', '.join(OPERATORS)}"):
        operator = fields.choice("operator", OPERATORS, default="")
    values = fields.texts(
        "values", most=64, longest=63, shortest=0, pattern=LABEL_VALUE, instead=LABEL_ADVICE
    )
    if operator in WITH_VALUES and not fields.take("values"):
        fields.note(("values",), f"{operator} needs values", "write a list of them")
    if operator in WITHOUT_VALUES and values:
        fields.note(("values",), f"{operator} takes no values", "remove them")
    fields.close()
    return Expression(key, operator, values)


def text(selector: Selector) -> dict[str, object]:
    """Return the block that `read` reads back as the same value."""
    block: dict[str, object] = {}
    if selector.match_labels:
        block["matchLabels"] = dict(selector.match_labels)
    if selector.match_expressions:
        block["matchExpressions"] = [
            _expression_text(entry) for entry in selector.match_expressions
        ]
    return block


def _expression_text(entry: Expression) -> dict[str, object]:
    block: dict[str, object] = {"key": entry.key, "operator": entry.operator}
    return block | ({"values": list(entry.values)} if entry.values else {})
