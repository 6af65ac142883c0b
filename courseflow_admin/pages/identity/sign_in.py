"""Sign in."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import field, submit
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.welcome import email_field, welcome, welcome_form
from courseflow_admin.state.core.auth import DemoPerson, SignInState


@rx.page(route=routes.SIGN_IN, title="Sign in · CourseFlow", on_load=SignInState.load)
def sign_in() -> rx.Component:
    return welcome(
        "Sign in",
        "Sign in to continue",
        welcome_form(
            email_field(auto_focus=True),
            field(
                "Password",
                "password",
                type="password",
                auto_complete="current-password",
                required=True,
            ),
            submit("Sign in", size="large", wide=True),
            action=routes.API_SIGN_IN,
        ),
        rx.el.p(
            "New here? ",
            text_link("Create an account", href=routes.SIGN_UP + SignInState.other_query),
            ". ",  # after the form, so that Tab goes from field to field
            text_link("Forgot your password?", href=routes.FORGOT),
            class_name="cf-mut cf-13",
        ),
        rx.cond(SignInState.demo_people, demo_people()),
    )


def demo_people() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Demo school", class_name="cf-13 cf-semi"),
        rx.el.dl(rx.foreach(SignInState.demo_people, demo_person), class_name="cf-dl"),
        rx.el.p("The password was printed when the server started.", class_name="cf-help"),
        class_name="cf-demo",
    )


def demo_person(person: DemoPerson) -> rx.Component:
    return rx.fragment(rx.el.dt(person.role), rx.el.dd(person.email, class_name="cf-mono"))
