() => {
  // Gradio's comparison slider, moved by keys too, and a lens over it: the place under the pointer, before on its left
  // half and after on its right, twice as large as the previews' own pixels or as they are shown.
  const STEP = 0.02, TIMES = 2
  const SLIDER = '.stage .slider-wrap .outer'
  const pictures = stage => [...stage.querySelectorAll('.slider-wrap img')]
  const around = img => {
    // Where the picture lies within its element.
    const box = img.getBoundingClientRect()
    const scale = img.naturalWidth ? Math.min(box.width / img.naturalWidth, box.height / img.naturalHeight) : 0
    const [width, height] = [img.naturalWidth * scale, img.naturalHeight * scale]
    return {left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height}
  }
  const share = handle => {
    const at = around(pictures(handle.closest('.stage'))[0])
    const left = handle.parentElement.getBoundingClientRect().left + new DOMMatrix(getComputedStyle(handle).transform).m41
    return at.width ? Math.min(1, Math.max(0, (left - at.left) / at.width)) : 0.5
  }
  const tell = handle => handle.setAttribute('aria-valuenow', Math.round(100 * share(handle)))
  const move = (handle, to) => {
    const at = around(pictures(handle.closest('.stage'))[0])
    const place = {
      clientX: at.left + Math.min(1, Math.max(0, to)) * at.width, clientY: at.top + at.height / 2,
      bubbles: true, cancelable: true, view: window
    }
    handle.dispatchEvent(new MouseEvent('mousedown', place))
    window.dispatchEvent(new MouseEvent('mouseup', place))
    requestAnimationFrame(() => tell(handle))
  }
  addEventListener('keydown', event => {
    const handle = event.target.closest?.(SLIDER)
    if (!handle) return
    const by = {ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -5 * STEP, PageUp: 5 * STEP}
    const to = {Home: 0, End: 1}[event.key] ?? (by[event.key] && share(handle) + by[event.key])
    if (to === undefined) return
    event.preventDefault()
    move(handle, to)
  })
  addEventListener('pointerup', () => document.querySelectorAll(SLIDER).forEach(tell))

  let [lens, spot] = [null, [0, 0]]
  const put = (stage, x, y) => {
    const [before, after] = pictures(stage)
    const at = before && around(before)
    const inside = at && x >= at.left && x <= at.left + at.width && y >= at.top && y <= at.top + at.height
    lens.hidden = !inside
    if (!inside) return
    spot = [x, y]
    const size = lens.offsetWidth, box = stage.getBoundingClientRect()
    lens.style.left = x - box.left - size / 2 + 'px'
    lens.style.top = y - box.top - size / 2 + 'px'
    ;[before, after].forEach((img, half) => {
      const times = TIMES * Math.max(1, at.width / img.naturalWidth)
      const [width, height] = [img.naturalWidth * times, img.naturalHeight * times]
      const [left, top] = [(x - at.left) / at.width * width, (y - at.top) / at.height * height]
      const part = lens.children[half]
      part.style.backgroundImage = `url("${img.src}")`
      part.style.backgroundSize = `${width}px ${height}px`
      // The middle of either half is the pointer's place, so that both show the same.
      part.style.backgroundPosition = `${size / 4 - left}px ${size / 2 - top}px`
    })
  }
  addEventListener('click', event => {
    const button = event.target.closest?.('.lens-button')
    if (!button) return
    const stage = document.getElementById(button.id.replace('-lens', '-stage'))
    const on = stage.classList.toggle('under-lens')
    button.setAttribute('aria-pressed', on)
    lens?.remove()
    lens = null
    if (!on) return
    document.querySelectorAll('.under-lens').forEach(one => one !== stage && one.classList.remove('under-lens'))
    lens = document.createElement('div')
    lens.className = 'lens'
    lens.append(document.createElement('i'), document.createElement('i'))
    stage.append(lens)
    const at = pictures(stage)[0] && around(pictures(stage)[0])
    if (at) put(stage, at.left + at.width / 2, at.top + at.height / 2)
  })
  addEventListener('pointermove', event => {
    if (lens?.parentElement.contains(event.target)) put(lens.parentElement, event.clientX, event.clientY)
    else if (lens) lens.hidden = true
  })
  addEventListener('keydown', event => {
    const stage = lens?.parentElement
    const way = {ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8]}[event.key]
    if (!stage || !way || !event.target.matches?.('.lens-button')) return
    event.preventDefault()
    put(stage, spot[0] + way[0], spot[1] + way[1])
  })
  // Sliders come with their results.
  new MutationObserver(() => document.querySelectorAll(`${SLIDER}:not([tabindex])`).forEach(handle => {
    const name = handle.closest('.block')?.querySelector('[data-testid=block-label]')?.textContent.trim() ?? ''
    const told = {tabindex: 0, role: 'slider', 'aria-label': name, 'aria-valuemin': 0, 'aria-valuemax': 100}
    for (const [key, value] of Object.entries(told)) handle.setAttribute(key, value)
    tell(handle)
  })).observe(document.body, {childList: true, subtree: true})
}
