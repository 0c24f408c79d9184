() => {
  // Keys and the wheel for the mask editor of the open tab. Gradio 6.31 hands every editor that it sets up to
  // window.editor; its own buttons for these have names in the browser's language, and its undo takes the photograph too.
  const editors = window.editor ? [window.editor] : []
  Object.defineProperty(window, 'editor', {configurable: true, get: () => editors.at(-1), set: one => editors.push(one)})
  const TYPED = 'input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file]), textarea, select'
  const GROWS = 1.15, LEAST_PX = 1, MOST_PX = 200
  const block = () => [...document.querySelectorAll('.editor')].find(one => one.offsetParent)
  const within = place => editors.findLast(one => one.target_element?.isConnected && place?.contains(one.target_element))
  const step = (place, name) => {
    const tab = place?.closest('[role=tabpanel]') ?? [...document.querySelectorAll('[role=tabpanel]')].find(one => one.offsetParent)
    const button = tab?.querySelector(`[id$="-${name}"]`)
    if (button?.offsetParent && !button.disabled) button.click()
  }
  const back = (place, editor) => {
    const command = editor?.command_manager.history.command
    if (editor?.command_manager.history.previous && !['AddImage', 'AddLayer'].includes(command?.name)) editor.undo()
    else step(place, 'undo')
  }
  const forth = (place, editor) => {
    if (editor?.command_manager.history.next) editor.redo()
    else step(place, 'redo')
  }
  const resize = (editor, grow) => {
    const brush = editor?.tools.get('brush')
    if (!brush) return
    const erases = brush.state.mode === 'erase'
    const now = erases ? brush.eraser_size : brush.brush_size
    const next = Math.min(MOST_PX, Math.max(LEAST_PX, grow ? Math.max(now + 1, Math.round(now * GROWS)) : Math.min(now - 1, Math.round(now / GROWS))))
    erases ? brush.set_eraser_size(next) : brush.set_brush_size(next)
  }
  addEventListener('keydown', event => {
    const place = block()
    if (!place || event.defaultPrevented || event.altKey || event.target.matches?.(TYPED) || event.target.isContentEditable) return
    const editor = within(place), held = event.ctrlKey || event.metaKey, key = event.key.toLowerCase()
    if (held && (key === 'y' || (key === 'z' && event.shiftKey))) forth(place, editor)
    else if (held && key === 'z') back(place, editor)
    else if (!held && (key === '[' || key === ']')) resize(editor, key === ']')
    else return
    event.preventDefault()
  })
  // Gradio zooms to the pointer while Alt is held, and moves the picture otherwise; here Shift and Ctrl move it.
  addEventListener('wheel', event => {
    if (!event.isTrusted || event.altKey || event.metaKey || event.shiftKey || event.ctrlKey) return
    if (event.target.tagName !== 'CANVAS' || !event.target.closest('.editor')) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const {clientX, clientY, screenX, screenY, deltaMode} = event
    const deltaY = 3 * event.deltaY
    event.target.dispatchEvent(new WheelEvent('wheel', {
      clientX, clientY, screenX, screenY, deltaMode, deltaY, altKey: true, bubbles: true, cancelable: true, view: window
    }))
  }, {capture: true, passive: false})
}
