"""The card of code in a real browser: what stands in it, what it asks the server, copying."""

import re

import pytest
from playwright.sync_api import expect
from visiting import PHONE

from swishdemo.activations import get
from swishdemo.activations.code import code

CARD = ".code-card"
BLOCK = ".code-block code"

# Counts what is asked of the server, and holds the first answer back for a while.
WATCH = """(wait) => {
    const ask = (window.plain ??= window.fetch);
    [window.asked, window.answered] = [[], 0];
    window.fetch = async function (address, ...rest) {
        // Only what this card asks has such a field.
        if (!String(rest[0]?.body).includes("trainable")) return ask.call(this, address, ...rest);
        window.asked.push(rest[0].body);
        const late = window.asked.length === 1 ? wait : 0;
        const answer = await ask.call(this, address, ...rest);
        await new Promise((done) => setTimeout(done, late));
        window.answered++;
        return answer;
    };
}"""


def holds(page, text):
    # A card that is not on the screen does not follow until it is.
    page.locator(CARD).scroll_into_view_if_needed()
    page.wait_for_function(
        "text => document.querySelector('.code-block code').textContent === text", arg=text
    )


def drag(page, beta):
    page.locator("#lab-beta").evaluate(
        """(input, value) => { input.value = value;
           input.dispatchEvent(new Event('input', { bubbles: true })); }""",
        str(beta),
    )


def test_swish_at_its_beta_stands_there_first(explore):
    page = explore(CARD, "?beta=1.3")
    holds(page, code(get("swish"), "pytorch", {"beta": 1.3}))
    assert page.locator(f"{BLOCK} .code-word", has_text="class").count() == 1
    assert page.locator(f"{BLOCK} .code-number").first.text_content() == "1.3"


def test_every_language_of_another_activation(explore):
    page = explore(CARD, "?act=elu,gelu&par=elu.alpha:2.5")
    page.select_option(f"{CARD} select", "elu")
    values = {"alpha": 2.5}
    holds(page, code(get("elu"), "pytorch", values))
    page.uncheck(f"{CARD} input[type=checkbox]")
    holds(page, code(get("elu"), "pytorch", values, trainable=False))
    for language in ("jax", "numpy", "javascript", "latex"):
        page.click(f"[data-language={language}]")
        holds(page, code(get("elu"), language, values))
        expect(page.locator(f"{CARD} input[type=checkbox]")).to_be_hidden()
    expect(page).to_have_url(re.compile("code=latex&code_of=elu&trainable=off|code=latex"))
    # An activation that is no longer shown gives way to Swish.
    page.click("#lab-explore [data-chosen] [data-name=elu]")
    holds(page, code(get("swish"), "latex", {"beta": 1.0}))


def test_nothing_to_train_nothing_to_tick(explore):
    page = explore(CARD, "?act=gelu&code_of=gelu")
    holds(page, code(get("gelu"), "pytorch"))
    expect(page.locator(f"{CARD} input[type=checkbox]")).to_be_disabled()


def test_a_typed_formula_is_taken_along_too(explore):
    page = explore(CARD, "?formula=x*tanh(a*x)&par=formula.a:3&code_of=formula&code=javascript")
    holds(page, code(get("=x*tanh(a*x)"), "javascript", {"a": 3.0}))


def test_a_drag_asks_once_it_rests(explore):
    page = explore(CARD)
    holds(page, code(get("swish"), "pytorch"))
    page.evaluate(WATCH, 0)
    rests = page.evaluate(
        """async () => {
            const input = document.querySelector("#lab-beta");
            let rests = 0; // frames that a busy machine has made as long as a rest
            for (let tick = 0; tick < 20; tick++) {
                const begin = performance.now();
                input.value = String(1 + tick / 20);
                input.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise(requestAnimationFrame);
                if (performance.now() - begin > 60) rests++;
            }
            return rests;
        }"""
    )
    holds(page, code(get("swish"), "pytorch", {"beta": 1.95}))
    assert page.evaluate("asked.length") <= 2 + rests


def test_an_answer_that_comes_too_late_is_dropped(explore):
    page = explore(CARD)
    holds(page, code(get("swish"), "pytorch"))
    page.evaluate(WATCH, 1200)
    drag(page, 4)
    page.wait_for_function("asked.length === 1")
    page.click("[data-language=numpy]")
    wanted = code(get("swish"), "numpy", {"beta": 4.0})
    holds(page, wanted)
    page.wait_for_function("answered === 2")
    page.wait_for_timeout(300)
    assert page.locator(BLOCK).text_content() == wanted


def test_the_code_of_a_hidden_rival_does_not_follow_beta(explore):
    page = explore(CARD, "?act=gelu&code_of=gelu&code=jax")
    holds(page, code(get("gelu"), "jax"))
    page.evaluate(WATCH, 0)
    drag(page, 4)
    page.wait_for_timeout(1000)
    assert page.evaluate("asked.length") == 0


def test_copying_puts_it_on_the_clipboard(explore):
    page = explore(CARD, "?code=numpy")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wanted = code(get("swish"), "numpy")
    holds(page, wanted)
    page.click(f"{CARD} [data-copy]")
    expect(page.locator(f"{CARD} [data-copy]")).to_have_text("✓ Copied")
    assert page.evaluate("navigator.clipboard.readText()") == wanted
    expect(page.locator(f"{CARD} [data-copy]")).to_have_text("Copy")
    page.context.clear_permissions()


def test_where_there_is_no_clipboard_the_code_is_selected(explore):
    page = explore(CARD)
    holds(page, code(get("swish"), "pytorch"))
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
    )
    page.click(f"{CARD} [data-copy]")
    expect(page.locator(f"{CARD} .lab-error")).to_contain_text("by hand")
    assert page.evaluate("getSelection().toString()").startswith("import torch")
    page.evaluate("delete navigator.clipboard")


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.long), "zh"])
def test_on_a_phone_the_block_scrolls_and_the_page_does_not(explore, language):
    page = explore(CARD, f"?act=elu&code_of=elu&lang={language}", **PHONE)
    holds(page, code(get("elu"), "pytorch"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".code-block").evaluate("pre => pre.scrollWidth > pre.clientWidth")
    parts = page.locator(f"{CARD} :is(button, select, label)")
    assert max(parts.evaluate_all("all => all.map((e) => e.getBoundingClientRect().right)")) <= 390
