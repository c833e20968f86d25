"""Controls look and speak alike in all tabs."""

import pytest
from playwright.sync_api import expect

from swishdemo.activations.registry import activations
from swishdemo.settings import Settings
from swishdemo.text import numeral
from swishdemo.training import TrainingConfig
from swishdemo.ui.train import component

MENUS = ("activation", "rivals", "layer_activations")
FIELDS = {
    "train": ("#lab-beta_starts :is(input, textarea)", "#lab-weight_decay input"),
    "time": ("#lab-time-budget input", "#lab-time-shape :is(input, textarea)"),
}
RING = """field => {
    const { outlineStyle, outlineWidth, outlineColor, outlineOffset } = getComputedStyle(field);
    return [outlineStyle, outlineWidth, outlineColor, outlineOffset].join(" ");
}"""


@pytest.mark.parametrize("name", MENUS)
def test_a_menu_calls_an_activation_as_explore_does(name):
    known = {(record.label, record.name) for record in activations()}
    assert set(component(TrainingConfig.fields(Settings())[name]).choices) == known
    assert ("GELU (tanh)", "gelu_tanh") in known


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [(-20, "", "−20"), (4_000_000, "", "4\u202f000\u202f000"), (-1e-7, ".1e", "−1.0e−07")],
)
def test_numbers_have_a_minus_sign_and_narrow_spaces(value, form, shown):
    assert numeral(value, form) == shown


def test_every_select_has_the_same_arrow(turn):
    page = turn()
    arrows = page.evaluate(
        """() => [...document.querySelectorAll("select.lab-field")].map((each) => {
            const { appearance, backgroundImage, paddingRight } = getComputedStyle(each);
            return `${appearance} ${paddingRight} ${backgroundImage}`;
        })"""
    )
    assert len(arrows) > 5 and len(set(arrows)) == 1
    assert "gradient" in arrows[0]


def test_every_field_has_the_same_ring_when_it_has_the_focus(turn):
    page = turn()
    found = {}
    for tab, fields in FIELDS.items():
        page.locator(f"#lab-tabs button[role=tab][data-tab-id={tab}]").click()
        for each in fields:
            field = page.locator(each).first
            expect(field).to_be_visible()
            field.focus()
            expect(field).to_be_focused()
            found[each] = field.evaluate(RING)
    assert len(set(found.values())) == 1, found
    assert found["#lab-weight_decay input"].startswith("solid 2px")
