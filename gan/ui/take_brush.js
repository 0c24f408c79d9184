tool => {
  // The editor's own buttons, pressed for the user: its palette does not say what a color means.
  const editor = document.getElementById('cutout-editor')
  const press = name => editor?.querySelector(`[aria-label="${name}"]`)?.click()
  const number = ['keep', 'drop', 'protect'].indexOf(tool)
  if (number < 0) return press('Erase')
  press('Brush')
  setTimeout(() => {
    press('Color')
    setTimeout(() => {
      editor?.querySelectorAll('menu.swatch button')[number]?.click()
      setTimeout(() => document.body.dispatchEvent(new MouseEvent('mousedown', {bubbles: true})), 50)
    }, 50)
  }, 50)
}
