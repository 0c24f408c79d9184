"""A button that shows the original picture for as long as it is held: with the mouse, a finger, or a key."""

from __future__ import annotations

import gradio as gr

from gan.ui.i18n import label
from gan.ui.widgets import LIGHT, ResultView

_LISTEN = """() => {
  if (window.packshotHolds) return
  window.packshotHolds = true
  const lay = stage => {
    const original = stage.querySelector('.original')
    const shown = [...stage.querySelectorAll('img')].filter(img => !original.contains(img) && img.offsetWidth)
    if (!shown.length) return
    const [around, at] = [stage, shown.pop()].map(part => part.getBoundingClientRect())
    const place = {left: at.left - around.left, top: at.top - around.top, width: at.width, height: at.height}
    for (const [side, px] of Object.entries(place)) original.style[side] = px + 'px'
  }
  const hold = (event, on) => {
    const button = event.target.closest?.('.hold')
    if (!button && on) return
    document.querySelectorAll('.hold').forEach(one => {
      const held = on && one === button
      const stage = document.getElementById(one.id.replace('-hold', '-stage'))
      one.setAttribute('aria-pressed', held)
      if (held) lay(stage)
      stage?.classList.toggle('held', held)
    })
    if (button && on) event.preventDefault()
  }
  const key = event => event.key === ' ' || event.key === 'Enter'
  addEventListener('pointerdown', event => hold(event, true))
  addEventListener('pointerup', event => hold(event, false))
  addEventListener('pointercancel', event => hold(event, false))
  addEventListener('contextmenu', event => event.target.closest?.('.hold') && event.preventDefault())
  addEventListener('keydown', event => key(event) && hold(event, true))
  addEventListener('keyup', event => key(event) && hold(event, false))
  addEventListener('blur', event => hold(event, false), true)
}"""
"""For all such buttons of the page, which may not be there yet. The original takes the place of the very picture that
is shown, so that nothing moves but what differs; a long touch opens no menu."""


def overlay(name: str, view: ResultView) -> gr.Image:
    """Add the original, which lies over a result for as long as the button is held.

    Args:
        name: prefix of the element ids.
    """
    with view.stage:
        original = gr.Image(
            type="filepath",
            interactive=False,
            show_label=False,
            label=label("original"),
            buttons=[],
            elem_id=f"{name}-original",
            elem_classes="original",
        )
    gr.on(None, None, js=_LISTEN, **LIGHT)
    return original


def button(name: str) -> gr.Button:
    """Add the button, hidden until there is something to compare."""
    return gr.Button(
        label("hold"), size="sm", visible=False, min_width=240, elem_id=f"{name}-hold", elem_classes="hold"
    )
