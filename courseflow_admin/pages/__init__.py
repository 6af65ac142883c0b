"""The screens, one module each; importing this package registers all of them."""

from courseflow_admin.pages import (
    catalog,
    course,
    learn,
    learn_lesson,
    my_courses,
    not_found,
    sign_in,
    sign_up,
    studio,
    studio_course,
)

__all__ = [
    "catalog",
    "course",
    "learn",
    "learn_lesson",
    "my_courses",
    "not_found",
    "sign_in",
    "sign_up",
    "studio",
    "studio_course",
]
