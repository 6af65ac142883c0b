"""A step of a timeline as it is shown."""

from dataclasses import dataclass


@dataclass
class StepRow:
    """What components/timeline draws."""

    icon: str
    tone: str
    what: str
    who: str
    time: str
    when: str
    label: str
    evidence: str
