() => {
  // A line over Scene's preview. Listeners lie on the window: a new preview replaces the line, even while it is dragged.
  if (window.packshotHorizon) return
  window.packshotHorizon = true
  const [least, most, step] = [0.01, 0.95, 0.01]
  let [moved, pressed, focused] = [null, false, false]
  const block = () => document.getElementById('scene-horizon-line')
  const bar = () => block()?.querySelector('.horizon')
  const picture = () => {
    const img = document.querySelector('#scene-preview img')
    if (!img?.naturalWidth || !img.offsetWidth) return null
    const around = img.getBoundingClientRect()
    const scale = Math.min(around.width / img.naturalWidth, around.height / img.naturalHeight)
    const [width, height] = [img.naturalWidth * scale, img.naturalHeight * scale]
    return {left: around.left + (around.width - width) / 2, top: around.top + (around.height - height) / 2, width, height}
  }
  const lay = () => {
    const [line, at] = [bar(), picture()]
    if (!line || !at) return
    const stretch = Number(line.dataset.stretch), share = moved ?? Number(line.dataset.share)
    const down = Math.min(1, Math.max(0, share * stretch - (stretch - 1) / 2))
    const around = block().offsetParent.getBoundingClientRect()
    const place = {left: at.left - around.left, top: at.top - around.top + down * at.height, width: at.width}
    for (const [side, px] of Object.entries(place)) block().style[side] = px + 'px'
    const percent = Math.round(100 * share)
    line.setAttribute('aria-valuenow', percent)
    line.querySelector('span').textContent = `${line.getAttribute('aria-label')} ${percent}%`
  }
  const move = share => {
    moved = Math.round(Math.min(most, Math.max(least, share)) / step) * step
    lay()
    const slider = document.querySelector('#scene-horizon input[type=range]')
    if (!slider) return
    slider.value = moved
    slider.dispatchEvent(new Event('input', {bubbles: true}))
  }
  const dragged = event => {
    const [line, at] = [bar(), picture()]
    if (!pressed || !line || !at) return
    const stretch = Number(line.dataset.stretch)
    move(((event.clientY - at.top) / at.height + (stretch - 1) / 2) / stretch)
  }
  addEventListener('pointerdown', event => {
    focused = pressed = Boolean(event.target.closest?.('.horizon'))
    if (!pressed) return
    event.preventDefault()
    bar().focus({preventScroll: true})
  })
  addEventListener('pointermove', dragged)
  for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => { pressed = false })
  addEventListener('focusin', event => { focused = event.target === bar() })
  addEventListener('keydown', event => {
    const by = {ArrowUp: -step, ArrowDown: step, PageUp: -10 * step, PageDown: 10 * step}[event.key]
    if (!by || event.target !== bar()) return
    event.preventDefault()
    move((moved ?? Number(bar().dataset.share)) + by)
  })
  addEventListener('input', event => {
    if (event.isTrusted && event.target.closest?.('#scene-horizon')) moved = null
  }, true)
  addEventListener('load', event => event.target.closest?.('#scene-preview') && lay(), true)
  addEventListener('resize', lay)
  // The tab comes into the page when it is first opened, and a new preview brings a new line.
  let known = null
  new MutationObserver(() => {
    const line = bar()
    if (line === known) return
    known = line
    if (!pressed) moved = null
    lay()
    if (focused) line?.focus({preventScroll: true})
  }).observe(document.body, {childList: true, subtree: true})
}
