"""The screens, one module each; importing this package registers all of them."""

from courseflow_admin.pages import not_found, sign_in, sign_up

__all__ = ["not_found", "sign_in", "sign_up"]
