(...values) => {
  // The open tab's settings that differ from what the page begins with, as the page's address and in the clipboard.
  const controls = CONTROLS
  const tab = document.querySelector('#tabs [role=tab][aria-selected=true]')?.dataset.tabId
  const query = new URLSearchParams({tab})
  controls.forEach(([at, name, initial], i) => {
    const value = values[i] ?? ''
    if (at === tab && name && JSON.stringify(value) !== JSON.stringify(initial ?? '')) query.set(name, value)
  })
  history.replaceState(null, '', `?${query}`)
  navigator.clipboard?.writeText(location.href).catch(() => {})  // by http from elsewhere there is none
  const button = document.getElementById('copy-link')
  button?.classList.add('done')
  setTimeout(() => button?.classList.remove('done'), 2000)
}
