"""A React piece that knows which forms are not saved, and asks before their page is left."""

import reflex as rx

SCRIPT = rx.asset("unsaved.js", shared=True)
QUESTION = "You have unsaved changes. Leave this page?"


class _Unsaved(rx.NoSSRComponent):
    library = f"$/public{SCRIPT}"
    tag = "Unsaved"
    settled: rx.Var[str]
    question: rx.Var[str]


def unsaved(settled: str) -> rx.Component:
    """For forms with `data-watched`: their name. `settled`: how the last save of one ended."""
    return _Unsaved.create(settled=settled, question=QUESTION)
